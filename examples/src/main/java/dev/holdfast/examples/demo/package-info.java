// SPDX-License-Identifier: Apache-2.0
/** A client that is guarded and one that is not, side by side, against a service that fails. */
@NullMarked
package dev.holdfast.examples.demo;

import org.jspecify.annotations.NullMarked;

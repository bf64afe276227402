// SPDX-License-Identifier: Apache-2.0
/** Bare callers, and those behind a pipeline and behind a guard, side by side, of a service that fails. */
@NullMarked
package dev.holdfast.examples.demo;

import org.jspecify.annotations.NullMarked;

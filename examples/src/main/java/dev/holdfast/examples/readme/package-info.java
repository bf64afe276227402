// SPDX-License-Identifier: Apache-2.0
/** The examples of the README, compiled and run by tests. */
@NullMarked
package dev.holdfast.examples.readme;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0
/** The examples of the pages on the patterns, compiled and run by tests. */
@NullMarked
package dev.holdfast.examples.patterns;

import org.jspecify.annotations.NullMarked;

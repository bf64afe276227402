// SPDX-License-Identifier: Apache-2.0
/** The examples of the pages on the patterns, compiled and run by tests. */
package dev.holdfast.examples.patterns;

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

/** How a call ended in the eyes of one policy. A {@link Classifier} decides it. */
public enum Ending {
    /** The dependency did its work. */
    SUCCESS,
    /** The dependency failed: a breaker counts it, a retry repeats it, a fallback replaces it. */
    FAILURE,
    /** Says nothing about the dependency: a refusal by another policy, a cancellation, an error of the caller. */
    IGNORED
}

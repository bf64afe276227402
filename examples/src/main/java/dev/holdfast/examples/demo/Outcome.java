// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

/** What became of a call that was due. */
enum Outcome {
    /** The service answered. */
    FRESH,
    /** The last known answer, marked as such. */
    DEGRADED,
    /** An exception, or an answer that came after its caller's patience. */
    FAILED,
    /** Never made: its caller still waited for an earlier one. */
    MISSED
}

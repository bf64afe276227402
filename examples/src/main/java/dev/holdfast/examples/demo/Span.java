// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

/**
 * A phase as it took place: a restarted service needs a moment, so that the next phase begins later than due.
 *
 * @param index the phase's place in the script
 * @param fault what was wrong
 * @param start nanoseconds since the start of the runs
 * @param end nanoseconds since the start of the runs
 */
record Span(int index, Fault fault, long start, long end) {
    long length() {
        return end - start;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.time.Duration;

/**
 * A part of the script.
 *
 * @param fault what is wrong meanwhile
 * @param callers how many there are in each run
 * @param start when it is due, since the start of the runs
 * @param length until the next one is due
 */
record Phase(Fault fault, int callers, Duration start, Duration length) {
    Duration end() {
        return start.plus(length);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.testkit.FaultyEnvironment.Fault;

/**
 * How a scenario is tried.
 *
 * @param way of the calls
 * @param wrapsAround whether the clock does so on the way
 * @param watched whether somebody listens to all events
 * @param fault what is wrong with the environment
 */
record Setup(Way way, boolean wrapsAround, boolean watched, Fault fault) {
    static Setup of(Way way) {
        return new Setup(way, false, false, Fault.NONE);
    }

    Setup wrappingAround() {
        return new Setup(way, true, watched, fault);
    }

    Setup watching() {
        return new Setup(way, wrapsAround, true, fault);
    }

    Setup in(Fault broken) {
        return new Setup(way, wrapsAround, watched, broken);
    }

    /** Whether the environment does what it should. */
    boolean isSound() {
        return fault.part() == Fault.Part.NOTHING;
    }

    @Override
    public String toString() {
        return way
                + (wrapsAround ? ", on a clock that wraps around" : "")
                + (watched ? ", listened to" : "")
                + (isSound() ? "" : ", with " + fault);
    }
}

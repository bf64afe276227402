// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

/**
 * Which fault meets which attempt: the same in every run, in whatever order threads get there.
 *
 * <p>Faults are spread evenly, except for an outage in the middle, during which every attempt is reset, so that the
 * breaker opens. Numbers beyond the planned calls meet no fault: they show whether the client still works.
 *
 * @param calls how many calls are planned
 */
record Plan(int calls) {
    Fault fault(int number, int attempt) {
        if (number >= calls) {
            return Fault.FAST;
        }
        int half = calls / 2;
        if (number >= half && number < half + outage()) {
            return Fault.RESET;
        }
        return Fault.of(spread(number * 31 + attempt));
    }

    private int outage() {
        return Math.max(40, calls / 50);
    }

    /** The finishing steps of MurmurHash3: neighbours come out far apart. */
    private static int spread(int number) {
        int mixed = (number ^ (number >>> 16)) * 0x85ebca6b;
        mixed = (mixed ^ (mixed >>> 13)) * 0xc2b2ae35;
        return mixed ^ (mixed >>> 16);
    }
}

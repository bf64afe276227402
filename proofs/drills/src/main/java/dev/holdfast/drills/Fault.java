// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

/** What a dependency does to one attempt. */
enum Fault {
    /** Answers at once: no fault. */
    FAST(73),
    /** Answers late, but in time: no fault either. */
    SLOW(10),
    /** Does not answer at all. */
    HANG(4),
    /** Sends a byte now and then, so that no timeout of a single read ever fires. */
    DRIP(3),
    /** Ends in the middle of its answer. */
    HALF(3),
    /** Ends the connection instead of an answer. */
    RESET(3),
    /** Takes no connection. */
    REFUSE(4);

    private static final int ALL = 100;

    private final int percent;

    Fault(int percent) {
        this.percent = percent;
    }

    /** Whether the client has to end the attempt itself, at its deadline. */
    boolean stalls() {
        return this == HANG || this == DRIP;
    }

    /** Each as often as its percentage says, for numbers that are spread evenly. */
    static Fault of(int number) {
        int left = Math.floorMod(number, ALL);
        for (Fault fault : values()) {
            left -= fault.percent;
            if (left < 0) {
                return fault;
            }
        }
        throw new IllegalStateException("percentages that are no whole");
    }
}

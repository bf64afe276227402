// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

/**
 * What a thread does whose compare-and-set has failed, because others write to the same word.
 *
 * <p>Who tries again at once takes the cache line away from a thread that is in the middle of the same step: both try often, and the
 * line travels for nothing. Who stays away for a moment lets the other do dozens of steps with the line at hand, and then has the
 * same. The figures are in docs/decisions/0004-windows.md.
 */
public final class Contention {
    /** About a microsecond, on processors whose pause takes some 20 ns. */
    private static final int TURNS = 64;

    private Contention() {}

    /** Stays away for about a microsecond; does not give up the processor. */
    public static void stayAway() {
        for (int i = 0; i < TURNS; i++) {
            Thread.onSpinWait();
        }
    }
}

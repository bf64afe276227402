// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZZ_Result;

/** Races of a caller's own attempt, which ends, with another one that wins. */
public final class RaceStress {
    private RaceStress() {}

    /** RC-2, RC-5: one of the two decides, and the caller's thread has no flag afterwards. */
    @JCStressTest
    @Outcome(
            id = {"true, false, false", "false, true, false"},
            expect = Expect.ACCEPTABLE,
            desc = "one of the two, and no flag")
    @Outcome(expect = Expect.FORBIDDEN, desc = "neither, both, or a flag")
    @State
    public static class OneWinnerNoFlag {
        private final Lanes lanes = new Lanes();
        private volatile @Nullable LaneScope callers;

        public OneWinnerNoFlag() {
            lanes.start(1);
        }

        /** The caller's attempt begins and ends. */
        @Actor
        public void caller(ZZZ_Result seen) {
            LaneScope own = new LaneScope();
            callers = own;
            own.begin();
            own.end(null);
            seen.r1 = lanes.end(0, Lanes.SUCCESS) && lanes.decide();
            seen.r3 = Thread.interrupted();
        }

        /** The other attempt ends, and calls the caller's off if it was first. */
        @Actor
        public void other(ZZZ_Result seen) {
            seen.r2 = lanes.end(1, Lanes.SUCCESS) && lanes.decide();
            if (seen.r2 && lanes.callOff(0)) {
                LaneScope found = callers;
                if (found != null) {
                    found.callOff();
                }
            }
        }
    }

    /** RC-5, negative control: whether the attempt is under way is looked at before the interrupt. */
    @JCStressTest
    @Outcome(
            id = {"true, false, false", "false, true, false"},
            expect = Expect.ACCEPTABLE,
            desc = "one of the two, and no flag")
    @Outcome(expect = Expect.ACCEPTABLE_INTERESTING, desc = "MUST BE SEEN: a flag after the end")
    @State
    public static class OneWinnerNoFlagMutant {
        private final Lanes lanes = new Lanes();
        private volatile @Nullable Thread running;

        public OneWinnerNoFlagMutant() {
            lanes.start(1);
        }

        /** The caller's attempt begins and ends. */
        @Actor
        public void caller(ZZZ_Result seen) {
            running = Thread.currentThread();
            running = null;
            Thread.interrupted();
            seen.r1 = lanes.end(0, Lanes.SUCCESS) && lanes.decide();
            seen.r3 = Thread.interrupted();
        }

        /** The other attempt ends. */
        @Actor
        public void other(ZZZ_Result seen) {
            Thread found = running;
            seen.r2 = lanes.end(1, Lanes.SUCCESS) && lanes.decide();
            if (seen.r2 && found != null) {
                found.interrupt();
            }
        }
    }
}

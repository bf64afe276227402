// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Races of a call that ends with the timer of its deadline. */
public final class DeadlineStress {
    private DeadlineStress() {}

    /** TO-1, asynchronous calls: a result in time, or a timeout. */
    @JCStressTest
    @Outcome(id = {"true, false", "false, true"}, expect = Expect.ACCEPTABLE, desc = "one of the two")
    @Outcome(expect = Expect.FORBIDDEN, desc = "neither, or both")
    @State
    public static class ResultXorTimeout {
        private volatile boolean passed;
        private final AsyncDeadline deadline = new PlainDeadline().ofCall(self -> passed = true);

        /** The work ends. */
        @Actor
        public void end(ZZ_Result seen) {
            seen.r1 = deadline.end();
        }

        /** Time is up. */
        @Actor
        public void timer(ZZ_Result seen) {
            deadline.run();
            seen.r2 = passed;
        }
    }

    /** TO-1, negative control: both look, and then decide. */
    @JCStressTest
    @Outcome(id = {"true, false", "false, true"}, expect = Expect.ACCEPTABLE, desc = "one of the two")
    @Outcome(id = "true, true", expect = Expect.ACCEPTABLE_INTERESTING, desc = "MUST BE SEEN: both")
    @Outcome(expect = Expect.FORBIDDEN, desc = "neither")
    @State
    public static class ResultXorTimeoutMutant {
        private volatile boolean decided;

        private boolean decide() {
            if (decided) {
                return false;
            }
            decided = true;
            return true;
        }

        /** The work ends. */
        @Actor
        public void end(ZZ_Result seen) {
            seen.r1 = decide();
        }

        /** Time is up. */
        @Actor
        public void timer(ZZ_Result seen) {
            seen.r2 = decide();
        }
    }

    /** TO-2, blocking calls: an interruption comes while the work runs, or not at all; no flag stays behind. */
    @JCStressTest
    @Outcome(id = {"true, false", "false, false"}, expect = Expect.ACCEPTABLE, desc = "in time, or too late; no flag")
    @Outcome(expect = Expect.FORBIDDEN, desc = "the flag is set after the end")
    @State
    public static class NoStrayFlag {
        private volatile @Nullable Interruption interruption;

        /** The work starts and ends. */
        @Actor
        public void work(ZZ_Result seen) {
            Interruption own = new Interruption();
            own.begin();
            interruption = own;
            seen.r1 = own.end(null);
            seen.r2 = Thread.interrupted();
        }

        /** Time is up. */
        @Actor
        public void timer() {
            Interruption found = interruption;
            if (found != null) {
                found.interrupt();
            }
        }
    }

    /** TO-2, negative control: whether the work runs is looked at before the interrupt. */
    @JCStressTest
    @Outcome(id = {"true, false", "false, false"}, expect = Expect.ACCEPTABLE, desc = "in time, or too late; no flag")
    @Outcome(id = "true, true", expect = Expect.ACCEPTABLE_INTERESTING, desc = "MUST BE SEEN: the flag is set after the end")
    @Outcome(id = "false, true", expect = Expect.ACCEPTABLE_INTERESTING, desc = "the flag is set after the end")
    @State
    public static class NoStrayFlagMutant {
        private volatile @Nullable Thread running;

        /** The work starts and ends. */
        @Actor
        public void work(ZZ_Result seen) {
            running = Thread.currentThread();
            seen.r1 = !Thread.interrupted();
            running = null;
            seen.r2 = Thread.interrupted();
        }

        /** Time is up. */
        @Actor
        public void timer() {
            Thread found = running;
            if (found != null) {
                found.interrupt();
            }
        }
    }
}

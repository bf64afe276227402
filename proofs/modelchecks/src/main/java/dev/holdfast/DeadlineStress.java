// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Races of a call that ends with the timer of its deadline. */
public final class DeadlineStress {
    private DeadlineStress() {}

    /** TO-1, asynchronous calls: a result in time, or a timeout. */
    @JCStressTest
    @Outcome(
            id = {"true, false", "false, true"},
            expect = Expect.ACCEPTABLE,
            desc = "one of the two")
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
    @Outcome(
            id = {"true, false", "false, true"},
            expect = Expect.ACCEPTABLE,
            desc = "one of the two")
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
    @Outcome(
            id = {"true, false", "false, false"},
            expect = Expect.ACCEPTABLE,
            desc = "in time, or too late; no flag")
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
    @Outcome(
            id = {"true, false", "false, false"},
            expect = Expect.ACCEPTABLE,
            desc = "in time, or too late; no flag")
    @Outcome(
            id = "true, true",
            expect = Expect.ACCEPTABLE_INTERESTING,
            desc = "MUST BE SEEN: the flag is set after the end")
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

    /** TO-9, blocking calls: a passed deadline is told once, by whoever is first, and who has its call back finds it told. */
    @JCStressTest
    @Outcome(
            id = {"0, 0, 0", "1, 1, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "in time and not told, or too late and told")
    @Outcome(expect = Expect.FORBIDDEN, desc = "told twice, or not yet")
    @State
    public static class ToldOnce {
        private final PlainDeadline deadline = new PlainDeadline();
        private final Chain chain = new Chain(deadline);
        private volatile @Nullable DeadlineScope scope;

        /** The work starts and ends. */
        @Actor
        public void work(III_Result seen) {
            DeadlineScope own = DeadlineScope.begin(chain, 0, 1_000, 1_000, null);
            scope = own;
            seen.r1 = own.end(1_000, null) == null ? 0 : 1;
            seen.r2 = deadline.passed.get();
        }

        /** Time is up. */
        @Actor
        public void timer() {
            DeadlineScope found = scope;
            if (found != null) {
                found.fire();
            }
        }

        /** Afterwards. */
        @Arbiter
        public void after(III_Result seen) {
            seen.r3 = deadline.passed.get();
        }
    }

    /** TO-9, negative control: who is too late goes without waiting for what is told, and both tell. */
    @JCStressTest
    @Outcome(
            id = {"0, 0, 0", "1, 1, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "in time and not told, or too late and told")
    @Outcome(expect = Expect.ACCEPTABLE_INTERESTING, desc = "MUST BE SEEN: told twice, or not yet")
    @State
    public static class ToldOnceMutant {
        private final AtomicInteger told = new AtomicInteger();
        private final AtomicBoolean over = new AtomicBoolean();
        private volatile boolean begun;
        private volatile boolean telling;

        private void tell() {
            if (!telling) {
                telling = true;
                told.incrementAndGet();
            }
        }

        /** The work starts and ends. */
        @Actor
        public void work(III_Result seen) {
            begun = true;
            boolean inTime = over.compareAndSet(false, true);
            if (!inTime) {
                tell();
            }
            seen.r1 = inTime ? 0 : 1;
            seen.r2 = told.get();
        }

        /** Time is up. */
        @Actor
        public void timer() {
            if (begun && over.compareAndSet(false, true)) {
                tell();
            }
        }

        /** Afterwards. */
        @Arbiter
        public void after(III_Result seen) {
            seen.r3 = told.get();
        }
    }
}

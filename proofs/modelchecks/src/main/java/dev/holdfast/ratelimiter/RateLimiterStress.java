// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import dev.holdfast.modelchecks.ManualTime;
import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Races of two threads at a limiter. */
public final class RateLimiterStress {
    private RateLimiterStress() {}

    /** RL-1: two calls, and one permit is left. */
    @JCStressTest
    @Outcome(
            id = {"true, false", "false, true"},
            expect = Expect.ACCEPTABLE,
            desc = "one gets it")
    @Outcome(expect = Expect.FORBIDDEN, desc = "none, or both")
    @State
    public static class LastPermit {
        private final RateLimiter limiter = RateLimiter.builder("stress")
                .environment(new ManualTime())
                .limit(2, Duration.ofSeconds(1))
                .build();

        /** Takes the first of two. */
        public LastPermit() {
            limiter.enter(0);
        }

        /** A call. */
        @Actor
        public void first(ZZ_Result seen) {
            seen.r1 = limiter.enter(0) >= 0;
        }

        /** Another. */
        @Actor
        public void second(ZZ_Result seen) {
            seen.r2 = limiter.enter(0) >= 0;
        }
    }

    /** RL-1, negative control: looks at the word, then writes it. */
    @JCStressTest
    @Outcome(
            id = {"true, false", "false, true"},
            expect = Expect.ACCEPTABLE,
            desc = "one gets it")
    @Outcome(id = "true, true", expect = Expect.ACCEPTABLE_INTERESTING, desc = "MUST BE SEEN: both")
    @Outcome(expect = Expect.FORBIDDEN, desc = "none")
    @State
    public static class LastPermitMutant {
        private volatile long left = 1;

        private boolean take() {
            long before = left;
            if (before == 0) {
                return false;
            }
            left = before - 1;
            return true;
        }

        /** A call. */
        @Actor
        public void first(ZZ_Result seen) {
            seen.r1 = take();
        }

        /** Another. */
        @Actor
        public void second(ZZ_Result seen) {
            seen.r2 = take();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.atomic.LongAdder;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/** A gate counts a call while somebody reads what it has counted. */
public final class CallCountsStress {
    private CallCountsStress() {}

    /** MX-2: never more successes than calls. */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "1, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "before, or after")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a success that is no call, or a call that is nothing")
    @State
    public static class OneSuccess {
        private final CallCounter counter = new CallCounter();

        /** A call ends. */
        @Actor
        public void end() {
            counter.ended(Ending.SUCCESS);
        }

        /** Somebody looks. */
        @Actor
        public void read(JJ_Result seen) {
            CallCounts counts = counter.snapshot();
            seen.r1 = counts.calls();
            seen.r2 = counts.successes();
        }
    }

    /** MX-2, negative control: calls are counted as well, and are read first. */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "1, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "before, or after")
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE_INTERESTING, desc = "MUST BE SEEN: a success that is no call")
    @Outcome(expect = Expect.ACCEPTABLE, desc = "a call that has not succeeded yet")
    @State
    public static class OneSuccessMutant {
        private final LongAdder calls = new LongAdder();
        private final LongAdder successes = new LongAdder();

        /** A call ends. */
        @Actor
        public void end() {
            calls.increment();
            successes.increment();
        }

        /** Somebody looks. */
        @Actor
        public void read(JJ_Result seen) {
            seen.r1 = calls.sum();
            seen.r2 = successes.sum();
        }
    }
}

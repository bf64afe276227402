// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import dev.holdfast.Budget;
import dev.holdfast.modelchecks.ManualTime;
import java.util.concurrent.atomic.LongAdder;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/** A retry counts while somebody reads what it has counted. */
public final class RetryStress {
    private RetryStress() {}

    /** MX-2: calls that the budget has ended are among those that have ended. */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "1, 0", "1, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "a part and its whole")
    @Outcome(expect = Expect.FORBIDDEN, desc = "more over the budget than exhausted")
    @State
    public static class OverBudget {
        private final Retry<Object> retry;

        /** With an empty budget. */
        public OverBudget() {
            Budget empty = Budget.of(1, 0, 0);
            empty.tryWithdraw(0);
            retry = Retry.builder("stress")
                    .withoutBudget()
                    .environment(new ManualTime())
                    .budget(empty)
                    .build();
        }

        /** An attempt has failed. */
        @Actor
        public void decide() {
            retry.next(1, 0, null, new IllegalStateException("failed"), -1, null, 0, Long.MAX_VALUE);
        }

        /** Somebody looks. */
        @Actor
        public void read(JJ_Result seen) {
            Retry.Counts counts = retry.counts();
            seen.r1 = counts.exhausted();
            seen.r2 = counts.overBudget();
        }
    }

    /** MX-2, negative control: the part is counted first, and read last. */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "1, 0", "1, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "a part and its whole")
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE_INTERESTING, desc = "MUST BE SEEN: a part without its whole")
    @Outcome(expect = Expect.FORBIDDEN, desc = "anything else")
    @State
    public static class OverBudgetMutant {
        private final LongAdder exhausted = new LongAdder();
        private final LongAdder overBudget = new LongAdder();

        /** An attempt has failed. */
        @Actor
        public void decide() {
            overBudget.increment();
            exhausted.increment();
        }

        /** Somebody looks. */
        @Actor
        public void read(JJ_Result seen) {
            seen.r1 = exhausted.sum();
            seen.r2 = overBudget.sum();
        }
    }
}

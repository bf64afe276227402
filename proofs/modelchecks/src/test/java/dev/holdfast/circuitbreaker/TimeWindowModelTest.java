// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.modelchecks.Models;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * A window over time is not linearizable, and does not say so: its counts are read one after the other. What must hold is
 * that no result is lost or counted twice, and that of the results that break a rule together one sees it.
 */
class TimeWindowModelTest {
    /** Two buckets of ten nanoseconds; results come at times up to the fourth bucket, in any order. */
    @Param(name = "kind", gen = IntGen.class, conf = "0:3")
    @Param(name = "bucket", gen = IntGen.class, conf = "0:3")
    public static class Model {
        private final TimeWindow window = new TimeWindow(20, 2, 0);
        private final AtomicInteger failures = new AtomicInteger();

        /** Whether these still find their bucket is a matter of order. */
        @Operation
        public void record(@Param(name = "kind") int kind, @Param(name = "bucket") int bucket) {
            window.record(kind, bucket * 10L, Results.Rules.NONE);
        }

        /** Always of the last bucket: none may be missing in the end. */
        @Operation
        public void fail() {
            window.record(Results.FAILURE, 40, Results.Rules.NONE);
            failures.incrementAndGet();
        }

        @Validate
        public void nothingLost() {
            Results.Counts counts = window.counts(40);
            // In the bucket before the last there may be more.
            if (counts.failures() < failures.get() || counts.failures() > counts.calls()) {
                throw new AssertionError(counts + " of " + failures + " failures in the last bucket");
            }
            if (window.counts(60).calls() != 0) {
                throw new AssertionError("after the window: " + window.counts(60));
            }
        }
    }

    /** A bucket that is cleared for its next stretch, not replaced. */
    public static class Cleared {
        private final AtomicLong stretch = new AtomicLong();
        private final AtomicLong count = new AtomicLong();
        private final AtomicInteger failures = new AtomicInteger();

        @Operation
        public void fail() {
            if (stretch.get() != 4) {
                stretch.set(4);
                count.set(0);
            }
            count.incrementAndGet();
            failures.incrementAndGet();
        }

        @Validate
        public void nothingLost() {
            if (count.get() != failures.get()) {
                throw new AssertionError(count + " of " + failures);
            }
        }
    }

    /** Two failures, the first of their bucket, and a rule that two of them break. */
    public static class TwoFailures {
        final AtomicBoolean seen = new AtomicBoolean();
        final AtomicInteger done = new AtomicInteger();
        private final TimeWindow window = new TimeWindow(20, 2, 0);

        @Operation(runOnce = true)
        public void first() {
            fail();
        }

        @Operation(runOnce = true)
        public void second() {
            fail();
        }

        void fail() {
            if (window.record(Results.FAILURE, 10, (calls, failures, slow) -> failures == 2) == Results.BROKEN) {
                seen.set(true);
            }
            done.incrementAndGet();
        }

        @Validate
        public void oneSawBoth() {
            if (done.get() == 2 && !seen.get()) {
                throw new AssertionError("two failures, and neither saw two");
            }
        }
    }

    /** Looks at what is there, then adds. */
    public static class LookThenAdd extends TwoFailures {
        private final AtomicInteger failures = new AtomicInteger();

        @Override
        void fail() {
            if (failures.get() == 1) {
                seen.set(true);
            }
            failures.incrementAndGet();
            done.incrementAndGet();
        }
    }

    @Test
    @DisplayName("CB-8 no result of the newest bucket is lost while buckets are replaced")
    void window() {
        Models.lockFree().check(Model.class);
    }

    @Test
    @DisplayName("CB-8 negative control: a bucket that is cleared in place loses results")
    void mutant() {
        Models.caught("AssertionError", () -> Models.lockFree().actorsBefore(0).check(Cleared.class));
    }

    @Test
    @DisplayName("CB-8 of two failures that break a rule together, at least one sees it")
    void rule() {
        Models.race().check(TwoFailures.class);
    }

    @Test
    @DisplayName("CB-8 negative control: who looks and then adds does not see the other")
    void lookThenAdd() {
        Models.caught("neither saw two", () -> Models.race().check(LookThenAdd.class));
    }
}

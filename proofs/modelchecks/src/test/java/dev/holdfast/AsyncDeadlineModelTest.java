// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.modelchecks.Models;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class AsyncDeadlineModelTest {
    /** A deadline, its timer, and the end of its work. */
    public static class Model {
        private final AtomicInteger passed = new AtomicInteger();
        private final AtomicInteger inTime = new AtomicInteger();
        private final AsyncDeadline deadline = new PlainDeadline().ofCall(self -> passed.incrementAndGet());

        @Operation
        public void timer() {
            deadline.run();
        }

        @Operation
        public boolean end() {
            boolean first = deadline.end();
            if (first) {
                inTime.incrementAndGet();
            }
            return first;
        }

        @Operation
        public boolean hasFired() {
            return deadline.hasFired();
        }

        @Validate
        public void oneWinner() {
            if (passed.get() + inTime.get() > 1) {
                throw new AssertionError(passed + " timeouts, " + inTime + " results in time");
            }
        }
    }

    /** The same in plain words. */
    public static class Spec {
        private boolean fired;
        private boolean over;

        public void timer() {
            fired = !over;
        }

        public boolean end() {
            boolean inTime = !fired && !over;
            fired = false;
            over = true;
            return inTime;
        }

        public boolean hasFired() {
            return fired;
        }
    }

    /** Looks whether the work is over, then fires. */
    public static class CheckThenAct {
        private final AtomicBoolean decided = new AtomicBoolean();
        private final AtomicInteger winners = new AtomicInteger();

        @Operation
        public void timer() {
            if (!decided.get()) {
                decided.set(true);
                winners.incrementAndGet();
            }
        }

        @Operation
        public void end() {
            if (decided.compareAndSet(false, true)) {
                winners.incrementAndGet();
            }
        }

        @Validate
        public void oneWinner() {
            if (winners.get() > 1) {
                throw new AssertionError(winners + " winners");
            }
        }
    }

    @Test
    @DisplayName("TO-1 a result in time or a timeout, never both")
    void deadline() {
        Models.lockFree().actorsBefore(0).sequentialSpecification(Spec.class).check(Model.class);
    }

    @Test
    @DisplayName("TO-1 negative control: a deadline that is looked at and then passed has two winners")
    void mutant() {
        Models.caught("AssertionError", () -> Models.lockFree().actorsBefore(0).check(CheckThenAct.class));
    }
}

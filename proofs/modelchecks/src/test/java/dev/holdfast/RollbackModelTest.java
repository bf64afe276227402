// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.modelchecks.ManualTime;
import dev.holdfast.modelchecks.Models;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RollbackModelTest {
    private static final class One extends Race<Object> {
        One() {
            super("one", new ManualTime());
        }

        @Override
        protected int attempts() {
            return 1;
        }

        @Override
        protected Classifier<? super Object> classifier() {
            return Classifier.standard();
        }

        @Override
        protected long headStart(Call call) {
            return HOLD;
        }

        @Override
        protected long next(Heat<Object> heat, long now) {
            return HOLD;
        }
    }

    /** What has been done and undone. */
    abstract static class Ledger {
        final AtomicInteger running = new AtomicInteger();
        final AtomicInteger begun = new AtomicInteger();
        final AtomicInteger undone = new AtomicInteger();
        volatile boolean wanted;
        volatile String wrong = "";

        final void work() {
            running.incrementAndGet();
            begun.incrementAndGet();
            if (undone.get() > 0) {
                wrong = "begun after it was rolled back";
            }
            running.decrementAndGet();
        }

        final void undo() {
            if (running.get() > 0) {
                wrong = "rolled back while it runs";
            }
            undone.incrementAndGet();
        }

        final void once() {
            if (!wrong.isEmpty()) {
                throw new AssertionError(wrong);
            }
            int expected = wanted && begun.get() > 0 ? 1 : 0;
            if (undone.get() != expected) {
                throw new AssertionError("rolled back " + undone.get() + " times");
            }
        }
    }

    /** Policies inside of the attempt run its work, perhaps several times and late, and its race has ended meanwhile. */
    public static class Model extends Ledger {
        private final Rollback.BlockingAttempt<Object, RuntimeException> attempt = new Rollback.BlockingAttempt<>(
                new One(), Lease.of("target"), new Rollback.Blocking<>(target -> did(), target -> undo(), new One()));

        private Object did() {
            work();
            return "done";
        }

        @Operation
        public void run() {
            try {
                attempt.apply("target");
            } catch (GivenUp over) {
                // Not begun.
            }
        }

        @Operation(runOnce = true)
        public void roll() {
            try {
                attempt.now(null);
            } catch (RollbackFailedException later) {
                // It still runs.
            }
            wanted = true;
        }

        @Validate
        public void validate() {
            once();
        }
    }

    /** Looks whether the work runs, and then rolls back. */
    public static class LookThenUndo extends Ledger {
        private final AtomicInteger inside = new AtomicInteger();

        @Operation(runOnce = true)
        public void run() {
            inside.incrementAndGet();
            work();
            inside.decrementAndGet();
        }

        @Operation(runOnce = true)
        public void roll() {
            if (inside.get() == 0 && begun.get() > 0) {
                undo();
            }
            wanted = true;
        }

        @Validate
        public void validate() {
            once();
        }
    }

    @Test
    @DisplayName("what an attempt has done is rolled back once, not while it runs, and nothing begins afterwards")
    void rollback() {
        Models.options().actorsBefore(1).actorsPerThread(2).check(Model.class);
    }

    @Test
    @DisplayName("negative control: who looks whether the work runs, and then rolls back, misses work that ends later")
    void mutant() {
        Models.caught("rolled back", () -> Models.race().check(LookThenUndo.class));
    }
}

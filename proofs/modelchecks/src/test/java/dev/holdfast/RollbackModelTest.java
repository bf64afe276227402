// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.modelchecks.ManualTime;
import dev.holdfast.modelchecks.Models;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
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
                // A thread that has no patience leaves at any moment.
                attempt.now(null, 0);
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

    /** Two attempts at once, of which the first that succeeds wins. */
    private static final class Two extends Race<Object> {
        final List<Lease<String>> targets = List.of(Lease.of("0"), Lease.of("1"));
        volatile int stays = -1;

        Two() {
            super("two", new ManualTime());
        }

        @Override
        protected int attempts() {
            return 2;
        }

        @Override
        protected Classifier<? super Object> classifier() {
            return Classifier.standard();
        }

        @Override
        protected long headStart(Call call) {
            return 0;
        }

        @Override
        protected long next(Heat<Object> heat, long now) {
            if (!heat.canStart()) {
                return HOLD;
            }
            heat.aim(targets.get(1));
            return START;
        }

        @Override
        protected void decided(int attempt, Ending ending, int started) {
            stays = attempt;
        }
    }

    /** The attempts of a race succeed at the same time, or its call is given up. */
    public static class Successes implements Contest.Track {
        private final Two race = new Two();
        private final boolean[] ended = new boolean[2];
        private final AtomicIntegerArray undone = new AtomicIntegerArray(2);
        private final Contest<Object> contest =
                new Contest<>(race, new Chain(race), this, null, race.targets.get(0), 0, false);
        private final Rollback.BlockingAttempt<?, ?>[] attempts = new Rollback.BlockingAttempt<?, ?>[2];
        /** Who waits for the race is told of its end, or goes. */
        private final AtomicBoolean gone = new AtomicBoolean();

        public Successes() {
            contest.signal();
            for (int i = 0; i < 2; i++) {
                int number = i;
                attempts[i] = new Rollback.BlockingAttempt<>(
                        race,
                        race.targets.get(i),
                        new Rollback.Blocking<Object, RuntimeException>(
                                target -> number, target -> undone.incrementAndGet(number), race));
                contest.rememberWork(i, attempts[i]);
            }
        }

        private void succeed(int attempt) throws Exception {
            Object gave = attempts[attempt].apply("target");
            contest.ended(attempt, Ending.SUCCESS, gave, null);
            ended[attempt] = true;
        }

        @Operation(runOnce = true)
        public void first() throws Exception {
            succeed(0);
        }

        @Operation(runOnce = true)
        public void second() throws Exception {
            succeed(1);
        }

        @Operation(runOnce = true)
        public void leave() {
            if (gone.compareAndSet(false, true) && !contest.abandon()) {
                contest.abandonDecided();
            }
        }

        @Validate
        public void validate() {
            for (int i = 0; i < 2; i++) {
                int expected = ended[i] && race.stays != i ? 1 : 0;
                if (undone.get(i) != expected) {
                    throw new AssertionError(i + " rolled back " + undone.get(i) + " times");
                }
            }
        }

        @Override
        public void over() {
            if (gone.compareAndSet(false, true)) {
                contest.settle();
            }
        }

        @Override
        public boolean prepare(int attempt, Lease<?> lease) {
            return false;
        }

        @Override
        public void wake(int attempt) {}

        @Override
        public void dismiss(int attempt) {}

        @Override
        public void start(int attempt) {}

        @Override
        public void askIn(long nanos) {}

        @Override
        public void callOff(int attempts) {}

        @Override
        public long nanosLeft(long now) {
            return Loop.NO_LIMIT;
        }

        @Override
        public void aside(Runnable task) {
            task.run();
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
    @DisplayName(
            "of attempts that succeed at the same time all are rolled back but the one that has won, and all where the call was given up before")
    void successes() {
        Models.options()
                .threads(3)
                .actorsBefore(0)
                .actorsPerThread(1)
                .actorsAfter(0)
                .check(Successes.class);
    }

    @Test
    @DisplayName("negative control: who looks whether the work runs, and then rolls back, misses work that ends later")
    void mutant() {
        Models.caught("rolled back", () -> Models.race().check(LookThenUndo.class));
    }
}

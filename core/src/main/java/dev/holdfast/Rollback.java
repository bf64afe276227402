// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The work of one attempt of a race, which can be rolled back. It stands in the place of the call's work, and knows whether that has begun
 * and whether it runs: policies inside may run it several times, or have stopped waiting for it.
 *
 * <pre>
 *   UNTOUCHED ── begins ──▶ RUNS ── has ended ──▶ LEFT BEHIND ── nobody wants it ──▶ rolled back at once
 *       │                    │ ▲── begins again ──┘
 *       │                    └── nobody wants it ──▶ RUNS, WANTED BACK ── has ended ──▶ rolled back then
 *       └── nobody wants it ──▶ there is nothing to roll back
 * </pre>
 *
 * <p>It is its own atomic state: how often it runs, whether it has begun, and whether it is wanted back.
 */
abstract class Rollback extends AtomicInteger implements Work.OfAttempt, Work.Adapted {
    private static final long serialVersionUID = 1L;
    private static final int BEGUN = 1 << 30;
    private static final int WANTED_BACK = 1 << 29;
    private static final int RUNNING = WANTED_BACK - 1;

    /** What there is to roll back. */
    enum What {
        NOTHING,
        ALL,
        LATER
    }

    /** The work of a call. Each attempt on a target gets one of its own. */
    interface Reversible {
        Rollback attempt(Race<?> race, Lease<?> lease);
    }

    private final transient Race<?> race;
    private final transient Lease<?> lease;

    private Rollback(Race<?> race, Lease<?> lease) {
        this.race = race;
        this.lease = lease;
    }

    @Override
    public final boolean hasBegun() {
        return (get() & BEGUN) != 0;
    }

    @Override
    public final Object ofCall(Race<?> asked) {
        return asked == race ? reversible() : this;
    }

    abstract Object reversible();

    final Object target() {
        return lease.target();
    }

    final void begins() {
        int now;
        do {
            now = get();
            if ((now & WANTED_BACK) != 0) {
                // Its attempt is over: what this would leave behind nobody would roll back.
                throw new GivenUp();
            }
        } while (!compareAndSet(now, (now | BEGUN) + 1));
    }

    final void ends() {
        int now = decrementAndGet();
        if ((now & WANTED_BACK) != 0 && (now & RUNNING) == 0) {
            endsLate();
        }
    }

    final What wantBack() {
        int now = getAndUpdate(state -> state | WANTED_BACK);
        if ((now & BEGUN) == 0) {
            return What.NOTHING;
        }
        return (now & RUNNING) == 0 ? What.ALL : What.LATER;
    }

    /** Rolls it back where nobody waits for that: its work has ended after it was wanted back. */
    abstract void endsLate();

    /** The attempt has succeeded when the race was over: rolls it back, and nobody waits for it. */
    final void late() {
        if (wantBack() == What.ALL) {
            endsLate();
        }
    }

    /** It was rolled back, or not. */
    final @Nullable RollbackFailedException rolledBack(@Nullable Throwable broken, @Nullable Throwable failure) {
        race.tellRolledBack(lease, broken);
        return broken == null ? null : failed(broken, failure);
    }

    final RollbackFailedException failed(@Nullable Throwable broken, @Nullable Throwable failure) {
        RollbackFailedException failed = new RollbackFailedException(race.name(), lease.name(), broken);
        if (failure != null) {
            Failures.suppress(failed, failure);
        }
        return failed;
    }

    // ---- Blocking calls -------------------------------------------------------------------------------------------

    /** Work that gives a result. */
    record Blocking<R extends @Nullable Object, X extends Exception>(
            Checked.Function<Object, ? extends R, X> work, Checked.Consumer<Object, ?> rollback, Policy<?> through)
            implements Checked.Function<Object, R, X>, Reversible, Work.Adapted {
        @Override
        public R apply(Object given) throws X {
            return work.apply(Lease.checked(given, through));
        }

        @Override
        public Rollback attempt(Race<?> race, Lease<?> lease) {
            return new BlockingAttempt<>(race, lease, this);
        }

        @Override
        public Object original() {
            return work;
        }
    }

    /** One attempt of it. */
    static final class BlockingAttempt<R extends @Nullable Object, X extends Exception> extends Rollback
            implements Checked.Function<Object, R, X> {
        private static final long serialVersionUID = 1L;
        private final transient Blocking<R, X> of;

        BlockingAttempt(Race<?> race, Lease<?> lease, Blocking<R, X> of) {
            super(race, lease);
            this.of = of;
        }

        @Override
        public R apply(Object target) throws X {
            begins();
            try {
                return of.work.apply(target);
            } finally {
                ends();
            }
        }

        /**
         * Nobody wants what the attempt has left behind: rolls it back on this thread, as if the call had no deadlines. What they have
         * interrupted is not to be left half done.
         *
         * @param failure what the attempt came to, if it has failed
         * @throws RollbackFailedException if that fails, or the work still runs
         */
        void now(@Nullable Throwable failure) {
            What what = wantBack();
            if (what == What.LATER) {
                throw failed(null, failure);
            }
            RollbackFailedException broken = what == What.ALL ? rollBack(failure) : null;
            if (broken != null) {
                throw broken;
            }
        }

        private @Nullable RollbackFailedException rollBack(@Nullable Throwable failure) {
            Throwable broken = null;
            Interruptions.Detached deadlines = Interruptions.detach();
            try {
                of.rollback.accept(target());
            } catch (Throwable thrown) {
                broken = thrown;
            } finally {
                deadlines.attach();
            }
            return rolledBack(broken, failure);
        }

        @Override
        void endsLate() {
            rollBack(null);
        }

        @Override
        Object reversible() {
            return of;
        }

        @Override
        public Object original() {
            return of.work;
        }
    }

    // ---- Asynchronous calls ---------------------------------------------------------------------------------------

    /** Work that gives a stage. */
    record Async<R extends @Nullable Object>(
            Function<Object, ? extends CompletionStage<? extends R>> work,
            Function<Object, ? extends CompletionStage<?>> rollback,
            Policy<?> through)
            implements Function<Object, CompletionStage<? extends R>>, Reversible, Work.Adapted {
        @Override
        public CompletionStage<? extends R> apply(Object given) {
            return work.apply(Lease.checked(given, through));
        }

        @Override
        public Rollback attempt(Race<?> race, Lease<?> lease) {
            return new AsyncAttempt<>(race, lease, this);
        }

        @Override
        public Object original() {
            return work;
        }
    }

    /** One attempt of it. */
    static final class AsyncAttempt<R extends @Nullable Object> extends Rollback
            implements Function<Object, @Nullable CompletionStage<? extends R>> {
        private static final long serialVersionUID = 1L;
        private final transient Async<R> of;
        /** Complete when there is nothing left to be rolled back. */
        private final transient CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        /** What the attempt came to, if it has failed. */
        private transient volatile @Nullable Throwable failure;
        /** What there is bound where the call came from. */
        private transient volatile Bound bound = Runnable::run;

        /** Runs something with what is bound where a call came from. */
        interface Bound {
            void run(Runnable task);
        }

        AsyncAttempt(Race<?> race, Lease<?> lease, Async<R> of) {
            super(race, lease);
            this.of = of;
        }

        @Override
        public @Nullable CompletionStage<? extends R> apply(Object target) {
            begins();
            CompletionStage<? extends R> stage = null;
            try {
                stage = of.work.apply(target);
                if (stage != null) {
                    stage.whenComplete((result, thrown) -> ends());
                }
                return stage;
            } catch (Throwable thrown) {
                stage = null;
                throw thrown;
            } finally {
                if (stage == null) {
                    ends();
                }
            }
        }

        /**
         * Nobody wants what the attempt has left behind: rolls it back, when its work has ended.
         *
         * @return complete when that is done, exceptionally if it fails
         */
        CompletionStage<@Nullable Void> start(@Nullable Throwable attemptsFailure, Bound within) {
            failure = attemptsFailure;
            bound = within;
            What what = wantBack();
            if (what == What.ALL) {
                endsLate();
            } else if (what == What.NOTHING) {
                done.complete(null);
            }
            return done;
        }

        @Override
        void endsLate() {
            bound.run(() -> {
                try {
                    Require.nonNull(of.rollback.apply(target()), "stage of the rollback")
                            .whenComplete((result, thrown) -> ended(thrown == null ? null : Failures.ofStage(thrown)));
                } catch (Throwable thrown) {
                    ended(thrown);
                }
            });
        }

        private void ended(@Nullable Throwable broken) {
            RollbackFailedException failed = rolledBack(broken, failure);
            if (failed == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(failed);
            }
        }

        @Override
        Object reversible() {
            return of;
        }

        @Override
        public Object original() {
            return of.work;
        }
    }
}

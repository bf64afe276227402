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
 *       │                    └── nobody wants it ──▶ RUNS, WANTED BACK ── has ended ──▶ rolled back then: by a thread that has waited
 *       │                                                                                for so long, or else by its own
 *       └── nobody wants it ──▶ there is nothing to roll back
 * </pre>
 *
 * <p>It is its own atomic state: how often it runs, whether it has begun, whether it is wanted back, and whether a thread waits
 * for its end.
 *
 * <p>Longer than most files: blocking and asynchronous attempts share one state machine.
 */
abstract class Rollback extends AtomicInteger implements Work.OfAttempt, Work.Adapted {
    private static final long serialVersionUID = 1L;
    private static final int BEGUN = 1 << 30;
    private static final int WANTED_BACK = 1 << 29;
    private static final int AWAITED = 1 << 28;
    private static final int RUNNING = AWAITED - 1;

    /**
     * How long a thread waits for work that policies inside have given up, in nanoseconds of real time: work that obeys its interrupt needs
     * some microseconds to end, and on a busy machine, or in a pause of the collector, some tenths of a second. Work that is deaf is not
     * waited for any longer.
     */
    static final long PATIENCE = 500_000_000;

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

    /** Whether it is the attempt of this race: those inside of it run the same work, and what they make of it is not for them to roll back. */
    final boolean isOf(Race<?> asked) {
        return asked == race;
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
            if ((now & AWAITED) == 0) {
                endsLate();
            } else {
                endsInTime();
            }
        }
    }

    final What wantBack() {
        return whatOf(getAndUpdate(state -> state | WANTED_BACK));
    }

    /** The same for a thread that waits for the end if the work still runs, and then says so by {@link #awaitsNoMore}. */
    final What wantBackAwaiting() {
        return whatOf(
                getAndUpdate(state -> (state & RUNNING) == 0 ? state | WANTED_BACK : state | WANTED_BACK | AWAITED));
    }

    private static What whatOf(int before) {
        if ((before & BEGUN) == 0 || (before & WANTED_BACK) != 0) {
            return What.NOTHING;
        }
        return (before & RUNNING) == 0 ? What.ALL : What.LATER;
    }

    /** Whether the work has ended, and is the waiting thread's to roll back; otherwise it rolls itself back. */
    final boolean awaitsNoMore() {
        return (getAndUpdate(state -> state & ~AWAITED) & RUNNING) == 0;
    }

    final boolean runs() {
        return (get() & RUNNING) != 0;
    }

    /** Its work has ended, and a thread waits for that which rolls it back. */
    void endsInTime() {}

    /** Rolls it back where nobody waits for that: its work has ended after it was wanted back. */
    abstract void endsLate();

    /** The attempt has succeeded, and nobody gets that: rolls it back aside, and nobody waits for it. */
    abstract void late(Contest.Track track);

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
        /** Who waits for the end of the work. */
        private transient volatile @Nullable Thread waiting;

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
         * @param patience how long to wait for work that runs on another thread, in nanoseconds: see {@link #PATIENCE}
         * @throws RollbackFailedException if that fails, or the work still runs
         */
        void now(@Nullable Throwable failure, long patience) {
            waiting = Thread.currentThread();
            What what = wantBackAwaiting();
            if (what == What.LATER && !endsWithin(patience)) {
                throw failed(null, failure);
            }
            RollbackFailedException broken = what == What.NOTHING ? null : rollBack(failure);
            if (broken != null) {
                throw broken;
            }
        }

        /** Whether the work ends in time, and is left to this thread. The deadlines that have ended it have no say here either. */
        private boolean endsWithin(long patience) {
            boolean interrupted = false;
            Interruptions.Detached deadlines = Interruptions.detach();
            try {
                long until = SystemEnvironment.SHARED.nanoTime() + patience;
                long left = patience;
                while (left > 0 && runs()) {
                    try {
                        SystemEnvironment.SHARED.await(() -> !runs(), left);
                    } catch (InterruptedException somebodyElses) {
                        interrupted = true;
                    }
                    left = until - SystemEnvironment.SHARED.nanoTime();
                }
            } finally {
                deadlines.attach();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            return awaitsNoMore();
        }

        @Override
        void endsInTime() {
            SystemEnvironment.SHARED.wake(Require.nonNull(waiting, "waiting"));
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
            if (broken instanceof InterruptedException) {
                // By somebody else than those deadlines, and nobody further out sees this exception.
                Thread.currentThread().interrupt();
            }
            return rolledBack(broken, failure);
        }

        @Override
        void endsLate() {
            rollBack(null);
        }

        @Override
        void late(Contest.Track track) {
            if (wantBack() == What.ALL) {
                track.aside(this::endsLate);
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
                return stage instanceof CompletableFuture<? extends R> future ? uncancellable(future) : stage;
            } catch (Throwable thrown) {
                stage = null;
                throw thrown;
            } finally {
                if (stage == null) {
                    ends();
                }
            }
        }

        /** To cancel a plain future stops nothing, and would say that its work has ended, which is yet to leave something behind. */
        private static <R extends @Nullable Object> CompletionStage<? extends R> uncancellable(
                CompletableFuture<? extends R> future) {
            return future.getClass() == CompletableFuture.class && !future.isDone()
                    ? future.minimalCompletionStage()
                    : future;
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
                    undone().whenComplete((result, thrown) -> ended(thrown == null ? null : Failures.ofStage(thrown)));
                } catch (Throwable thrown) {
                    ended(thrown);
                }
            });
        }

        /** Only what the user does is without the deadlines and the interrupt of this thread: what follows is the call's again. */
        private CompletionStage<?> undone() {
            Interruptions.Detached deadlines = Interruptions.detach();
            try {
                return Require.nonNull(of.rollback.apply(target()), "stage of the rollback");
            } finally {
                deadlines.attach();
            }
        }

        @Override
        void late(Contest.Track track) {
            bound = track::aside;
            if (wantBack() == What.ALL) {
                endsLate();
            }
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

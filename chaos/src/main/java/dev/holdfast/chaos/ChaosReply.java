// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Event;
import dev.holdfast.Meter;
import dev.holdfast.Outcome;
import dev.holdfast.Recovery;
import dev.holdfast.internal.Require;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Faults after the work: it is done, once, and its result is lost or altered. For what is hardest to get right: a write that has happened
 * and of which its caller hears only a failure. Stands innermost, as {@link Chaos} does, and does nothing until an {@code Experiment} arms it.
 *
 * <pre>
 *   work ──▶ armed? for this call? ── no, or it has failed ──▶ its outcome
 *                  │ yes
 *                  ▼        no            no
 *                lose? ──────▶ alter? ───────────────────────▶ its result
 *                  │ yes          │ yes
 *                  ▼              ▼
 *               failure     another result          a fault that has no room is none
 * </pre>
 *
 * <p>A call that has no result can lose its reply, and none can be altered. Calls that failed by themselves are left alone, and are not
 * counted. What else there is to know - draws, failures, contexts - is as with {@link Chaos}; results draw once to be lost, and those
 * that are left once to be altered, by numbers of their own.
 *
 * <p>Safe to share between threads.
 *
 * @param <R> the results of the calls here
 */
public final class ChaosReply<R extends @Nullable Object> extends Recovery<R> implements Injection {
    private static final int LOSE = 0;

    private final Seat seat;
    private final Aim aim;
    private final double loseRate;
    private final double alterRate;
    private final @Nullable Supplier<? extends Throwable> failures;
    private final @Nullable Function<? super R, ? extends R> changes;

    private ChaosReply(Builder<R> settings) {
        super(settings.name, settings.environment);
        this.seat = new Seat(this, settings.environment, this::tells);
        this.aim = settings.aim();
        this.loseRate = settings.loseRate;
        this.failures = settings.failures;
        this.alterRate = settings.alterRate;
        this.changes = settings.changes;
    }

    /**
     * Starts to build one, without any fault.
     *
     * @param <R> the results of the calls that it is for
     * @param name 1 to 256 characters, not blank
     * @return a new builder
     */
    public static <R extends @Nullable Object> Builder<R> builder(String name) {
        return new Builder<>(name);
    }

    /**
     * Settings of {@link ChaosReply}. A fault that is set again replaces the one before. Not thread-safe.
     *
     * @param <R> the results
     */
    public static final class Builder<R extends @Nullable Object> extends InjectionBuilder<Builder<R>> {
        private double loseRate;
        private double alterRate;
        private @Nullable Supplier<? extends Throwable> failures;
        private @Nullable Function<? super R, ? extends R> changes;

        private Builder(String name) {
            super(name);
        }

        @Override
        Builder<R> self() {
            return this;
        }

        /**
         * Loses replies: the work was done, and the call fails.
         *
         * @param rate the share of calls that succeeded, 0 to 1; default: 0
         * @param failure makes a new exception for each: one that callers get when a reply does not come; must not block; if it throws, which
         *     is logged, or gives {@code null}, nothing is injected
         * @return this builder
         */
        public Builder<R> lose(double rate, Supplier<? extends Throwable> failure) {
            loseRate = Require.range(rate, 0, 1, "lose");
            failures = Require.nonNull(failure, "failure");
            return this;
        }

        /**
         * Changes results.
         *
         * @param rate the share of calls that succeeded and have a result, 0 to 1, of those whose reply is not lost; default: 0
         * @param change from the work's result to what the call gets; must not block; if it throws, which is logged, nothing is injected
         * @return this builder
         */
        public Builder<R> alter(double rate, Function<? super R, ? extends R> change) {
            alterRate = Require.range(rate, 0, 1, "alter");
            changes = Require.nonNull(change, "change");
            return this;
        }

        /**
         * Builds it, off.
         *
         * @return a new policy
         */
        public ChaosReply<R> build() {
            return new ChaosReply<>(this);
        }
    }

    // ---- For the experiment -----------------------------------------------------------------------------------------

    Armed arm(Terms terms) {
        return seat.take(terms, armed -> {
            if (aim.looksAtCalls(terms)) {
                // While somebody listens to events of calls, calls have their context.
                armed.undoing(on(Event.Recovered.class, told -> {})::cancel);
            }
        });
    }

    private void tells(Event.Change event, String message) {
        tell(event);
        log(event, message);
    }

    // ---- For the engine ---------------------------------------------------------------------------------------------

    @Override
    protected Concern concern() {
        return seat.get() == null ? Concern.NONE : Concern.ALL;
    }

    @Override
    protected Classifier<? super R> classifier() {
        return Classifier.standard();
    }

    @Override
    protected int steps() {
        return 2;
    }

    @Override
    protected boolean isForResults(int number) {
        return number != LOSE;
    }

    @Override
    protected @Nullable CompletionStage<? extends @Nullable R> step(
            int number, Outcome<R> replaced, @Nullable Call call) {
        Armed by = seat.get();
        if (by == null || !by.isLive() || replaced.isFailure()) {
            return null;
        }
        try {
            return number == LOSE ? loses(by, call) : alters(by, replaced, call);
        } catch (Throwable thrown) {
            ruleThrew(thrown, "nothing is injected");
            return null;
        }
    }

    private @Nullable CompletionStage<R> loses(Armed by, @Nullable Call call) {
        long which = aim.number(by, call);
        if (which == Aim.NONE || !by.draws(which, Fault.LOSE, loseRate) || !by.isOn()) {
            return null;
        }
        Throwable failure = Injected.make(Require.nonNull(failures, "failures"), by);
        return takes(by, Fault.LOSE, failure) ? CompletableFuture.failedFuture(failure) : null;
    }

    private @Nullable CompletionStage<R> alters(Armed by, Outcome<R> replaced, @Nullable Call call) {
        long which = aim.another(by, call);
        if (which == Aim.NONE || !by.draws(which, Fault.ALTER, alterRate) || !by.isOn()) {
            return null;
        }
        R other = Require.nonNull(changes, "changes").apply(replaced.result().orElse(null));
        return takes(by, Fault.ALTER, null) ? CompletableFuture.completedFuture(other) : null;
    }

    private boolean takes(Armed by, Fault fault, @Nullable Throwable failure) {
        if (!by.takes(fault)) {
            return false;
        }
        by.terms.blast().leave();
        if (isWatched(FaultInjected.class)) {
            tell(new FaultInjected(this, by.terms.experiment(), fault, failure));
        }
        return true;
    }

    /** A reply that is lost is lost. */
    @Override
    protected boolean goesOnAfter(Throwable failure) {
        return false;
    }

    // ---- What it says of itself -------------------------------------------------------------------------------------

    @Override
    protected Set<Class<? extends Event>> events() {
        return Set.of(FaultInjected.class, FaultsArmed.class, FaultsDisarmed.class, Event.Recovered.class);
    }

    @Override
    protected List<Meter> ownMeters() {
        return seat.meters(kind(), Fault.LOSE, Fault.ALTER);
    }

    @Override
    public String toString() {
        return "ChaosReply[" + quotedName() + " " + seat + "]";
    }
}

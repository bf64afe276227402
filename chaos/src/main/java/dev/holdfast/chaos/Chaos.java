// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Call;
import dev.holdfast.Ending;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import dev.holdfast.Meter;
import dev.holdfast.Outcome;
import dev.holdfast.Policy;
import dev.holdfast.RejectedException;
import dev.holdfast.Turn;
import dev.holdfast.internal.Require;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Faults in place of the work and before it: delays, failures, results, and calls that hang. Stands innermost, and does nothing until an
 * {@code Experiment} arms it.
 *
 * <pre>
 *              off                                 as if it were not there
 *   call ──▶ armed? ──────────────────────────────────────────────────────────────────────────▶ work
 *              │ on                                                                              ▲
 *              ▼  not for this call                                                              │
 *           only, every, key ─────────────────────────────────────────────────────────────────────┤
 *              │                                                                                 │
 *              ▼ no        yes, for some time      no           no         yes, until it is over │
 *            fail? ──▶ delay? ──────────────▶ result? ──▶ hang? ──────────────────────────────────┘
 *              │ yes                            │ yes
 *              ▼                                ▼
 *           failure                          result                  a fault that has no room is none
 * </pre>
 *
 * <p><b>Order.</b> Each fault draws for what those before it have left: a call that fails is not delayed, one that is delayed may still get a
 * result or hang. With rates of 0.02 for failures, 0.5 for delays, 0.1 for results and 0.01 for hanging, of 100 calls 2 fail, 49 are delayed,
 * 9.8 get a result and 0.88 hang.
 *
 * <p><b>Draws</b> depend on the experiment's seed, on this name and on the number of the call among those that match, and on nothing else: the
 * same calls in the same order have the same faults.
 *
 * <p><b>Waits.</b> A call that is delayed or hangs waits as its work would: policies around it count the time as the work's, deadlines,
 * cancellation and interruption end it, and an asynchronous call holds no thread. When the experiment is over, it goes on at once.
 *
 * <p><b>Failures</b> are to all policies around what they would be if the work had thrown them. They are made for each call;
 * {@link #isInjected} tells them apart.
 *
 * <p>Off, a call pays for it with one question. It never refuses a call, and permits that are taken of it by hand meet no faults. Safe to
 * share between threads.
 */
public final class Chaos extends Gate implements Injection {
    private final Seat seat;
    private final Aim aim;
    private final double failRate;
    private final double delayRate;
    private final double resultRate;
    private final double hangRate;
    private final @Nullable Supplier<? extends Throwable> failures;
    private final @Nullable Delay delay;
    private final @Nullable Supplier<? extends @Nullable Object> results;

    private Chaos(Builder settings) {
        super(settings.name, settings.environment);
        this.seat = new Seat(this, settings.environment, this::tells);
        this.aim = settings.aim();
        this.failRate = settings.failRate;
        this.failures = settings.failures;
        this.delayRate = settings.delayRate;
        this.delay = settings.delay;
        this.resultRate = settings.resultRate;
        this.results = settings.results;
        this.hangRate = settings.hangRate;
    }

    /**
     * Starts to build one, without any fault.
     *
     * @param name 1 to 256 characters, not blank
     * @return a new builder
     */
    public static Builder builder(String name) {
        return new Builder(name);
    }

    /**
     * Whether an exception was injected, by whatever injection.
     *
     * @param failure an exception, or one that wraps it
     * @return {@code false} for those that the work threw by itself
     */
    public static boolean isInjected(Throwable failure) {
        Throwable each = Require.nonNull(failure, "failure");
        for (int depth = 0; each != null && depth < 16; depth++) {
            if (Injected.isIn(each)) {
                return true;
            }
            each = each.getCause();
        }
        return false;
    }

    /** Settings of {@link Chaos}. A fault that is set again replaces the one before. Not thread-safe. */
    public static final class Builder extends InjectionBuilder<Builder> {
        private double failRate;
        private double delayRate;
        private double resultRate;
        private double hangRate;
        private @Nullable Supplier<? extends Throwable> failures;
        private @Nullable Delay delay;
        private @Nullable Supplier<? extends @Nullable Object> results;

        private Builder(String name) {
            super(name);
        }

        @Override
        Builder self() {
            return this;
        }

        /**
         * Lets calls fail, and their work undone.
         *
         * @param rate the share of calls, 0 to 1; default: 0
         * @param failure makes a new exception for each: one that the work throws when something is wrong; must not block; if it throws,
         *     which is logged, or gives {@code null}, nothing is injected
         * @return this builder
         */
        public Builder fail(double rate, Supplier<? extends Throwable> failure) {
            failRate = Require.range(rate, 0, 1, "fail");
            failures = Require.nonNull(failure, "failure");
            return this;
        }

        /**
         * Lets calls wait before their work.
         *
         * @param rate the share of calls, 0 to 1, of those that have not failed; default: 0
         * @param length how long
         * @return this builder
         */
        public Builder delay(double rate, Delay length) {
            delayRate = Require.range(rate, 0, 1, "delay");
            delay = Require.nonNull(length, "length");
            return this;
        }

        /**
         * Gives calls a result in place of their work.
         *
         * @param rate the share of calls, 0 to 1, of those that have not failed; default: 0
         * @param result makes it; it has to be of the type of the calls here, which no compiler checks; must not block; if it throws, which
         *     is logged, nothing is injected
         * @return this builder
         */
        public Builder result(double rate, Supplier<? extends @Nullable Object> result) {
            resultRate = Require.range(rate, 0, 1, "result");
            results = Require.nonNull(result, "result");
            return this;
        }

        /**
         * Lets calls hang before their work: until a deadline around, their cancellation or interruption, or the end of the experiment, after
         * which the work is done.
         *
         * @param rate the share of calls, 0 to 1, of those that neither failed nor got a result; default: 0
         * @return this builder
         */
        public Builder hang(double rate) {
            hangRate = Require.range(rate, 0, 1, "hang");
            return this;
        }

        /**
         * Builds it, off.
         *
         * @return a new policy
         */
        public Chaos build() {
            return new Chaos(this);
        }
    }

    // ---- For the experiment -----------------------------------------------------------------------------------------

    Armed arm(Terms terms) {
        return seat.take(terms, armed -> {
            if (aim.looksAtCalls(terms)) {
                // While somebody listens to events of calls, calls have their context.
                armed.undoing(on(Event.CallAbandoned.class, told -> {})::cancel);
            }
        });
    }

    private void tells(Event.Change event, String message) {
        tell(event);
        log(event, message);
    }

    // ---- For the engine ---------------------------------------------------------------------------------------------

    @Override
    protected long enter(long now) {
        return seat.get() == null ? PASS : ASK;
    }

    @Override
    protected @Nullable Turn ask(@Nullable Call call) {
        Armed by = seat.get();
        try {
            return by == null || !by.isLive() ? null : faultsOf(by, call);
        } catch (Throwable thrown) {
            ruleThrew(thrown, "nothing is injected");
            return null;
        }
    }

    private @Nullable Turn faultsOf(Armed by, @Nullable Call call) {
        long number = aim.number(by, call);
        if (number == Aim.NONE) {
            return null;
        }
        boolean fails = by.draws(number, Fault.FAIL, failRate);
        boolean waits = !fails && by.draws(number, Fault.DELAY, delayRate);
        boolean gives = !fails && by.draws(number, Fault.RESULT, resultRate);
        boolean hangs = !fails && !gives && by.draws(number, Fault.HANG, hangRate);
        if ((!fails && !waits && !gives && !hangs) || !by.isOn()) {
            return null;
        }
        Faults faults = new Faults(by, fails, gives);
        if (waits) {
            faults.waits(number);
        }
        if (hangs) {
            faults.hangs();
        }
        faults.begins();
        return faults;
    }

    private boolean takes(Armed by, Fault fault, @Nullable Throwable failure) {
        if (!by.takes(fault)) {
            return false;
        }
        if (isWatched(FaultInjected.class)) {
            tell(new FaultInjected(this, by.terms.experiment(), fault, failure));
        }
        return true;
    }

    /** What comes to one call. Its places are given back by whoever ends its wait, which one alone does. */
    private final class Faults extends Turn {
        private final Armed by;
        private final boolean fails;
        private final boolean gives;
        private int places;
        private long nanos;
        private long ticket = -1;
        private @Nullable Outcome<?> outcome;

        Faults(Armed by, boolean fails, boolean gives) {
            this.by = by;
            this.fails = fails;
            this.gives = gives;
        }

        void waits(long number) {
            long length = Require.nonNull(delay, "delay").nanos(Draws.unit(by.seed, number, Fault.LENGTH));
            if (length > 0 && takes(by, Fault.DELAY, null)) {
                places++;
                nanos = Math.min(length, by.nanosLeft());
            }
        }

        void hangs() {
            if (takes(by, Fault.HANG, null)) {
                places++;
                nanos = by.nanosLeft();
            }
        }

        void begins() {
            if (nanos > 0) {
                ticket = by.waits(() -> {
                    if (pass()) {
                        ends();
                    }
                });
            }
        }

        private void ends() {
            for (; places > 0; places--) {
                by.terms.blast().leave();
            }
            by.waitsNoMore(ticket);
        }

        @Override
        protected long nanos() {
            return nanos;
        }

        @Override
        protected boolean isWork() {
            return true;
        }

        @Override
        protected long due() {
            ends();
            try {
                return (fails || gives) && by.isOn() && comesAbout() ? INSTEAD : PASS;
            } catch (Throwable thrown) {
                ruleThrew(thrown, "nothing is injected");
                return PASS;
            }
        }

        private boolean comesAbout() {
            Throwable failure = fails ? Injected.make(Require.nonNull(failures, "failures"), by) : null;
            outcome = failure == null
                    ? Outcome.ofResult(Require.nonNull(results, "results").get())
                    : Outcome.ofFailure(failure);
            if (!takes(by, failure == null ? Fault.RESULT : Fault.FAIL, failure)) {
                return false;
            }
            by.terms.blast().leave();
            return true;
        }

        @Override
        protected Outcome<?> instead() {
            return Require.nonNull(outcome, "outcome");
        }

        @Override
        protected void abandoned() {
            ends();
        }
    }

    @Override
    protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
        return true;
    }

    @Override
    protected RejectedException rejection(long now) {
        throw new IllegalStateException(this + ": refuses a call (expected: never)");
    }

    // ---- What it says of itself -------------------------------------------------------------------------------------

    @Override
    protected Set<Class<? extends Event>> events() {
        return Set.of(
                FaultInjected.class,
                FaultsArmed.class,
                FaultsDisarmed.class,
                Event.CallEnded.class,
                Event.CallAbandoned.class);
    }

    @Override
    protected List<Meter> ownMeters() {
        return seat.meters(kind(), Fault.FAIL, Fault.DELAY, Fault.RESULT, Fault.HANG);
    }

    @Override
    protected @Nullable String misplaced(List<Policy<?>> outside, List<Policy<?>> inside) {
        for (Policy<?> each : inside) {
            if (!(each instanceof Injection)) {
                return "is not innermost: " + title(each) + " meets none of its faults, and belongs outside of it";
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return "Chaos[" + quotedName() + " " + seat + "]";
    }
}

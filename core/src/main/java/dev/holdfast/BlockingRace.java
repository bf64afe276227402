// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The race of a blocking call. Its caller's thread runs attempts as well: the first, and every other that starts while it has nothing
 * to do.
 *
 * <pre>
 *   the caller   RUNS an attempt ── it has ended ──▶ IDLE ── decided ──────────────────────▶ goes on with the outcome
 *                     ▲   └ called off: interrupted   │  └── interrupted, out of time ─────▶ gives all attempts up
 *                     └───── another one starts ──────┘
 *
 *   an extra     UNDER WAY to the executor ── arrives ──▶ runs ──▶ ended, or called off and late
 *                     ├──── called off ──▶ never starts
 *                     └──── refused or lost ──▶ not started
 * </pre>
 *
 * <p>It is the {@link Interruption} of the caller's first attempt, and the timer of its head start, so that a hedge that is not needed
 * costs little more than a timeout.
 */
final class BlockingRace extends LaneScope implements Contest.Track {
    private static final long serialVersionUID = 1L;
    private static final int NONE = -1;
    private static final VarHandle INSIDE;

    static {
        try {
            INSIDE = MethodHandles.lookup().findVarHandle(BlockingRace.class, "inside", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final transient Chain chain;
    private final int level;
    private final transient Race<Object> race;
    private final int shape;
    private final transient Object work;
    private final transient @Nullable Object a;
    private final transient @Nullable Object b;
    private final transient @Nullable Frame frame;
    private final transient @Nullable Lease<?> firstLease;
    private final transient Contest<Object> contest;
    private final transient Around.@Nullable Watch watch;
    /** Of the caller's thread, where other threads may need it. */
    private transient ThreadContext.@Nullable Snapshot context;

    /** The deadlines of the caller's thread. */
    private final boolean isLimited;

    private final long until;

    /** What ends the attempt that the caller runs now. */
    private transient volatile @Nullable LaneScope callers;
    /** The attempt that the caller is to run next. */
    private volatile int callersNext = NONE;

    private volatile boolean idle;
    private transient @Nullable Extra @Nullable [] extras;
    private transient volatile Environment.@Nullable Timer timer;
    /** How many extras have not ended, and one for the caller. */
    private volatile int inside = 1;
    /** Complete when all of them have. */
    private transient volatile @Nullable CompletableFuture<@Nullable Object> lastOut;

    private BlockingRace(
            Chain chain,
            int level,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame frame,
            @Nullable Lease<?> lease) {
        this.chain = chain;
        this.level = level;
        this.race = raceAt(chain, level);
        this.shape = shape;
        this.work = work;
        this.a = a;
        this.b = b;
        this.frame = frame;
        this.firstLease = lease;
        this.watch = Frame.watchOf(frame);
        long now = chain.now();
        this.isLimited = Interruptions.isLimited(chain.environment);
        this.until = isLimited ? now + Interruptions.nanosLeft(chain.environment, now) : 0;
        this.contest = new Contest<>(race, chain, this, Frame.callOf(frame), lease, now);
    }

    @SuppressWarnings("unchecked") // A policy in the chain accepts the results of the call.
    private static Race<Object> raceAt(Chain chain, int level) {
        return (Race<Object>) chain.policies[level];
    }

    static @Nullable Object run(
            Chain chain,
            int level,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame frame)
            throws Throwable {
        Race<Object> race = raceAt(chain, level);
        Call call = Frame.callOf(frame);
        Lease<?> lease = race.askTarget(call);
        long headStart = race.askHeadStart(call);
        if (headStart != Race.HOLD) {
            return new BlockingRace(chain, level, shape, work, a, b, frame, lease).race(headStart);
        }
        Object value = null;
        Throwable failure = null;
        try {
            // Nobody calls this attempt off: it is as if there were no race.
            value = lease == null
                    ? BlockingEngine.run(chain, level + 1, shape, work, Lease.argument(null, a), b, frame)
                    : attempt(
                            Lease.inside(chain.rest(level), lease),
                            0,
                            lease,
                            shape,
                            work,
                            a,
                            b,
                            call,
                            Frame.watchOf(frame));
        } catch (Throwable thrown) {
            failure = thrown;
        }
        Ending ending = race.classify(value, failure);
        if (!race.isDecidedBy(ending)) {
            return new BlockingRace(chain, level, shape, work, a, b, frame, lease).goOn(value, failure);
        }
        race.tellEnded(0, ending, -1);
        if (failure != null) {
            throw failure;
        }
        return value;
    }

    /** Runs what is inside of the race once. */
    private static @Nullable Object attempt(
            Chain whole,
            int number,
            @Nullable Lease<?> lease,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Call call,
            Around.@Nullable Watch watch)
            throws Throwable {
        Object first = Lease.argument(lease, a);
        Call own = call == null ? whole.newCall(false, shape, first, b) : call.withLane(number, lease);
        Frame inner = null;
        if (own != null || watch != null || whole.hasGuards || whole.isObserved()) {
            inner = new Frame(whole, own);
            inner.watch = watch;
        }
        return BlockingEngine.run(whole, 0, shape, work, first, b, inner);
    }

    // ---- The caller -----------------------------------------------------------------------------------------------

    private @Nullable Object race(long headStart) throws Throwable {
        context = Carried.capture(chain.environment, chain.name);
        callers = this;
        begin();
        Object value = null;
        Throwable failure = null;
        try {
            if (headStart > 0) {
                Timers.set(this, chain.environment, chain.now(), headStart, race.name());
            } else {
                contest.signal();
            }
            if (contest.stateOf(0) != Lanes.UNDER_WAY) {
                failure = new GivenUp();
            } else {
                value = attempt(
                        Lease.inside(chain.rest(level), firstLease),
                        0,
                        firstLease,
                        shape,
                        work,
                        a,
                        b,
                        Frame.callOf(frame),
                        watch);
            }
        } catch (Throwable thrown) {
            failure = thrown;
        }
        end(failure);
        unschedule();
        if (contest.endedAlone(race.classify(value, failure))) {
            if (failure != null) {
                throw failure;
            }
            return value;
        }
        return goOn(value, failure);
    }

    /** The first attempt has ended, and that has perhaps not decided the race. */
    private @Nullable Object goOn(@Nullable Object firstValue, @Nullable Throwable firstFailure) throws Throwable {
        if (callers == null) {
            context = Carried.capture(chain.environment, chain.name);
        }
        ended(0, firstValue, firstFailure);
        for (int attempt = next(); attempt != NONE; attempt = next()) {
            LaneScope scope = new LaneScope();
            callers = scope;
            scope.begin();
            Object value = null;
            Throwable failure = null;
            try {
                if (contest.stateOf(attempt) != Lanes.UNDER_WAY) {
                    failure = new GivenUp();
                } else {
                    Lease<?> lease = contest.target(attempt);
                    value = attempt(
                            Lease.inside(chain.rest(level), lease),
                            attempt,
                            lease,
                            shape,
                            work,
                            a,
                            b,
                            Frame.callOf(frame),
                            watch);
                }
            } catch (Throwable thrown) {
                failure = thrown;
            }
            scope.end(failure);
            ended(attempt, value, failure);
        }
        return outcome();
    }

    private void ended(int attempt, @Nullable Object value, @Nullable Throwable failure) throws Throwable {
        if (failure != null && isGivenUp() && contest.abandon()) {
            leaves();
            throw failure;
        }
        idle = true;
        contest.ended(attempt, value, failure);
    }

    /** Whether the call as a whole is over: then an attempt's failure is nothing to try again for. */
    private boolean isGivenUp() {
        for (Interruption each = Interruptions.innermost(); each != null; each = each.outer) {
            if (each.hasEndedWork()) {
                return true;
            }
        }
        return false;
    }

    /** Waits for an attempt to run; {@link #NONE} when the race is decided. */
    private int next() throws Throwable {
        Throwable broken = null;
        try {
            BlockingWait.until(race, () -> callersNext != NONE || contest.isDecided(), nanosLeft());
            if (callersNext != NONE && Thread.interrupted()) {
                broken = new InterruptedException();
            } else if (!contest.isDecided() && (callersNext == NONE || isGivenUp())) {
                broken = new GivenUp();
            }
        } catch (Throwable thrown) {
            broken = thrown;
        }
        if (broken != null && contest.abandon()) {
            leaves();
            throw Failures.cutShort(race, broken, contest.lastFailure());
        }
        if (broken instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        int attempt = contest.isDecided() ? NONE : callersNext;
        callersNext = NONE;
        return attempt;
    }

    private long nanosLeft() {
        return Interruptions.isLimited(chain.environment)
                ? Interruptions.nanosLeft(chain.environment, chain.now())
                : Loop.NO_LIMIT;
    }

    private @Nullable Object outcome() throws Throwable {
        leaves();
        Outcome<Object> outcome = contest.settle();
        Throwable failure = outcome.thrown();
        if (failure != null) {
            Traces.show(failure);
            throw failure;
        }
        return outcome.value();
    }

    /** The caller goes on; attempts that have not ended keep gates outside that hold until the work ends. */
    private void leaves() {
        Timers.cancel(timer);
        if (inside > 1 && frame != null) {
            CompletableFuture<@Nullable Object> last = new CompletableFuture<>();
            lastOut = last;
            frame.attemptsEndAt(last);
        }
        goesOut();
    }

    private void goesOut() {
        CompletableFuture<@Nullable Object> last = (int) INSIDE.getAndAdd(this, -1) == 1 ? lastOut : null;
        if (last != null) {
            // Gates are left there, and tell their listeners.
            HandOver.aside(chain.environment, () -> Carried.within(context, chain.name, () -> last.complete(null)));
        }
    }

    // ---- What the contest asks for --------------------------------------------------------------------------------

    /** The head start is over. */
    @Override
    void fire() {
        if (isWaiting()) {
            HandOver.to(chain.environment, this::look);
        }
    }

    private void look() {
        Carried.within(context, chain.name, contest::signal);
    }

    @Override
    public boolean prepare(int attempt, @Nullable Lease<?> lease) {
        if (idle) {
            return true;
        }
        Extra[] all = extras == null ? new Extra[race.attempts()] : extras;
        all[attempt] = new Extra(attempt, Lease.inside(chain.rest(level), lease), lease);
        extras = all;
        INSIDE.getAndAdd(this, 1);
        return false;
    }

    @Override
    public void dismiss(int attempt) {
        if (!idle) {
            goesOut();
        }
    }

    @Override
    public void wake(int attempt) {
        idle = false;
        callersNext = attempt;
        chain.environment.wake(thread);
    }

    @Override
    public void start(int attempt) {
        extra(attempt).start();
    }

    private Extra extra(int attempt) {
        return Require.nonNull(Require.nonNull(extras, "extras")[attempt], "extra");
    }

    @Override
    public void askIn(long nanos) {
        Timers.cancel(timer);
        Environment.Timer set =
                Timers.set(chain.environment, () -> HandOver.to(chain.environment, this::look), nanos, race.name());
        timer = set;
        if (!contest.isOpen()) {
            Timers.cancel(set);
        }
    }

    @Override
    public void callOff(int attempts) {
        for (int attempt = 0; attempt < Lanes.MOST; attempt++) {
            if ((attempts >>> attempt & 1) != 0) {
                Extra extra = extras == null || attempt >= extras.length ? null : extras[attempt];
                LaneScope scope = callers;
                if (extra != null) {
                    extra.callOff();
                } else if (scope != null) {
                    scope.callOff();
                }
            }
        }
    }

    @Override
    public void over() {
        if (idle) {
            chain.environment.wake(thread);
        }
    }

    /** An attempt on a thread of the executor's. */
    private final class Extra extends Delivery {
        private static final long serialVersionUID = 1L;

        private final int number;
        private final transient Chain whole;
        private final transient @Nullable Lease<?> lease;
        private transient Environment.Errand errand = Environment.Errand.UNNOTICED;
        private transient volatile @Nullable LaneScope running;

        Extra(int number, Chain whole, @Nullable Lease<?> lease) {
            this.number = number;
            this.whole = whole;
            this.lease = lease;
        }

        void start() {
            try {
                errand = chain.environment.errand();
                send(Require.nonNull(race.executor(), "executor"), errand);
            } catch (Throwable thrown) {
                // What it throws after it has run the attempt is too late to matter.
                if (take()) {
                    refused(thrown);
                }
            }
        }

        private void refused(Throwable why) {
            errand.ended();
            contest.notStarted(number, why);
            goesOut();
        }

        @Override
        void lost() {
            refused(new RejectedExecutionException("the executor has lost the task"));
        }

        @Override
        void arrived() {
            LaneScope scope = isLimited ? new LaneScope(chain.environment, until) : new LaneScope();
            scope.begin();
            running = scope;
            if (contest.stateOf(number) != Lanes.UNDER_WAY) {
                scope.callOff();
            }
            errand.begins();
            UnavailableException broken = Carried.tryWithin(context, chain.name, () -> run(scope));
            if (broken != null) {
                scope.end(broken);
                contest.ended(number, null, broken);
            }
            errand.ended();
            goesOut();
        }

        private void run(LaneScope scope) {
            Object value = null;
            Throwable failure = null;
            try {
                Call call = contest.call();
                value = Around.withinAll(watch, () -> attempt(whole, number, lease, shape, work, a, b, call, watch));
            } catch (Throwable thrown) {
                failure = thrown;
            }
            scope.end(failure);
            contest.ended(number, value, failure);
        }

        void callOff() {
            if (take()) {
                errand.ended();
                goesOut();
                return;
            }
            LaneScope scope = running;
            if (scope != null) {
                scope.callOff();
            }
        }
    }
}

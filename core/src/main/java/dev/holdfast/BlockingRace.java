// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The race of a blocking call. Its caller's thread runs attempts as well: the first, and every other that starts while it has nothing
 * to do. While the first attempt is alone, there is a {@link HeadStart} in its place.
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
 * <p>Where the race leaves the caller's thread alone, that is IDLE from the beginning, and all attempts are extras.
 *
 * <p>Longer than most files: the caller's side and what the contest asks for are one state machine.
 */
final class BlockingRace implements Contest.Track {
    private static final int NONE = -1;

    final Chain chain;
    private final int level;
    private final Race<Object> race;
    private final int shape;
    private final Object work;
    private final @Nullable Object a;
    private final @Nullable Object b;
    private final @Nullable Frame frame;
    final Contest<Object> contest;
    private final Around.@Nullable Watch watch;
    /** The caller's. */
    private final Thread thread;
    /** What is bound to the caller's thread. */
    private final ThreadContext.@Nullable Snapshot context;

    /** The deadlines of the caller's thread. */
    private final boolean isLimited;

    private final long until;
    /** When the caller has no more time, also where nothing but what he has said ends the call; {@link Loop#NO_LIMIT} if never. */
    private final long ends;

    /** What ends the attempt that the caller runs now. */
    private volatile @Nullable LaneScope callers;
    /** What the caller's own attempts have failed with last. */
    private @Nullable Throwable lastFailure;

    /** The attempt that the caller is to run next. */
    private volatile int callersNext = NONE;

    /** Whether the caller's thread runs attempts: known before the first is started. */
    private boolean usesCaller = true;

    private volatile boolean idle;
    private @Nullable ExtraAttempt @Nullable [] extras;
    private volatile Environment.@Nullable Timer timer;
    /** The interruption around the race on the caller's thread. */
    private final @Nullable Interruption around;

    private volatile @Nullable AbandonHooks hooks;

    /** Of the first attempt that has been alone so far, which runs under that scope, or has ended. */
    BlockingRace(HeadStart first) {
        this.chain = first.chain;
        this.level = first.level;
        this.race = raceAt(chain, level);
        this.shape = first.shape;
        this.work = Work.OfAttempt.callsWork(first.work, race);
        this.a = first.a;
        this.b = first.b;
        this.frame = first.frame;
        this.watch = Frame.watchOf(frame);
        this.thread = first.thread;
        this.context = first.context;
        this.around = first.around();
        this.callers = first;
        Environment environment = chain.environment;
        long start = first.start;
        long enforced = Interruptions.enforcedNanosLeft(around, environment, start);
        this.isLimited = enforced != Loop.NO_LIMIT;
        this.until = isLimited ? start + enforced : 0;
        long left = Interruptions.nanosLeft(around, environment, start);
        this.ends = left == Loop.NO_LIMIT ? Loop.NO_LIMIT : start + left;
        this.contest = new Contest<>(race, chain, this, Frame.callOf(frame), first.lease, start, first.measures);
        contest.rememberWork(0, first.work);
    }

    @SuppressWarnings("unchecked") // A policy in the chain accepts the results of the call.
    static Race<Object> raceAt(Chain chain, int level) {
        return (Race<Object>) chain.policies[level];
    }

    // ---- The caller -----------------------------------------------------------------------------------------------

    /** The first attempt has ended, which is perhaps the only one. */
    @Nullable Object firstEnded(Ending ending, @Nullable Object value, @Nullable Throwable failure) throws Throwable {
        if (contest.endedAlone(ending)) {
            Timers.cancel(timer);
            endHooks();
            if (failure != null) {
                throw failure;
            }
            return value;
        }
        ended(0, ending, value, failure);
        for (int attempt = next(); attempt != NONE; attempt = next()) {
            LaneScope scope = new LaneScope();
            callers = scope;
            scope.begin();
            Object result = null;
            Throwable thrown = null;
            try {
                result = onCaller(attempt);
            } catch (Throwable cause) {
                thrown = cause;
            }
            scope.end(thrown);
            ended(attempt, race.classify(chain.rules, result, thrown), result, thrown);
        }
        return outcome();
    }

    /** The caller runs no attempt, and waits for what comes of them. */
    @Nullable Object runElsewhere(long headStart) throws Throwable {
        usesCaller = false;
        prepare(0, contest.target(0));
        try {
            if (headStart > 0 && headStart < nanosLeft(chain.now())) {
                askIn(headStart);
            }
        } catch (Throwable noTimer) {
            // Before any work has begun.
            dismiss(0);
            contest.abandon();
            leaves();
            throw noTimer;
        }
        start(0);
        if (headStart == 0) {
            contest.signal();
        }
        idle = true;
        next();
        return outcome();
    }

    private @Nullable Object onCaller(int attempt) throws Throwable {
        if (!isWanted(attempt)) {
            throw new GivenUp();
        }
        Lease<?> lease = contest.target(attempt);
        Chain whole = Lease.inside(chain.rest(level), lease);
        Object own = contest.workOf(attempt, work, lease, whole);
        Frame inner = BlockingRaces.frameOf(whole, attempt, lease, shape, own, a, b, Frame.callOf(frame), watch);
        try {
            return BlockingRaces.attempt(chain, level, whole, lease, shape, own, a, b, inner);
        } finally {
            if (frame != null) {
                frame.attemptsEndAs(inner);
            }
        }
    }

    /** Whether an attempt that was started is to be begun with: it may have been called off, or be too late. */
    boolean isWanted(int attempt) {
        return contest.stateOf(attempt) == Lanes.UNDER_WAY
                && (contest.isOpen() || !race.askCallsOff())
                && (attempt == 0 || !contest.isCommitted());
    }

    private void ended(int attempt, Ending ending, @Nullable Object value, @Nullable Throwable failure)
            throws Throwable {
        lastFailure = failure == null ? lastFailure : failure;
        if (failure != null && isGivenUp() && contest.abandon()) {
            leaves();
            throw failure;
        }
        idle = true;
        contest.ended(attempt, ending, value, failure);
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
        int undelivered = usesCaller && callersNext == NONE && contest.isOpen() ? undelivered() : NONE;
        if (undelivered != NONE) {
            idle = false;
            return undelivered;
        }
        Throwable broken = null;
        try {
            BlockingWait.until(race, () -> callersNext != NONE || !contest.isOpen(), enforcedNanosLeft());
            if (callersNext != NONE && Thread.interrupted()) {
                broken = new InterruptedException();
            } else if (!contest.isDecided() && (callersNext == NONE || isGivenUp())) {
                broken = Thread.interrupted() ? new InterruptedException() : new GivenUp();
            }
        } catch (Throwable thrown) {
            broken = thrown;
        }
        if (broken != null) {
            contest.abandon();
        }
        if (!contest.isOpen() && !contest.isDecided()) {
            leaves();
            throw Failures.cutShort(race, broken == null ? new GivenUp() : broken, lastFailure);
        }
        if (broken instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        int attempt = contest.isDecided() ? NONE : callersNext;
        callersNext = NONE;
        return attempt;
    }

    /** An attempt that waits for a thread where the caller has one. */
    private int undelivered() {
        for (int attempt = 1; extras != null && attempt < extras.length; attempt++) {
            ExtraAttempt extra = extras[attempt];
            if (extra != null && extra.comesBack()) {
                return attempt;
            }
        }
        return NONE;
    }

    /** What only says how much time there is, and ends nothing, does not end the wait for attempts that are under way. */
    private long enforcedNanosLeft() {
        return isLimited ? Math.max(0, until - chain.now()) : Loop.NO_LIMIT;
    }

    private @Nullable Object outcome() throws Throwable {
        leaves();
        Outcome<Object> outcome = contest.settle();
        Throwable failure = outcome.thrown();
        if (failure != null) {
            Traces.show(failure);
            throw failure;
        }
        return Work.resultOf(shape, outcome.value());
    }

    /** The caller goes on; attempts that have not ended keep gates outside that hold until the work ends. */
    private void leaves() {
        Timers.cancel(timer);
        endHooks();
        CompletableFuture<@Nullable Object> last = contest.callGoesOut();
        if (last != null && frame != null) {
            frame.attemptsEndAt(last);
        }
    }

    private void endHooks() {
        AbandonHooks found = hooks;
        if (found != null) {
            found.end();
        }
    }

    /** An attempt on another thread has ended, but perhaps not all that races inside of it have called off. */
    void goesOut(@Nullable Frame inner) {
        CompletionStage<Void> later = inner == null ? null : inner.attemptsEnd();
        if (later == null) {
            contest.goesOut();
        } else {
            later.thenRun(contest::goesOut);
        }
    }

    // ---- What the contest asks for --------------------------------------------------------------------------------

    /** Asks what comes next, on another thread than the caller's. */
    private void look() {
        Carried.within(context, chain.name, contest::signal);
    }

    @Override
    public boolean prepare(int attempt, @Nullable Lease<?> lease) {
        if (idle && usesCaller) {
            return true;
        }
        ExtraAttempt[] all = extras == null ? new ExtraAttempt[contest.most()] : extras;
        if (hooks == null) {
            watchOuter();
        }
        all[attempt] = new ExtraAttempt(this, attempt, Lease.inside(chain.rest(level), lease), lease);
        extras = all;
        contest.goesIn();
        return false;
    }

    /**
     * The caller's thread may be busy with work that is deaf to interrupts: attempts on other threads are called off when a deadline
     * around the race has passed, and not only when that work returns.
     */
    private void watchOuter() {
        AbandonHooks fresh = AbandonHooks.ofRace(chain, around);
        hooks = fresh;
        fresh.add(() -> {
            if (contest.abandon()) {
                chain.environment.wake(thread);
            }
        });
    }

    @Override
    public void dismiss(int attempt) {
        if (extras != null && extras[attempt] != null) {
            contest.goesOut();
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

    private ExtraAttempt extra(int attempt) {
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
                ExtraAttempt extra = extras == null || attempt >= extras.length ? null : extras[attempt];
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
    public long nanosLeft(long now) {
        return ends == Loop.NO_LIMIT ? Loop.NO_LIMIT : Math.max(0, ends - now);
    }

    @Override
    public void over() {
        if (idle) {
            chain.environment.wake(thread);
        }
    }

    @Override
    public void aside(Runnable task) {
        HandOver.aside(chain.environment, () -> Carried.within(context, chain.name, task));
    }

    // ---- For extras -----------------------------------------------------------------------------------------------

    Executor executor() {
        return Require.nonNull(race.executor(), "executor");
    }

    /** What ends an attempt on the current thread. */
    LaneScope newScope() {
        return new LaneScope(isLimited ? chain.environment : null, until);
    }

    /** Does something with what is bound to the caller's thread; gives why not, if that is not to be had. */
    @Nullable UnavailableException tryWithin(Runnable task) {
        return Carried.tryWithin(context, chain.name, task);
    }

    @Nullable Frame newFrame(Chain whole, int number, @Nullable Lease<?> lease) {
        return BlockingRaces.frameOf(whole, number, lease, shape, work, a, b, contest.call(), watch);
    }

    @Nullable Object attempt(int number, Chain whole, @Nullable Lease<?> lease, @Nullable Frame inner) throws Throwable {
        Object own = contest.workOf(number, work, lease, whole);
        return Around.withinAll(
                watch, () -> BlockingRaces.attempt(chain, level, whole, lease, shape, own, a, b, inner));
    }

    /**
     * An attempt was interrupted. If it ran on the caller's own thread, because its executor runs tasks where they are handed over, that was the
     * caller's interrupt, and is left for it.
     */
    boolean givesCallerItsInterrupt() {
        if (Thread.currentThread() != thread) {
            return false;
        }
        thread.interrupt();
        return true;
    }

    /** Whether the time of the call is over. */
    boolean isOver() {
        long now = isLimited ? Gate.readingOrNone(chain.environment) : Gate.NO_TIME;
        return now != Gate.NO_TIME && now - until >= 0;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The race of an asynchronous call, which waits for it. Each attempt is a call of its own through what is inside of the race, with
 * its own stamps and deadlines.
 *
 * <pre>
 *   the call      waits ── decided ──────────────────▶ goes on with the outcome
 *                   └───── a deadline, a cancellation ▶ all attempts are cancelled
 *
 *   an attempt    started ── its call has ended ──▶ ended, or late ── its work has ended ──▶ out
 * </pre>
 */
final class AsyncRace extends AsyncWait implements Contest.Track {
    private final Chain chain;
    private final Chain rest;
    private final Race<Object> race;
    /** {@code null} when the race is over: attempts that go on may keep it for long. */
    private volatile @Nullable AsyncEngine<?> outer;

    private volatile Subscription closing = Closing.NEVER;
    private final @Nullable Lease<?> firstLease;
    private final long headStart;
    private final Contest<Object> contest;
    private final ThreadContext.@Nullable Snapshot context;
    private final @Nullable Call call;
    /** The deadlines of the call, by the clock. */
    private final boolean isLimited;

    private final long until;

    private @Nullable AsyncEngine<?> @Nullable [] lanes;
    /** Whether there is nothing around attempts, so that one that is over at once needs no call of its own. */
    private final boolean isBare;
    /** Which attempts have none: a bit for each. */
    private int bare;

    private volatile Environment.@Nullable Timer timer;
    /** Of the head start: when it fires, the other may be set before this one is known. */
    private volatile Environment.@Nullable Timer head;
    /** The caller's thread, while it starts the attempts that start at once. */
    private volatile @Nullable Thread startsOn;
    /** For that thread: a bit for each attempt that it is going to start. */
    private int toStart;
    /** How attempts that are under way are cancelled. */
    private volatile boolean interrupts = true;

    @SuppressWarnings("unchecked") // A policy in the chain accepts the results of the call.
    AsyncRace(AsyncEngine<?> engine, int level) {
        super(engine);
        this.outer = engine;
        this.chain = engine.chain;
        this.rest = chain.rest(level);
        this.race = (Race<Object>) chain.policies[level];
        this.call = engine.call;
        this.context = engine.context();
        this.firstLease = race.askTarget(call, engine.a);
        long now = chain.now();
        this.isLimited = engine.isLimited(chain.environment);
        this.until = isLimited ? now + engine.nanosLeft(chain.environment, now) : 0;
        long alone = race.askHeadStart(call);
        this.headStart = alone < nanosLeft(now) ? alone : Race.HOLD;
        this.contest = new Contest<>(race, chain, this, call, firstLease, now, alone != Race.HOLD);
        this.isBare = rest.policies.length == 0
                && call == null
                && context == null
                && engine.watch == null
                && !engine.inherits()
                && !Work.wantsCall(engine.shape);
    }

    // ---- As a wait of the call ------------------------------------------------------------------------------------

    @Override
    void setUp(AsyncEngine<?> of) {
        if (headStart == 0) {
            startsOn = Thread.currentThread();
        }
        prepare(0, firstLease);
        Environment environment = chain.environment;
        Subscription subscribed = environment.onClose(() -> HandOver.to(environment, this::look));
        closing = subscribed;
        if (!contest.isOpen()) {
            subscribed.cancel();
        }
        if (headStart != Race.HOLD && headStart > 0) {
            try {
                head = lookIn(headStart);
            } catch (Throwable thrown) {
                dismiss(0);
                throw thrown;
            }
            if (!contest.isOpen()) {
                Timers.cancel(head);
            }
        }
        if (headStart != 0) {
            begin(0);
            return;
        }
        begin(0);
        contest.signal();
        startAll();
        startsOn = null;
        if (contest.isOpen()) {
            // Only now is it known whether the next look is needed.
            contest.signal();
        }
    }

    /** Those that start at once are started one after the other, in their order, also where one has ended at once and others follow it. */
    private void startAll() {
        while (toStart != 0) {
            int attempt = Integer.numberOfTrailingZeros(toStart);
            toStart &= toStart - 1;
            begin(attempt);
        }
    }

    private void begin(int attempt) {
        if ((bare >>> attempt & 1) != 0) {
            beginBare(attempt);
            return;
        }
        AsyncEngine<?> lane = lane(attempt);
        if (attempt > 0 && contest.isCommitted()) {
            contest.goesOut();
            contest.notStarted(attempt, new GivenUp());
            return;
        }
        if (contest.stateOf(attempt) != Lanes.UNDER_WAY) {
            // Called off before it has begun.
            if (attempt > 0) {
                contest.neverStarts(attempt);
            }
            lane.cancel(interrupts);
        }
        lane.drive();
    }

    /** An attempt on the caller's thread, which gets a call of its own only if it is not over at once. */
    private void beginBare(int attempt) {
        AsyncEngine<?> of = outer;
        Object work = of == null ? null : of.work;
        if (of == null || work == null || contest.stateOf(attempt) != Lanes.UNDER_WAY) {
            // Called off before it has begun.
            contest.goesOut();
            if (attempt > 0) {
                contest.neverStarts(attempt);
            }
            return;
        }
        Lease<?> lease = contest.target(attempt);
        Object own = contest.workOf(attempt, work, lease, rest);
        CompletionStage<?> stage;
        try {
            Object begun = NotedWork.begins(own);
            stage = (CompletionStage<?>) Work.run(of.shape, begun, Lease.argument(lease, of.a, rest, 0), of.b, null);
        } catch (Throwable thrown) {
            ended(attempt, null, thrown, null);
            return;
        }
        if (stage != null && CompletedCall.isSuccess(stage)) {
            ended(attempt, Work.resultOf(of.shape, ((CompletableFuture<?>) stage).join()), null, null);
            return;
        }
        AsyncEngine<?> lane = of.lane(own, rest, this, attempt, lease);
        lanes()[attempt] = lane;
        // Who calls it off either finds it there, or has said so before.
        VarHandle.fullFence();
        if (contest.stateOf(attempt) != Lanes.UNDER_WAY) {
            lane.cancel(interrupts);
        }
        lane.awaits(stage);
    }

    @Override
    boolean isOnOwnThread() {
        return false;
    }

    @Override
    void takeOver(AsyncEngine<?> of) {
        cancelTimers();
        Outcome<Object> outcome = contest.settle();
        CompletableFuture<@Nullable Object> last = goesOn();
        if (last != null) {
            of.gates.attemptsEndAt(last);
        }
        Throwable failure = outcome.thrown();
        of.ended(failure == null ? Work.resultOf(of.shape, outcome.value()) : null, failure);
    }

    @Override
    void undo(AsyncEngine<?> of, boolean mayInterrupt) {
        interrupts = mayInterrupt;
        if (!contest.abandon()) {
            // It was decided, and what came of it comes too late.
            contest.abandonDecided();
        }
        // Only now: the contest sets no further one.
        cancelTimers();
        CompletableFuture<@Nullable Object> last = goesOn();
        AsyncStages.workAbandoned(of, last == null ? null : last.thenRun(AsyncRace::givenUp), null);
    }

    /** Gates around the race that hold until its attempts have ended count what the call came to, and no success. */
    private static void givenUp() {
        throw new GivenUp();
    }

    private void cancelTimers() {
        Timers.cancel(timer);
        Timers.cancel(head);
    }

    /** Attempts that are not out keep gates around the race that hold until the work ends. */
    private @Nullable CompletableFuture<@Nullable Object> goesOn() {
        outer = null;
        closing.cancel();
        return contest.callGoesOut();
    }

    // ---- What the contest asks for --------------------------------------------------------------------------------

    @Override
    public boolean prepare(int attempt, @Nullable Lease<?> lease) {
        AsyncEngine<?> of = outer;
        if (of != null && contest.isOpen()) {
            Object work = of.work;
            if (work == null) {
                // The call has ended meanwhile, and its race is about to.
                throw new GivenUp();
            }
            Chain whole = Lease.inside(rest, lease);
            if (isBare && whole == rest && startsOn == Thread.currentThread()) {
                bare |= 1 << attempt;
            } else {
                Object own = contest.workOf(attempt, work, lease, whole);
                lanes()[attempt] = of.lane(own, whole, this, attempt, lease);
            }
            contest.goesIn();
        }
        return false;
    }

    @Override
    public void dismiss(int attempt) {
        if ((bare >>> attempt & 1) != 0 || (lanes != null && lanes[attempt] != null)) {
            contest.goesOut();
        }
    }

    private @Nullable AsyncEngine<?>[] lanes() {
        AsyncEngine<?>[] all = lanes;
        if (all == null) {
            lanes = all = new AsyncEngine<?>[contest.most()];
        }
        return all;
    }

    @Override
    public void wake(int attempt) {
        throw new AssertionError("no thread waits for the race");
    }

    private AsyncEngine<?> lane(int attempt) {
        return Require.nonNull(Require.nonNull(lanes, "lanes")[attempt], "lane");
    }

    @Override
    public void start(int attempt) {
        if (startsOn == Thread.currentThread()) {
            toStart |= 1 << attempt;
            return;
        }
        AsyncEngine<?> lane = lane(attempt);
        aside(() -> {
            lane.isOnOwnThread(true);
            begin(attempt);
        });
    }

    @Override
    public void askIn(long nanos) {
        if (startsOn == Thread.currentThread()) {
            return;
        }
        Timers.cancel(timer);
        Environment.Timer set = lookIn(nanos);
        timer = set;
        if (!contest.isOpen()) {
            Timers.cancel(set);
        }
    }

    private Environment.Timer lookIn(long nanos) {
        return Timers.set(chain.environment, () -> HandOver.to(chain.environment, this::look), nanos, race.name());
    }

    private void look() {
        Carried.within(context, chain.name, contest::signal);
    }

    /** What hangs on the stages that are cancelled may take long, and must not delay what has been decided. */
    @Override
    public void callOff(int attempts) {
        aside(() -> {
            for (int attempt = 0; attempt < Lanes.MOST; attempt++) {
                AsyncEngine<?> lane = (attempts >>> attempt & 1) == 0 || lanes == null ? null : lanes[attempt];
                if (lane != null) {
                    lane.cancel(interrupts);
                }
            }
        });
    }

    @Override
    public void over() {
        if (isStartingHere()) {
            run();
            return;
        }
        if (!Nesting.enter()) {
            handOver();
            return;
        }
        try {
            run();
        } finally {
            Nesting.exit();
        }
    }

    @Override
    public void aside(Runnable task) {
        HandOver.away(chain.environment, () -> Carried.within(context, chain.name, task));
    }

    // ---- What attempts tell ---------------------------------------------------------------------------------------

    /** The call that is an attempt has ended; {@code stillRuns} is work of its that has not. */
    void ended(
            int attempt, @Nullable Object value, @Nullable Throwable failure, @Nullable CompletionStage<?> stillRuns) {
        Ending ending = race.classify(chain.rules, value, failure);
        if (ending != Ending.SUCCESS && contest.rollback(attempt) instanceof Rollback.AsyncAttempt<?> rollback) {
            rollback.start(failure, task -> Carried.within(context, chain.name, task))
                    .whenComplete((done, broken) -> {
                        Throwable instead = broken == null ? failure : broken;
                        ended(attempt, broken == null ? ending : Ending.IGNORED, value, instead, stillRuns);
                    });
        } else {
            ended(attempt, ending, value, failure, stillRuns);
        }
    }

    private void ended(
            int attempt,
            Ending ending,
            @Nullable Object value,
            @Nullable Throwable failure,
            @Nullable CompletionStage<?> stillRuns) {
        if (stillRuns == null) {
            // First: where the race is decided by this, its call waits for nobody.
            contest.goesOut();
            contest.ended(attempt, ending, value, failure);
            return;
        }
        contest.ended(attempt, ending, value, failure);
        try {
            stillRuns.whenComplete((result, thrown) -> contest.goesOut());
        } catch (Throwable cannotKnow) {
            contest.goesOut();
        }
    }

    boolean isLimited() {
        return isLimited;
    }

    @Override
    public long nanosLeft(long now) {
        return isLimited ? Math.max(0, until - now) : Loop.NO_LIMIT;
    }
}

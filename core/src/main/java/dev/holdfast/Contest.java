// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The race of one call: asks the {@link Race} what comes next, once at a time, and keeps what has come of each attempt. Both engines
 * use it; how an attempt is run and called off is up to their {@link Track}.
 *
 * <p>Whoever brings news raises {@link #signals}. Who raises it from zero asks, and goes on to ask until no news has come meanwhile;
 * nobody waits for him. What he is told to start he starts only then, because an executor may run it inside of {@code execute}.
 *
 * <p>Longer than most files: what asks, what decides and what is called off are one machine.
 *
 * @param <R> the results
 */
final class Contest<R extends @Nullable Object> extends Runs<R> {
    private static final long serialVersionUID = 1L;
    private static final VarHandle SIGNALS;
    private static final VarHandle INSIDE;

    /** {@link #next}: nothing to do for now. */
    private static final int NOTHING = -1;
    /** {@link #next}: the race is over. */
    private static final int DECIDE = -2;
    /** {@link #next}: where the number of an attempt is, and that the waiting thread has got it. */
    private static final int LANES = 0xF;

    private static final int WOKEN = 0x10;

    static {
        try {
            SIGNALS = MethodHandles.lookup().findVarHandle(Contest.class, "signals", int.class);
            INSIDE = MethodHandles.lookup().findVarHandle(Contest.class, "inside", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    /** How an engine runs the attempts of a race. */
    interface Track {
        /**
         * The next attempt is going to start.
         *
         * @return whether the thread that waits for the race takes it, and is then told by {@link #wake}
         */
        boolean prepare(int attempt, @Nullable Lease<?> lease);

        /** The attempt that was prepared is the waiting thread's. */
        void wake(int attempt);

        /** The attempt that was prepared does not start: the race is over. */
        void dismiss(int attempt);

        /** Starts an attempt that was prepared, on another thread. */
        void start(int attempt);

        /** Asks {@link Contest#signal} for another look after a time, and forgets what was asked for before. */
        void askIn(long nanos);

        /** Ends these attempts, of which there is a bit each. */
        void callOff(int attempts);

        /** The race is decided. */
        void over();

        /** How long the call may still take, or {@link Loop#NO_LIMIT}. */
        long nanosLeft(long now);

        /** Does what may take long, as with what is bound to the caller's thread, but on another one. */
        void aside(Runnable task);
    }

    private final transient Race<R> race;
    private final transient Chain chain;
    private final transient Track track;
    /** Whether it is of use how long the first attempt takes. */
    private final boolean measures;

    private volatile int signals;
    /** Whose outcome is the caller's, or -1. */
    private int winner = -1;

    private transient volatile @Nullable Throwable refused;
    /** How many attempts have not ended with all that they have begun, and one for the call. */
    private volatile int inside = 1;
    /** Complete when none is inside any more. */
    private transient volatile @Nullable CompletableFuture<@Nullable Object> lastOut;

    Contest(
            Race<R> race,
            Chain chain,
            Track track,
            @Nullable Call call,
            @Nullable Lease<?> lease,
            long now,
            boolean measures) {
        super(Require.range(race.attempts(), 1, MOST, "attempts"), call, lease, now);
        this.race = race;
        this.chain = chain;
        this.track = track;
        this.measures = measures;
    }

    // ---- What attempts run ----------------------------------------------------------------------------------------

    /** What an attempt is to run through all of its policies. */
    Object workOf(int attempt, Object work, @Nullable Lease<?> lease, Chain whole) {
        return rememberWork(attempt, Work.OfAttempt.of(work, race, lease, whole));
    }

    Object rememberWork(int attempt, Object own) {
        if (own instanceof Work.OfAttempt of) {
            keepWork(attempt, of);
        }
        return own;
    }

    /** How an attempt is rolled back, where the call says how. */
    @Nullable Rollback rollback(int attempt) {
        return work(attempt) instanceof Rollback rollback && rollback.isOf(race) ? rollback : null;
    }

    private void rollBackLate(int attempt) {
        Rollback rollback = rollback(attempt);
        if (rollback != null && race.askFirstSuccessWins()) {
            rollback.late(track);
        }
    }

    // ---- News -----------------------------------------------------------------------------------------------------

    /** There may be something to do: asks, unless somebody is asking. */
    void signal() {
        if ((int) SIGNALS.getAndAdd(this, 1) != 0) {
            return;
        }
        int begun = 0;
        int toStart = 0;
        boolean decided = false;
        int seen;
        do {
            seen = signals;
            while (isOpen() && !decided) {
                int next = askSafely();
                if (next < 0) {
                    decided = next == DECIDE && decide();
                    break;
                }
                begun |= 1 << (next & LANES);
                toStart |= next == (next & LANES) ? 1 << next : 0;
            }
        } while ((int) SIGNALS.getAndAdd(this, -seen) != seen);
        if (decided) {
            tellDecided();
        }
        tellBegun(begun);
        // Also when it is decided: an attempt that is called off before it has started has to find out.
        for (int attempt = 1; attempt < started(); attempt++) {
            if ((toStart >>> attempt & 1) != 0) {
                track.start(attempt);
            }
        }
    }

    /** Only now: a listener that takes long holds up no news. */
    private void tellBegun(int begun) {
        for (int attempt = 1; attempt < started(); attempt++) {
            if ((begun >>> attempt & 1) != 0) {
                race.tellStarted(call(), attempt);
            }
        }
    }

    /** What the race's own code throws must not keep those waiting who wait for the race. */
    private int askSafely() {
        try {
            return next();
        } catch (Throwable thrown) {
            race.ruleThrew(thrown, "no attempt is started now");
            return count(UNDER_WAY) == 0 ? DECIDE : NOTHING;
        }
    }

    /** Asks once: the number of an attempt that has begun, or what else. It is to be started by whoever asks, unless it is {@link #WOKEN}. */
    private int next() {
        winner = decidedBy();
        if (winner >= 0) {
            return DECIDE;
        }
        boolean idle = count(UNDER_WAY) == 0;
        long answer = ask();
        if (answer == Race.START && canStart()) {
            return begin();
        }
        if (answer == Race.OVER && !idle && lastEnded() < 0 && notStarted() == 0) {
            throw new IllegalStateException(race + ": next: OVER (expected: not before an attempt has ended)");
        }
        if (chain.environment.isClosed()) {
            return idle ? DECIDE : NOTHING;
        }
        boolean waits = answer > Race.START && answer != Race.HOLD;
        if (answer == Race.OVER || (idle && !waits)) {
            return DECIDE;
        }
        if (waits) {
            track.askIn(answer);
        }
        return NOTHING;
    }

    @Override
    public boolean canStart() {
        return started() < most() && !isCommitted() && !chain.environment.isClosed();
    }

    @Override
    public long nanosLeft(long now) {
        return track.nanosLeft(now);
    }

    @Override
    public void later(Runnable task) {
        Require.nonNull(task, "task");
        track.aside(() -> {
            try {
                task.run();
            } catch (Throwable thrown) {
                race.ruleThrew(thrown, "the call has its outcome");
            }
        });
    }

    /** Whether no further attempt may begin its work. */
    boolean isCommitted() {
        Call call = call();
        return call != null && call.isCommitted();
    }

    /** The attempt that has decided the race by its end, or -1. */
    private int decidedBy() {
        int ignored = first(IGNORED);
        return ignored >= 0 ? ignored : race.askFirstSuccessWins() ? first(SUCCESS) : -1;
    }

    /** Whose outcome is the caller's, or -1: also where one has succeeded after the race was asked, and before it was closed. */
    private int won() {
        return winner < 0 && race.askFirstSuccessWins() ? first(SUCCESS) : winner;
    }

    private long ask() {
        long now = chain.now();
        long answer = race.next(this, now);
        if (answer < Race.OVER) {
            throw new IllegalStateException(
                    race + ": next: " + answer + " (expected: nanoseconds from 0 up, START, HOLD or OVER)");
        }
        return answer != Race.OVER && answer >= track.nanosLeft(now) ? Race.HOLD : answer;
    }

    private int begin() {
        int attempt = started();
        Lease<?> lease = add(attempt, chain.now());
        boolean forWaiting;
        try {
            forWaiting = track.prepare(attempt, lease);
        } catch (Throwable thrown) {
            race.tellNotStarted(this, attempt, false);
            if (thrown instanceof GivenUp) {
                return NOTHING;
            }
            throw thrown;
        }
        if (!start(attempt)) {
            track.dismiss(attempt);
            race.tellNotStarted(this, attempt, false);
            return NOTHING;
        }
        if (forWaiting) {
            track.wake(attempt);
            return attempt | WOKEN;
        }
        return attempt;
    }

    /** An attempt has ended. */
    void ended(int attempt, @Nullable Object value, @Nullable Throwable failure) {
        ended(attempt, race.classify(chain.rules, cast(value), failure), value, failure);
    }

    /** One that has been classified has ended. */
    void ended(int attempt, Ending ending, @Nullable Object value, @Nullable Throwable failure) {
        keep(attempt, value, failure);
        if (end(attempt, stateOf(ending))) {
            race.tellEnded(attempt, target(attempt), ending, age(attempt));
            signal();
            return;
        }
        keep(attempt, null, null);
        // Not as what it has come to: that decides nothing any more.
        if (callOff(attempt)) {
            race.tellEnded(attempt, target(attempt), ending, age(attempt));
            if (isDecided()) {
                race.tellEndedLate(this, attempt, ending, Outcome.of(cast(Work.shown(value)), failure));
            }
        }
        if (ending == Ending.SUCCESS) {
            rollBackLate(attempt);
        }
        chain.drop(value);
    }

    /** The first attempt has ended; {@code false} if others have come into play, and {@link #ended} has to be told. */
    boolean endedAlone(Ending ending) {
        if (!race.isDecidedBy(ending) || !endAlone(stateOf(ending))) {
            return false;
        }
        race.tellEnded(0, target(0), ending, age(0));
        race.tellDecided(call(), 0, ending, 1);
        return true;
    }

    /** There was no thread for an attempt, or no use for it any more when it got one: its work has not begun. */
    void notStarted(int attempt, Throwable why) {
        race.tellNotStarted(this, attempt, !(why instanceof GivenUp));
        endWithout(attempt, NOT_STARTED, why);
    }

    /** Whoever owns the thread of an attempt wants it back: that is nothing that the attempt has come to. */
    void cutShort(int attempt, Throwable why) {
        endWithout(attempt, CUT_SHORT, why);
    }

    private void endWithout(int attempt, int how, Throwable why) {
        refused = why;
        if (end(attempt, how)) {
            signal();
        }
    }

    /** Nobody needs an attempt any more whose work has not begun. */
    void neverStarts(int attempt) {
        race.tellNotStarted(this, attempt, false);
    }

    /**
     * Nobody waits for the race any more.
     *
     * @return {@code false} if it has been decided
     */
    boolean abandon() {
        if (!leave()) {
            return false;
        }
        race.tellAbandoned(this);
        callOffAll();
        drop(null, -1);
        return true;
    }

    /** Nobody waits for the race any more, which has been decided: what its winner has done stays. */
    void abandonDecided() {
        race.tellAbandoned(this);
        drop(null, won());
    }

    private void tellDecided() {
        int won = won();
        race.tellDecided(call(), won, won < 0 ? null : ending(won), started());
        if (race.askCallsOff()) {
            callOffAll();
        }
        track.over();
    }

    private void callOffAll() {
        int calledOff = 0;
        for (int attempt = 0; attempt < MOST; attempt++) {
            if (stateOf(attempt) == UNDER_WAY && callOff(attempt)) {
                calledOff |= 1 << attempt;
                race.tellEnded(attempt, target(attempt), Ending.IGNORED, age(attempt));
            }
        }
        if (calledOff != 0) {
            track.callOff(calledOff);
        }
    }

    // ---- Who is inside --------------------------------------------------------------------------------------------

    /** An attempt is going to begin something that has to end. */
    void goesIn() {
        INSIDE.getAndAdd(this, 1);
    }

    /** One of those inside is not any more. */
    void goesOut() {
        CompletableFuture<@Nullable Object> last = (int) INSIDE.getAndAdd(this, -1) == 1 ? lastOut : null;
        if (last != null) {
            // Gates are left there, and tell their listeners.
            track.aside(() -> last.complete(null));
        }
    }

    /** The call goes on: when those end that are still inside; {@code null} if none is. */
    @Nullable CompletableFuture<@Nullable Object> callGoesOut() {
        CompletableFuture<@Nullable Object> last = null;
        if (inside > 1) {
            last = new CompletableFuture<>();
            lastOut = last;
        }
        goesOut();
        return last;
    }

    // ---- What comes of it -----------------------------------------------------------------------------------------

    /** What the caller gets; results that he does not get are dropped. Once, when the race is decided. */
    Outcome<R> settle() {
        Outcome<R> gets;
        int won = won();
        try {
            gets = won >= 0 ? of(won) : Require.nonNull(race.decide(this), "decide");
        } catch (Throwable thrown) {
            gets = Outcome.ofFailure(thrown);
        }
        drop(gets.value(), won);
        return gets;
    }

    /**
     * Nobody gets what attempts have come to.
     *
     * @param except a result that somebody gets
     * @param stays the attempt that has won, or -1: several may have succeeded before one of them did
     */
    private void drop(@Nullable Object except, int stays) {
        for (int attempt = 0; attempt < most(); attempt++) {
            Ending ending = ending(attempt);
            if (ending != null) {
                if (ending == Ending.SUCCESS && attempt != stays) {
                    rollBackLate(attempt);
                }
                if (value(attempt) != except) {
                    chain.drop(value(attempt));
                }
                // Attempts that go on may keep the race for long.
                keep(attempt, null, null);
            }
        }
    }

    /** The first success, or else the last failure, which carries the others. */
    Outcome<R> best() {
        int success = first(SUCCESS);
        int best = success < 0 ? lastEnded() : success;
        if (best < 0) {
            return Outcome.ofFailure(UnavailableException.noThread(race.name(), refused));
        }
        if (success < 0) {
            hangOnFailureOf(best);
        }
        return of(best);
    }

    private long age(int attempt) {
        return age(chain, attempt > 0 || measures ? startedAt(attempt) : Gate.NO_TIME);
    }

    /** How old an attempt is; -1 where nobody knows when it was started, or the clock fails. */
    static long age(Chain chain, long start) {
        long now = start == Gate.NO_TIME ? start : Gate.readingOrNone(chain.environment);
        return now == Gate.NO_TIME ? -1 : Math.max(0, now - start);
    }

    @Override
    public String toString() {
        return "Heat[" + race + ", " + started() + " started]";
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A policy that may run what is inside of it several times at once, and gives its caller one outcome. It says when an attempt starts
 * and when the race is over; the engine starts attempts, and calls off those that nobody needs any more.
 *
 * <pre>
 *   enter ──▶ the first attempt ──▶ ended: SUCCESS ──▶ decided, unless more is wanted      attempts that are still under way
 *                │ headStart()            IGNORED ──▶ decided                              are called off, and leave the
 *                ▼                        FAILURE ──┐                                      gates inside as calls that nobody
 *              next(heat) ◀─────────────────────────┘                                      waits for
 *                ├─ START ───▶ another attempt, and next again
 *                ├─ n ───────▶ next again after n nanoseconds, or when an attempt has ended
 *                ├─ HOLD ────▶ next again when an attempt has ended; decided if none is under way
 *                └─ OVER ────▶ decided: decide(heat)
 * </pre>
 *
 * <p><b>Threads.</b> Of a blocking call, the first attempt runs on the caller's thread, and so does every other that starts while the
 * caller has nothing to do: a race whose attempts follow each other needs no other thread; unless the race {@linkplain #usesCaller leaves
 * that thread alone}. The others run on {@link #executor}, with
 * the call's {@link ThreadContext} and the deadlines of its caller, but without his thread-locals. The caller goes on when the race is
 * decided; where his own attempt is called off then, when that returns: work that does not notice interrupts holds him. Of an asynchronous call, the first attempt
 * starts on the caller's thread, and so do those that start at once; the others on the environment's.
 *
 * <p><b>Ends.</b> One compare-and-set decides. Each attempt enters and leaves the gates inside of the race for itself. A gate outside
 * that {@link Gate#holdsUntilWorkEnds} is left when the last attempt has ended, all others at the decision. When the call itself is
 * given up - its deadline, an interrupt, a cancellation - all attempts are, and none starts any more.
 *
 * <p>The methods below are called by one thread at a time for one call, but not all by the same; they must not block. What they throw
 * is logged: it decides no race, and starts no attempt.
 *
 * @param <R> the results that the policy looks at
 */
public abstract non-sealed class Race<R extends @Nullable Object> extends Policy<R> {
    /** {@link #next}: start another attempt now, and ask again. */
    protected static final long START = 0;
    /** {@link #next} and {@link #headStart}: none before an attempt has ended. */
    protected static final long HOLD = Long.MAX_VALUE;
    /** {@link #next}: the race is over. */
    protected static final long OVER = -1;

    /**
     * Creates a race.
     *
     * @param name 1 to 256 characters, not blank
     * @param environment where time, timers and threads come from
     */
    protected Race(String name, Environment environment) {
        super(name, environment);
    }

    /**
     * Creates another view of a race, with its name, its environment, its listeners and its numbers.
     *
     * @param shared the race
     */
    protected Race(Race<?> shared) {
        super(shared);
    }

    /**
     * How many attempts a call has at most: asked once for each that may need more than one.
     *
     * @return from 1 to 15
     */
    protected abstract int attempts();

    /**
     * Decides how an attempt ended: {@link Ending#FAILURE} is not what was wanted, and others may do better;
     * {@link Ending#IGNORED} ends the race with this outcome.
     * A refusal further in is often a failure here; but not an {@link UnavailableException}, which may come after the work has succeeded,
     * as when the call's context cannot be had any more.
     *
     * @return the classifier
     */
    protected abstract Classifier<? super R> classifier();

    /**
     * How long the first attempt runs alone before {@link #next} is asked for the first time.
     *
     * @param call the call's context, or {@code null} unless {@link #wantsCall}
     * @return nanoseconds from 0 up, or {@link #HOLD} until it has ended
     */
    protected abstract long headStart(@Nullable Call call);

    /**
     * What comes next: asked when the head start is over, when an attempt has ended, and when the wait is over that it has asked for.
     * Not asked when attempts that have ended have decided the race, see {@link #firstSuccessWins}. What the next attempt works on it
     * says by {@link Heat#aim}.
     *
     * <p>A wait, like a head start, that is over no earlier than the time that the call has left is {@link #HOLD}: it would help nobody; and so is
     * another attempt when there is no time left.
     *
     * @param heat what there is so far
     * @param now a clock reading
     * @return nanoseconds, or {@link #START}, {@link #HOLD}, or, once an attempt has ended, or got no thread, {@link #OVER}; to start one where that
     *     {@linkplain Heat#canStart cannot be} is to hold
     */
    protected abstract long next(Heat<R> heat, long now);

    /**
     * Whether the first success decides the race and is what the caller gets.
     *
     * @return by default yes; the answer must not change
     */
    protected boolean firstSuccessWins() {
        return true;
    }

    /**
     * What the caller gets when the race is over without a first success that wins. On the caller's thread, or one that is there for
     * the call. What it throws is what the caller gets. Where the pipeline discards results, those of attempts are, except for one that
     * is itself the result.
     *
     * @param heat what there is
     * @return by default the first success, or else the last failure with the others as suppressed ones, or else, where there was no
     *     thread for any attempt, an {@link UnavailableException}
     */
    protected Outcome<R> decide(Heat<R> heat) {
        return ((Contest<R>) heat).best();
    }

    /**
     * Whether attempts work on targets only, so that a call without a {@linkplain Lease#place() place} for them is a mistake: it would do the
     * same at each, whatever that is.
     *
     * @return by default no; the answer must not change
     */
    protected boolean needsPlace() {
        return false;
    }

    /**
     * Whether it asks by {@link Heat#hasBegun} whether the work of attempts has begun.
     *
     * @return by default no; the answer must not change
     */
    protected boolean wantsBegun() {
        return false;
    }

    /**
     * What the first attempt works on.
     *
     * @param call the call's context, or {@code null} unless {@link #wantsCall}
     * @return {@code null}, the default: on what the call was made with
     * @throws RejectedException if there is none now: the caller gets that
     */
    protected @Nullable Lease<?> target(@Nullable Call call) {
        return null;
    }

    /**
     * Whether attempts that are under way when the race is decided are called off: interrupted, or their stages cancelled.
     *
     * @return by default yes; otherwise they go on, and a caller whose own attempt is one of them waits for it
     */
    protected boolean callsOff() {
        return true;
    }

    /**
     * Whether the thread of a blocking call runs attempts: the first, and any other that starts while it has nothing to do. That saves a
     * thread, but work that does not notice interrupts, or is not called off, holds the caller when the race is decided.
     *
     * @return by default yes; if not, all attempts run on the {@link #executor}'s threads, and the caller waits for the race alone
     */
    protected boolean usesCaller() {
        return true;
    }

    /**
     * Where attempts of blocking calls run beside the caller's own. It must not keep them waiting: one that it refuses is not
     * started, and does not count as failed.
     *
     * @return by default threads that all races share, 256 at most, which end when they have been idle for ten seconds
     */
    protected Executor executor() {
        return SharedThreads.RACES;
    }

    /**
     * An attempt has ended, or was called off. For counters and estimates; on any thread, also by several at once.
     *
     * @param attempt its number, from 0 on
     * @param target what it worked on, or {@code null}
     * @param ending how; {@link Ending#IGNORED} if it was called off
     * @param nanos how long it took, or how old it was when it was called off; -1 if no clock was read, and for a first attempt whose
     *     {@link #headStart} was {@link #HOLD}
     */
    protected void attemptEnded(int attempt, @Nullable Lease<?> target, Ending ending, long nanos) {}

    /**
     * The work of an attempt that {@link #next} has asked for was not begun: there was no thread for it, or the race was decided, or its call
     * {@linkplain Call#commit committed}, before it had one. For
     * counters, and to give back what was paid for it; on any thread.
     *
     * @param heat what there is, as far as it was known when the attempt was asked for
     * @param attempt its number, from 1 on, or from 0 on where the caller's thread {@linkplain #usesCaller runs none}
     * @param noThread whether there was no thread for it
     */
    protected void notStarted(Heat<R> heat, int attempt, boolean noThread) {}

    /**
     * An attempt has ended that was under way when the race was decided, and was not called off before. For those who want to know what
     * came of it; on any thread, also by several at once. Where the pipeline discards results, this one is discarded afterwards.
     *
     * @param heat what there was; the outcomes of the other attempts are gone
     * @param attempt its number, from 0 on
     * @param ending how it has ended
     * @param outcome what it has come to
     */
    protected void endedLate(Heat<R> heat, int attempt, Ending ending, Outcome<R> outcome) {}

    /**
     * What an attempt has left behind was rolled back, or not: see {@link Targets#call(Policy, Checked.Function, Checked.Consumer)}. For
     * counters; on any thread.
     *
     * @param target what it worked on
     * @param failure what the rollback threw; {@code null} if it did its work
     */
    protected void rolledBack(Lease<?> target, @Nullable Throwable failure) {}

    /**
     * Nobody waits for the race of a call any more: its time is over, its thread was interrupted, or it was cancelled. For counters; on any
     * thread, also while {@link #next} is asked on another one, so that only what the heat says of single attempts is to be relied on.
     *
     * @param heat what there was
     */
    protected void abandoned(Heat<R> heat) {}

    /**
     * The race of a call is decided. For counters; on any thread, once for each call that was not given up before.
     *
     * @param attempt whose outcome is the call's; -1 if {@link #decide} says
     * @param ending how that one has ended; {@code null} if {@link #decide} says
     * @param started how many attempts there were
     */
    protected void decided(int attempt, @Nullable Ending ending, int started) {}

    @Override
    protected Set<Class<? extends Event>> events() {
        return Set.of(Event.AttemptStarted.class, Event.RaceDecided.class);
    }

    // ---- For the engines ------------------------------------------------------------------------------------------

    /** How an attempt ended; one that a rule throws at ends the race, and where several successes are needed it is none of them. */
    final Ending classify(
            @Nullable Classifier<@Nullable Object> rules, @Nullable R value, @Nullable Throwable failure) {
        try {
            return Classifier.ending(rules, classifier(), value, failure);
        } catch (Throwable thrown) {
            outcomeStands(thrown, failure);
            return askFirstSuccessWins() ? Ending.IGNORED : Ending.FAILURE;
        }
    }

    /** Whether an attempt that has ended like this decides the race by itself. */
    final boolean isDecidedBy(Ending ending) {
        return ending == Ending.IGNORED || (ending == Ending.SUCCESS && askFirstSuccessWins());
    }

    final long askHeadStart(@Nullable Call call) {
        try {
            return Math.max(0, headStart(call));
        } catch (Throwable thrown) {
            ruleThrew(thrown, "no attempt is started before the first has ended");
            return HOLD;
        }
    }

    final boolean askFirstSuccessWins() {
        try {
            return firstSuccessWins();
        } catch (Throwable thrown) {
            ruleThrew(thrown, "the first success wins");
            return true;
        }
    }

    final boolean askCallsOff() {
        try {
            return callsOff();
        } catch (Throwable thrown) {
            ruleThrew(thrown, "attempts that are under way are called off");
            return true;
        }
    }

    final boolean askUsesCaller() {
        try {
            return usesCaller();
        } catch (Throwable thrown) {
            ruleThrew(thrown, "the caller's thread runs attempts");
            return true;
        }
    }

    final boolean askWantsBegun() {
        try {
            return wantsBegun();
        } catch (Throwable thrown) {
            ruleThrew(thrown, "it is not noted whether work has begun");
            return false;
        }
    }

    final @Nullable Lease<?> askTarget(@Nullable Call call, @Nullable Object argument) {
        if (argument != Lease.place() && needsPlace()) {
            throw new IllegalArgumentException(
                    title(this)
                            + ": work that is not given what to work on (expected: work of a target, as in call(target -> ...))");
        }
        try {
            return target(call);
        } catch (RejectedException refused) {
            throw refused;
        } catch (Throwable thrown) {
            throw UnavailableException.noTarget(name(), thrown);
        }
    }

    final void tellEnded(int attempt, @Nullable Lease<?> target, Ending ending, long nanos) {
        try {
            attemptEnded(attempt, target, ending, nanos);
        } catch (Throwable thrown) {
            ruleThrew(thrown, "the race goes on");
        }
    }

    final void tellStarted(@Nullable Call call, int attempt) {
        if (call != null && isWatched(Event.AttemptStarted.class)) {
            tell(new Event.AttemptStarted(this, call, attempt));
        }
    }

    final void tellNotStarted(Heat<R> heat, int attempt, boolean noThread) {
        try {
            notStarted(heat, attempt, noThread);
        } catch (Throwable thrown) {
            ruleThrew(thrown, "the race goes on");
        }
    }

    final void tellEndedLate(Heat<R> heat, int attempt, Ending ending, Outcome<R> outcome) {
        try {
            endedLate(heat, attempt, ending, outcome);
        } catch (Throwable thrown) {
            ruleThrew(thrown, "the race is decided");
        }
    }

    final void tellRolledBack(Lease<?> target, @Nullable Throwable failure) {
        if (failure != null) {
            ruleThrew(failure, "what " + target.name() + " has left behind is not rolled back");
        }
        try {
            rolledBack(target, failure);
        } catch (Throwable thrown) {
            ruleThrew(thrown, "the race goes on");
        }
    }

    final void tellAbandoned(Heat<R> heat) {
        try {
            abandoned(heat);
        } catch (Throwable thrown) {
            ruleThrew(thrown, "the race is over");
        }
    }

    final void tellDecided(@Nullable Call call, int attempt, @Nullable Ending ending, int started) {
        try {
            decided(attempt, ending, started);
        } catch (Throwable thrown) {
            ruleThrew(thrown, "the race is decided");
        }
        if (call != null && started > 1 && isWatched(Event.RaceDecided.class)) {
            tell(new Event.RaceDecided(this, call, attempt, started));
        }
    }
}

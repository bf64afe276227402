// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A policy that lets a call in or refuses it, and learns how the call ended. Breakers, bulkheads and limiters are gates.
 *
 * <pre>
 *                 QUEUED                grant
 *   call ── enter ───────▶ queue ──▶ Turn ─────┐
 *             │ stamp                  │       │        ┌───────────┐  exit(stamp, ending)
 *             ├────────────────────────┼───────┴───────▶│ let in    │─────────────────────▶ ended
 *             ├─ REFUSED ─▶ rejection  │ given up       └───────────┘  exactly once
 *             ├─ INSTEAD ─▶ instead    ▼
 *             ├─ PASS ─▶ not counted   abandoned(), counted apart
 *             └─ ASK ─▶ ask(call) ──▶ PASS, or a Turn
 * </pre>
 *
 * <p>A stamp is any number from 0 up, in which a gate keeps what it needs to recognise the call when it ends, such as
 * the generation of its state. The engine keeps it and hands it back.
 *
 * <p>To write a gate: {@link #enter} and {@link #exit} must be safe to call from any thread, must not block, and must
 * not call user code under a lock. They do not read a clock. The engine hands over a reading, shared by all gates of an
 * attempt, or {@link #NO_TIME} if nobody has needed one yet; a gate that does need one answers {@link #NEEDS_TIME} and
 * is asked again.
 *
 * <p>Longer than most files, because of what those who write a gate have to know of each method.
 */
public abstract non-sealed class Gate extends Policy<@Nullable Object> {
    /** Stands for a clock reading that nobody has taken. */
    protected static final long NO_TIME = Long.MIN_VALUE;
    /** {@link #enter}: the call may not go in. */
    protected static final long REFUSED = -1;
    /** {@link #enter}: the call may wait for its turn; nothing is reserved yet, {@link #queue} does that. */
    protected static final long QUEUED = -2;
    /** {@link #enter}: ask again with a clock reading; nothing has changed yet. */
    protected static final long NEEDS_TIME = -3;
    /** {@link #enter}: the call is not made, and has the outcome that {@link #instead} gives. */
    protected static final long INSTEAD = -4;
    /** {@link #enter}: the call goes on, and is none of this gate's: it is not counted, and {@link #exit} does not follow. */
    protected static final long PASS = -5;
    /** {@link #enter}: {@link #ask} decides, which sees the call. Not for gates with an {@link #executor}. */
    protected static final long ASK = -6;

    private static final VarHandle CLASSIFIER;

    static {
        try {
            CLASSIFIER = MethodHandles.lookup().findVarHandle(Gate.class, "classifier", Classifier.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final CallCounter counter;
    private volatile Classifier<@Nullable Object> classifier;

    /**
     * Creates a gate.
     *
     * @param name 1 to 256 characters, not blank
     * @param environment where time comes from
     */
    protected Gate(String name, Environment environment) {
        super(name, environment);
        this.counter = new CallCounter();
        this.classifier = Classifier.standard();
    }

    /**
     * Creates another view of a gate, such as for calls that cost more, or for one key of many: small enough to be made for a
     * single call.
     *
     * @param shared whose name, environment, listeners and counters this one has as well, and the classifier of now
     */
    @SuppressWarnings("NullAway.Init") // It does not see what a handle sets.
    protected Gate(Gate shared) {
        super(shared);
        this.counter = shared.counter;
        // Not a volatile write, which takes longer than all the rest of a view that is made for a single call.
        CLASSIFIER.setRelease(this, shared.classifier);
    }

    /**
     * Asks to let a call in.
     *
     * @param now a clock reading, or {@link #NO_TIME}
     * @return a stamp from 0 up, or {@link #REFUSED}, {@link #QUEUED}, {@link #NEEDS_TIME}, {@link #INSTEAD}, {@link #PASS} or
     *     {@link #ASK}
     */
    protected abstract long enter(long now);

    /**
     * Learns that a call, which was let in, has ended.
     *
     * @param stamp what {@link #enter} or the turn gave
     * @param ending how the call ended, by {@link #classifyBy}
     * @param failure what was thrown; {@code null} where there is a result, or where nobody has said
     * @param now a clock reading, or {@link #NO_TIME}
     * @param elapsedNanos how long the attempt took, without the wait for a turn, and without waits further in if this gate
     *     {@link #measuresWork}; -1 if no clock was read at either end
     * @return {@code true} when it is done; {@code false} to be asked again with a clock reading, with nothing changed.
     *     If the clock fails then, the call is reported as ignored, with the reading that {@code enter} got: a gate that
     *     got one there, or none, must be able to end with that.
     */
    protected abstract boolean exit(
            long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos);

    /**
     * Makes the exception for a call that was refused.
     *
     * @param now a clock reading, or {@link #NO_TIME} if {@link #enter} did not need one
     * @return the exception, which is thrown at the caller
     */
    protected abstract RejectedException rejection(long now);

    /**
     * What a call comes to that {@link #enter} answered with {@link #INSTEAD}: for faults that are injected, and answers from
     * elsewhere. It counts as any other outcome, for this gate and for those around it; {@link #exit} does not follow. Permits
     * that are asked for by hand are refused instead.
     *
     * @param now a clock reading, or {@link #NO_TIME} if {@link #enter} did not need one
     * @return the outcome; a result must be of the type of the call's
     */
    protected Outcome<?> instead(long now) {
        throw new IllegalStateException(this + ": enter: INSTEAD, without an outcome (expected: a gate that has one)");
    }

    /**
     * Decides on a call that {@link #enter} answered with {@link #ASK}: for what depends on the call, or has to remember of each what is to
     * become of it. A permit that is asked for by hand has no call, and passes.
     *
     * @param call the call's context; {@code null} unless {@link #wantsCall}, or somebody listens to events of calls
     * @return a turn, which begins now; {@code null}, the default, to let it {@link #PASS}
     */
    protected @Nullable Turn ask(@Nullable Call call) {
        return null;
    }

    /**
     * Puts a call that {@link #enter} answered with {@link #QUEUED} into the queue.
     *
     * @param now a clock reading
     * @param nanosLeft until the call's deadline, not negative, or {@link Long#MAX_VALUE}: a call whose turn cannot come before that
     *     must not be queued, and must not reserve anything
     * @return its turn, or {@code null} to refuse it now
     */
    protected @Nullable Turn queue(long now, long nanosLeft) {
        return null;
    }

    /**
     * Sets what decides how calls ended for this gate. A field, and not a method of each gate, because every call needs it.
     *
     * @param rules by default {@link Classifier#standard()}
     */
    protected final void classifyBy(Classifier<@Nullable Object> rules) {
        classifier = Require.nonNull(rules, "rules");
    }

    /** How a call ended for this gate; one that a rule throws at says nothing. */
    final Ending classify(
            @Nullable Classifier<@Nullable Object> rules, @Nullable Object value, @Nullable Throwable failure) {
        try {
            return rules == null
                    ? classifier.classify(value, failure)
                    : Classifier.ending(rules, classifier, value, failure);
        } catch (Throwable thrown) {
            outcomeStands(thrown, failure);
            return Ending.IGNORED;
        }
    }

    /**
     * Where what is inside of this gate runs. A call that it does not take, whatever it throws, counts as refused; its caller gets
     * {@link #noThread}, or the {@link RejectedException} that the executor throws itself. What comes after the work of an asynchronous call does not run there any more, but on a thread of the
     * environment's.
     *
     * @return an executor, or {@code null}, the default, for the thread that is there
     */
    protected @Nullable Executor executor() {
        return null;
    }

    /**
     * Makes the exception for a call that was let in, and that the {@link #executor} did not take or has lost.
     *
     * @param now the reading that {@link #enter} got
     * @param refused what the executor threw, for the cause
     * @return by default {@link #rejection}; what the executor threw becomes a suppressed exception of one that has no cause
     */
    protected RejectedException noThread(long now, Throwable refused) {
        return rejection(now);
    }

    /**
     * Whether a call stays inside until its work has ended, even if its caller has stopped waiting for it: then the
     * gate limits work, not patience. Matters where the work does not end with the call: in asynchronous calls that are
     * cancelled or pass a deadline outside of this gate. A gate with an {@link #executor()} always holds. Put such a gate
     * inside of the timeout: one outside of it is left when the timeout has given up; with an executor, not before the thread that
     * the call got there is back.
     *
     * @return by default no
     */
    protected boolean holdsUntilWorkEnds() {
        return false;
    }

    /**
     * Whether this gate takes the time of a call for that of its work. Then what policies further in make the call wait - for a turn,
     * before another attempt - is not in the time that it gets, and it is told of these waits.
     *
     * @return by default no; the answer must not change
     */
    protected boolean measuresWork() {
        return false;
    }

    /**
     * A call, which was let in, begins to wait for something that is not its work. {@link #resumes} follows, on whatever thread.
     * Like {@link #exit} it must not block, and must not throw.
     *
     * @param stamp what {@link #enter} or the turn gave
     * @param start when the call was let in, or {@link #NO_TIME}
     */
    protected void pauses(long stamp, long start) {
        // Most gates do not mind.
    }

    /**
     * The wait is over.
     *
     * @param stamp what {@link #enter} or the turn gave
     * @param start as before, later by the length of the wait: from here on {@link #exit} measures from this
     */
    protected void resumes(long stamp, long start) {
        // Most gates do not mind.
    }

    @Override
    protected Set<Class<? extends Event>> events() {
        return Set.of(Event.CallEnded.class, Event.CallRejected.class, Event.CallAbandoned.class);
    }

    /**
     * What has happened here since the gate was built.
     *
     * @return counts that only grow
     */
    public final CallCounts counts() {
        return counter.snapshot();
    }

    @Override
    final List<Meter> shapesMeters() {
        return List.of(
                calls("success", counter::successes),
                calls("failure", counter::failures),
                calls("ignored", counter::ignored),
                calls("rejected", counter::rejections),
                calls("abandoned", counter::abandonments));
    }

    private Meter calls(String outcome, LongSupplier count) {
        return Meter.counter(
                        "holdfast." + kind() + ".calls",
                        "{call}",
                        "Calls that have come here, by how they ended.",
                        count)
                .with("holdfast.outcome", outcome);
    }

    /**
     * Asks for a permit without waiting, for code that cannot be wrapped. Whoever gets one must end it, best in
     * try-with-resources. It is counted as a call; listeners hear nothing of it, because there is no call to tell of.
     *
     * @return a permit, or {@code null} if the call may not go in now; no exception is built
     */
    public final @Nullable Permit tryAcquire() {
        long now = NO_TIME;
        long stamp = enter(now);
        if (stamp == NEEDS_TIME) {
            now = reading(environment());
            stamp = enter(now);
        }
        if (stamp >= 0 || isPassing(stamp)) {
            return new Permit(this, stamp, now);
        }
        isQueueing(stamp);
        counter.rejected();
        return null;
    }

    /**
     * Asks for a permit, waiting for a turn where this gate has a queue. Counted and not told, as by {@link #tryAcquire}.
     *
     * @return a permit, which must be ended, best in try-with-resources
     * @throws RejectedException if the call may not go in
     * @throws CallInterruptedException if the thread was interrupted while it waited
     */
    public final Permit acquire() {
        long now = NO_TIME;
        long stamp = enter(now);
        if (stamp == NEEDS_TIME) {
            now = reading(environment());
            stamp = enter(now);
        }
        if (stamp < 0 && !isPassing(stamp)) {
            try {
                stamp = BlockingEngine.admitSlowly(this, stamp, now, null, null);
            } catch (Throwable thrown) {
                throw Failures.<RuntimeException>asThrown(thrown);
            }
            now = BlockingEngine.startAfterWait(this, stamp, now, null);
        }
        return new Permit(this, stamp, now);
    }

    /** Whether a permit for an answer that is no stamp is none of this gate's. */
    private static boolean isPassing(long answer) {
        return answer == PASS || answer == ASK;
    }

    /** Whether an answer that is no stamp means to wait, and not to go. */
    final boolean isQueueing(long answer) {
        if (answer == QUEUED || answer == REFUSED || answer == INSTEAD) {
            return answer == QUEUED;
        }
        throw new IllegalStateException(
                this + ": enter: " + answer + " (expected: a stamp, REFUSED, QUEUED, INSTEAD, PASS or ASK)");
    }

    /** The call is not made; this is its outcome. */
    final Outcome<?> answer(Chain chain, int shape, @Nullable Outcome<?> instead, @Nullable Call call) {
        Outcome<?> given = Require.nonNull(instead, "outcome");
        Throwable failure = given.thrown();
        Object value = failure == null ? Work.resultOf(shape, given.value()) : null;
        Ending ending = classify(chain.rules, value, failure);
        counter.ended(ending);
        if (call != null && isWatched(Event.CallEnded.class)) {
            tell(new Event.CallEnded(this, call, ending, Outcome.seen(value, failure), Duration.ZERO));
        }
        return Outcome.of(value, failure);
    }

    /** A caller does not wait for its turn any longer. One that was granted meanwhile is given back: its call was let in, and says nothing. */
    final void giveUp(Turn turn, long start, @Nullable Call call) {
        long granted = turn.giveUp();
        if (granted >= 0) {
            try {
                // From now to now: it has waited, and not run.
                long now = readingOrNone(environment());
                leave(granted, Ending.IGNORED, null, new GivenUp(), now == NO_TIME ? start : now, now, call);
            } catch (Throwable thrown) {
                outcomeStands(thrown, null);
            }
            return;
        }
        counter.abandoned();
        if (call != null && isWatched(Event.CallAbandoned.class)) {
            tell(new Event.CallAbandoned(this, call));
        }
    }

    /**
     * Ends one admission. Never throws: what reading the clock or {@link #exit} throws is logged, and the outcome stands.
     *
     * @param rules what the pipeline says of outcomes, which comes before what this gate says
     * @param stop a clock reading at the end of the attempt, or {@link #NO_TIME}
     * @return the same, or the reading that was taken because this gate needed one, for the next gate out
     */
    final long leave(
            @Nullable Classifier<@Nullable Object> rules,
            long stamp,
            @Nullable Object value,
            @Nullable Throwable failure,
            long start,
            long stop,
            @Nullable Call call) {
        try {
            return leave(stamp, classify(rules, value, failure), value, failure, start, stop, call);
        } catch (Throwable thrown) {
            outcomeStands(thrown, failure);
            return stop;
        }
    }

    /** The same, of which the ending is known; throws what reading the clock or {@link #exit} throws. */
    final long leave(
            long stamp,
            Ending ending,
            @Nullable Object value,
            @Nullable Throwable failure,
            long start,
            long stop,
            @Nullable Call call) {
        if (exit(stamp, ending, failure, stop, elapsed(start, stop))) {
            return ended(ending, value, failure, start, stop, call);
        }
        long now;
        try {
            now = reading(environment());
        } catch (Throwable broken) {
            // The only way out that needs no clock: as a call that says nothing, and that took no time.
            exit(stamp, Ending.IGNORED, null, start, start == NO_TIME ? -1 : 0);
            ended(Ending.IGNORED, value, failure, start, start, call);
            throw broken;
        }
        if (!exit(stamp, ending, failure, now, elapsed(start, now))) {
            throw new IllegalStateException(this + ": exit refused a clock reading (expected: true)");
        }
        return ended(ending, value, failure, start, now, call);
    }

    /** Counts a call that has left, and tells of it: the one never without the other. */
    private long ended(
            Ending ending,
            @Nullable Object value,
            @Nullable Throwable failure,
            long start,
            long stop,
            @Nullable Call call) {
        counter.ended(ending);
        if (call == null || !isWatched(Event.CallEnded.class)) {
            return stop;
        }
        long until = stop == NO_TIME ? readingOrNone(environment()) : stop;
        Duration took = Duration.ofNanos(Math.max(0, elapsed(start, until)));
        tell(new Event.CallEnded(this, call, ending, Outcome.seen(value, failure), took));
        return until;
    }

    final RejectedException refuse(long now, @Nullable Call call) {
        return rejected(rejection(now), call);
    }

    /**
     * The executor did not take a call that this gate had let in: it was never inside, and counts as refused.
     *
     * @param start the reading that {@link #enter} got
     * @return what the caller gets
     */
    final RejectedException turnAway(long stamp, long start, Throwable refused, @Nullable Call call) {
        if (!exit(stamp, Ending.IGNORED, null, start, start == NO_TIME ? -1 : 0)) {
            exit(stamp, Ending.IGNORED, null, reading(environment()), -1);
        }
        if (refused instanceof RejectedException itsOwn) {
            return rejected(itsOwn, call);
        }
        RejectedException rejection = rejected(noThread(start, refused), call);
        if (rejection.getCause() != refused) {
            Failures.suppress(rejection, refused);
        }
        return rejection;
    }

    private RejectedException rejected(RejectedException rejection, @Nullable Call call) {
        counter.rejected();
        if (call != null && isWatched(Event.CallRejected.class)) {
            tell(new Event.CallRejected(this, call, rejection));
        }
        return rejection;
    }

    /** A clock reading; one that happens to equal {@link #NO_TIME} is moved by a nanosecond. */
    static long reading(Environment environment) {
        long now = environment.nanoTime();
        return now == NO_TIME ? now + 1 : now;
    }

    /** A reading for what should know it and can do without: a clock that throws does so again where it is needed. */
    static long readingOrNone(Environment environment) {
        try {
            return reading(environment);
        } catch (Throwable broken) {
            return NO_TIME;
        }
    }

    private static long elapsed(long start, long stop) {
        return start == NO_TIME || stop == NO_TIME ? -1 : Math.max(0, stop - start);
    }
}

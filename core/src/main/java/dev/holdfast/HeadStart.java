// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * The first attempt of a blocking call's race, as long as it is alone. Most races end with it, so it has what is needed to make a
 * {@link BlockingRace}, and none before one is needed. It is what ends the attempt, and the timer of its head start: a hedge that does
 * not fire costs little more than a timeout.
 *
 * <pre>
 *   ALONE ── it has ended ────────▶ ENDED: its outcome, or a race of what follows it
 *     └───── its head start is over ─▶ RACING: a race in which it is under way
 * </pre>
 */
final class HeadStart extends LaneScope {
    private static final long serialVersionUID = 1L;
    private static final Object ENDED = new Object();
    private static final AtomicReferenceFieldUpdater<HeadStart, @Nullable Object> STATE =
            AtomicReferenceFieldUpdater.newUpdater(HeadStart.class, Object.class, "state");

    final transient Chain chain;
    final int level;
    final int shape;
    /** The attempt's own: see {@link Work.OfAttempt#of}. */
    final transient Object work;

    final transient @Nullable Object a;
    final transient @Nullable Object b;
    final transient @Nullable Frame frame;
    final transient @Nullable Lease<?> lease;
    /** A reading of the clock. */
    final long start;
    /** Whether it is of use how long it takes. */
    final boolean measures;
    /** What is bound to the caller's thread. */
    transient ThreadContext.@Nullable Snapshot context;
    /** {@code null} while it is alone, {@link #ENDED}, or the race. */
    private transient volatile @Nullable Object state;

    HeadStart(
            Chain chain,
            int level,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame frame,
            @Nullable Lease<?> lease,
            long start,
            boolean measures) {
        this.chain = chain;
        this.level = level;
        this.shape = shape;
        this.work = work;
        this.a = a;
        this.b = b;
        this.frame = frame;
        this.lease = lease;
        this.start = start;
        this.measures = measures;
        this.outer = Interruptions.innermost();
    }

    /** Runs the attempt, alone for so long. */
    @Nullable Object run(long nanos) throws Throwable {
        Race<Object> race = BlockingRace.raceAt(chain, level);
        context = Carried.capture(chain.environment, chain.name);
        begin();
        Object value = null;
        Throwable failure = null;
        try {
            if (nanos > 0) {
                Timers.set(this, chain.environment, chain.now(), nanos, race.name());
            } else {
                look();
            }
            if (state instanceof BlockingRace there && !there.isWanted(0)) {
                throw new GivenUp();
            }
            value = BlockingRaces.onTarget(chain, level, lease, shape, work, a, b, frame);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        end(failure);
        unschedule();
        return ended(race.classify(chain.rules, value, failure), value, failure);
    }

    /** Leaves all attempts to other threads. */
    @Nullable Object runElsewhere(long nanos) throws Throwable {
        context = Carried.capture(chain.environment, chain.name);
        return new BlockingRace(this).runElsewhere(nanos);
    }

    /** The attempt has ended that was run as if there were no race, and another one may follow. */
    @Nullable Object endedBefore(Ending ending, @Nullable Object value, @Nullable Throwable failure) throws Throwable {
        Race<Object> race = BlockingRace.raceAt(chain, level);
        try {
            context = Carried.capture(chain.environment, chain.name);
        } catch (UnavailableException broken) {
            // The work has been done, and what it came to is not to be replaced.
            race.outcomeStands(broken, failure);
            return BlockingRaces.alone(race, lease, Frame.callOf(frame), ending, -1, value, failure);
        }
        return ended(ending, value, failure);
    }

    /** The attempt has ended. */
    @Nullable Object ended(Ending ending, @Nullable Object value, @Nullable Throwable failure) throws Throwable {
        boolean alone = STATE.compareAndSet(this, null, ENDED);
        Race<Object> race = BlockingRace.raceAt(chain, level);
        if (!alone || !race.isDecidedBy(ending)) {
            BlockingRace known = state instanceof BlockingRace there ? there : new BlockingRace(this);
            return known.firstEnded(ending, value, failure);
        }
        return BlockingRaces.alone(race, lease, Frame.callOf(frame), ending, Contest.age(chain, start), value, failure);
    }

    /** The head start is over. */
    @Override
    void fire() {
        if (isWaiting()) {
            HandOver.to(chain.environment, () -> Carried.within(context, chain.name, this::look));
        }
    }

    private void look() {
        if (state == null) {
            BlockingRace race = new BlockingRace(this);
            if (STATE.compareAndSet(this, null, race)) {
                race.contest.signal();
            }
        }
    }

    /** The interruption around the race on the caller's thread. */
    @Nullable Interruption around() {
        return outer;
    }
}

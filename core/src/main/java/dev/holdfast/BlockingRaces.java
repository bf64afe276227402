// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import org.jspecify.annotations.Nullable;

/** The races of blocking calls: the first attempt, where no other may start beside it, and how any attempt is run. */
final class BlockingRaces {
    private BlockingRaces() {}

    /** A call has come to a race. */
    static @Nullable Object race(
            Chain chain,
            int level,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame frame)
            throws Throwable {
        Race<Object> race = BlockingRace.raceAt(chain, level);
        Call call = Frame.callOf(frame);
        Lease<?> lease = race.askTarget(call, a);
        Object own =
                lease == null ? work : Work.OfAttempt.of(work, race, lease, Lease.inside(chain.rest(level), lease));
        long headStart = race.askHeadStart(call);
        if (!race.askUsesCaller()) {
            return new HeadStart(chain, level, shape, own, a, b, frame, lease, chain.now(), true)
                    .runElsewhere(headStart);
        }
        long begun = Gate.NO_TIME;
        if (headStart != Race.HOLD) {
            begun = chain.now();
            if (headStart < Interruptions.nanosLeft(chain.environment, begun)) {
                return new HeadStart(chain, level, shape, own, a, b, frame, lease, begun, true).run(headStart);
            }
        }
        Object value = null;
        Throwable failure = null;
        try {
            // Nobody calls this attempt off: it is as if there were no race.
            if (frame != null && call != null && call.lane() != 0) {
                frame.call = call.withLane(0, null);
            }
            value = lease == null
                    ? BlockingEngine.run(
                            chain, level + 1, shape, work, Lease.argument(null, a, chain, level + 1), b, frame)
                    : onTarget(chain, level, lease, shape, own, a, b, frame);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        if (frame != null) {
            frame.call = call;
        }
        Ending ending = race.classify(chain.rules, value, failure);
        if (!race.isDecidedBy(ending)) {
            long start = begun == Gate.NO_TIME ? chain.now() : begun;
            return new HeadStart(chain, level, shape, own, a, b, frame, lease, start, begun != Gate.NO_TIME)
                    .endedBefore(ending, value, failure);
        }
        return alone(race, lease, call, ending, Contest.age(chain, begun), value, failure);
    }

    /** The first attempt is the only one, and what it has come to is the call's. */
    static @Nullable Object alone(
            Race<Object> race,
            @Nullable Lease<?> lease,
            @Nullable Call call,
            Ending ending,
            long nanos,
            @Nullable Object value,
            @Nullable Throwable failure)
            throws Throwable {
        race.tellEnded(0, lease, ending, nanos);
        race.tellDecided(call, 0, ending, 1);
        if (failure != null) {
            throw failure;
        }
        return value;
    }

    /** The first attempt, as one of others, of work that {@link Work.OfAttempt#of} gives. */
    static @Nullable Object onTarget(
            Chain chain,
            int level,
            @Nullable Lease<?> lease,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame frame)
            throws Throwable {
        Chain whole = Lease.inside(chain.rest(level), lease);
        Frame inner = frameOf(whole, 0, lease, shape, work, a, b, Frame.callOf(frame), Frame.watchOf(frame));
        try {
            return attempt(chain, level, whole, lease, shape, work, a, b, inner);
        } finally {
            if (frame != null) {
                frame.attemptsEndAs(inner);
            }
        }
    }

    /** What an attempt has to remember, where it has to. */
    static @Nullable Frame frameOf(
            Chain whole,
            int number,
            @Nullable Lease<?> lease,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Call call,
            Around.@Nullable Watch watch) {
        Call own = call == null
                ? whole.newCall(false, shape, work, Lease.argument(lease, a, whole, 0), b)
                : call.withLane(number, lease);
        if (own == null && watch == null && !whole.hasGuards && !whole.isObserved()) {
            return null;
        }
        Frame inner = new Frame(whole, own);
        inner.watchedBy(watch);
        return inner;
    }

    /** Runs what is inside of the race once. What nobody wants of it is rolled back before anybody hears of it. */
    static @Nullable Object attempt(
            Chain chain,
            int level,
            Chain whole,
            @Nullable Lease<?> lease,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame inner)
            throws Throwable {
        Object target = Lease.argument(lease, a, whole, 0);
        if (!(work instanceof Rollback.BlockingAttempt<?, ?> rollback)
                || !rollback.isOf(BlockingRace.raceAt(chain, level))) {
            return BlockingEngine.run(whole, 0, shape, work, target, b, inner);
        }
        Object value = null;
        Throwable failure = null;
        try {
            value = BlockingEngine.run(whole, 0, shape, work, target, b, inner);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        if (BlockingRace.raceAt(chain, level).classify(chain.rules, value, failure) != Ending.SUCCESS) {
            rollback.now(failure, Rollback.PATIENCE);
        }
        if (failure != null) {
            throw failure;
        }
        return value;
    }
}

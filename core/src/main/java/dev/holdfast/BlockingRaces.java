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
        Lease<?> lease = race.askTarget(call);
        long headStart = race.askHeadStart(call);
        if (headStart != Race.HOLD) {
            return new BlockingRace(chain, level, shape, work, a, b, frame, lease).race(headStart);
        }
        Object value = null;
        Throwable failure = null;
        try {
            // Nobody calls this attempt off: it is as if there were no race.
            if (frame != null && call != null && call.lane() != 0) {
                frame.call = call.withLane(0, null);
            }
            value = lease == null
                    ? BlockingEngine.run(chain, level + 1, shape, work, Lease.argument(null, a), b, frame)
                    : onTarget(chain, level, lease, shape, work, a, b, frame);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        if (frame != null) {
            frame.call = call;
        }
        Ending ending = race.classify(chain.rules, value, failure);
        if (!race.isDecidedBy(ending)) {
            return new BlockingRace(chain, level, shape, work, a, b, frame, lease).goOn(ending, value, failure);
        }
        race.tellEnded(0, ending, -1);
        if (failure != null) {
            throw failure;
        }
        return value;
    }

    private static @Nullable Object onTarget(
            Chain chain,
            int level,
            Lease<?> lease,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame frame)
            throws Throwable {
        Chain whole = Lease.inside(chain.rest(level), lease);
        Frame inner = frameOf(whole, 0, lease, shape, work, a, b, Frame.callOf(frame), Frame.watchOf(frame));
        try {
            return attempt(whole, lease, shape, work, a, b, inner);
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
                ? whole.newCall(false, shape, work, Lease.argument(lease, a), b)
                : call.withLane(number, lease);
        if (own == null && watch == null && !whole.hasGuards && !whole.isObserved()) {
            return null;
        }
        Frame inner = new Frame(whole, own);
        inner.watchedBy(watch);
        return inner;
    }

    /** Runs what is inside of the race once. */
    static @Nullable Object attempt(
            Chain whole,
            @Nullable Lease<?> lease,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame inner)
            throws Throwable {
        return BlockingEngine.run(whole, 0, shape, work, Lease.argument(lease, a), b, inner);
    }
}

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
    static @Nullable Object attempt(
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
}

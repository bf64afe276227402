// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Environment;

/**
 * Looks at calls in windows, knows the usual time, and asks an algorithm for the next limit.
 *
 * <pre>
 *                 a window is full: next limit            times fell with it: halve once more
 *               ┌──────────────────────┐                ┌──────────────────────┐
 *               └───────▶ FOLLOWING ◀──┘                └───────▶ LOOKING ◀────┘
 *                             │   slow for long: halve the limit     │
 *                             ├─────────────────────────────────────▶│
 *                             │◀─────────────────────────────────────┤
 *                                 they did not: that time is usual
 * </pre>
 *
 * <p><b>Windows.</b> Single times say little: of exponential ones, 22 % are longer than one and a half averages. So the time of
 * a window of at least a hundred calls, and as many as are in flight, is held against the usual time of windows: the average,
 * without the longest and the shortest call, so that one absurd reading changes nothing. concurrency-limits (Netflix), whose
 * algorithms these are, feeds them with single calls unless it is told to use windows of time ({@code WindowedLimit}).
 *
 * <p><b>The usual time</b> follows windows, but upwards by a quarter at most, since times that grow with the load would otherwise
 * become usual step by step, until there is no limit. More is believed only when it has been seen that the load is not what
 * makes calls slow: when the limit has fallen by half and times have not, or after twenty to forty slow windows, when the limit is
 * halved for a window, and again as long as times fall with it. What they are then is the usual time. At the smallest limit
 * there is nothing to halve, and five slow windows are believed. So a dependency that has become slower for good is believed, and an overload that
 * does not end never is. The original looks at its long average (Gradient2) or measures the shortest time anew under full
 * load (Vegas), which both take a lasting overload for usual. Envoy's adaptive concurrency measures its time without load at
 * a low limit, too, but each minute, also while all is well.
 *
 * <p><b>Speed.</b> Windows are rarer than calls. While times are usual a limit in use grows by a tenth at least; when
 * they are beyond twice the usual it falls by a quarter at least.
 *
 * <p>Not thread-safe, and allocates nothing: see {@link Limit.Estimate}.
 */
abstract class Windows implements Limit.Estimate {
    private static final int LEAST_CALLS = 100;
    private static final double DRIFT = 1.25;
    private static final double AS_USUAL = 1.25;
    private static final double GROWTH = 1.1;
    private static final double FAR_TOO_SLOW = 2;
    private static final double FALL = 0.75;
    /** With the load halved, times of calls that wait for each other are halved, and others are not. */
    private static final double FOLLOWED = 0.8;

    private static final int PATIENCE = 20;
    private static final int FORGIVEN = 3;
    private static final int SOME = 5;

    private final Limits bounds;
    private final Environment environment;
    private double limit;

    private int calls;
    private double sum;
    private double shortest;
    private double longest;
    private int busiest;

    private double usual;
    /** How many windows went into the first usual time, up to {@link #SOME}. */
    private int first;
    /** The usual time without load, as far as has been seen. */
    private double unloaded;

    /** How many windows did not let the limit grow as it does while times are usual; one that does takes three off. */
    private int slow;

    private int patience;
    /** The average of slow windows. */
    private double slowTime;
    /** The slowest of them, and how many calls were in flight then. */
    private double peakTime;

    private int peakBusy;

    private boolean looking;
    private double limitBefore;

    Windows(Limits bounds, Environment environment) {
        this.bounds = bounds;
        this.environment = environment;
        this.limit = bounds.initial();
        this.patience = nextPatience();
        begin();
    }

    /** How much of a window's time goes into the usual time. */
    abstract double weight(int calls);

    abstract double next(double limit, double usual, double time);

    abstract double afterDrop(double limit);

    /** Not all processes at once. */
    private int nextPatience() {
        return PATIENCE + (int) environment.nextLong(PATIENCE + 1L);
    }

    @Override
    public final int update(long elapsedNanos, int inFlight, boolean dropped) {
        if (dropped) {
            limit = bounds.cut(afterDrop(limit));
            looking = false;
        } else if (elapsedNanos > 0 && !(looking && inFlight > limit)) {
            add((double) elapsedNanos, inFlight);
        }
        return (int) limit;
    }

    private void begin() {
        calls = 0;
        sum = 0;
        shortest = Double.MAX_VALUE;
        longest = 0;
        busiest = 0;
    }

    private void add(double elapsed, int inFlight) {
        calls++;
        sum += elapsed;
        shortest = Math.min(shortest, elapsed);
        longest = Math.max(longest, elapsed);
        busiest = Math.max(busiest, inFlight);
        if (calls >= Math.max(LEAST_CALLS, Math.min(limit, busiest)) * (looking ? 2 : 1)) {
            double time = Math.max(shortest, (sum - shortest - longest) / (calls - 2));
            if (looking) {
                look(time);
            } else {
                follow(time);
            }
            begin();
        }
    }

    private void follow(double time) {
        if (first < SOME) {
            first++;
            believe(usual + (time - usual) / first);
        } else {
            learn(time);
        }
        if (busiest < limit / 2) {
            return;
        }
        double next = next(limit, usual, time);
        if (next > limit && time <= usual * AS_USUAL) {
            slow = Math.max(0, slow - FORGIVEN);
            limit = bounds.cut(Math.max(next, limit * GROWTH));
        } else if (hasNotFollowed(time)) {
            believe(time);
            goBackTo(Math.max(limit, bounds.cut(peakBusy)), time);
        } else if (slow >= SOME && limit == bounds.cut(0)) {
            // As few as there can be: there is nothing left that times could fall with.
            believe(slowTime);
            slow = 0;
        } else if (slow >= patience) {
            limitBefore = limit;
            halve();
            looking = true;
            patience = nextPatience();
            slow = 0;
        } else {
            limit = bounds.cut(next < limit && time > usual * FAR_TOO_SLOW ? Math.min(next, limit * FALL) : next);
        }
    }

    private void halve() {
        limit = bounds.cut(Math.min(limit, busiest) / 2);
    }

    /** A slow window. Where the limit has fallen by half since the slowest, times show by themselves whether they fall with it. */
    private boolean hasNotFollowed(double time) {
        slowTime = slow == 0 ? time : slowTime + (time - slowTime) / 4;
        if (slow == 0 || time > peakTime / FOLLOWED) {
            peakTime = time;
            peakBusy = busiest;
        }
        slow++;
        if (busiest > peakBusy / 2) {
            return false;
        }
        if (time >= peakTime * FOLLOWED) {
            slow = 0;
            return true;
        }
        peakTime = time;
        peakBusy = busiest;
        return false;
    }

    private void learn(double time) {
        usual += (time - usual) * weight(calls);
        if (usual > 2 * time) {
            // Load has gone: forget it faster.
            usual *= 0.95;
        }
        usual = Math.min(bounds.healthyNanos(), Math.min(usual, unloaded * DRIFT));
        unloaded = Math.min(unloaded, usual);
    }

    private void believe(double time) {
        usual = Math.min(bounds.healthyNanos(), time);
        unloaded = usual;
    }

    private void look(double time) {
        boolean followed = time < slowTime * FOLLOWED;
        double looked = limit;
        if (followed) {
            slowTime = time;
            limitBefore = limit;
            halve();
        }
        if (limit < looked) {
            return;
        }
        first = SOME;
        believe((time + slowTime) / 2);
        if (!followed) {
            goBackTo(limitBefore, time);
        }
        looking = false;
    }

    /** Unless what was seen is slow all the same, because it is more than can be healthy. */
    private void goBackTo(double before, double time) {
        if (time <= usual * AS_USUAL) {
            limit = before;
        }
    }
}

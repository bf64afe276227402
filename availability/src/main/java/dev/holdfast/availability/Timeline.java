// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether a dependency is up or down, and for how long it has been what. For one thread at a time.
 *
 * <pre>
 *          failures in a row, without a success between, or a slice of many calls most of which failed
 *   ┌────┐ ────────────────────────────────────────────────────────────────▶ ┌──────┐
 *   │ UP │                 (since the first of them)                         │ DOWN │
 *   └────┘ ◀──────────────────────────────────────────────────────────────── └──────┘
 *          successes in a row, without a failure between (since the first of them)
 *
 *   nobody asks for longer than the cutoff, or nobody has looked: the time from then on is unobserved, and the state stays
 * </pre>
 *
 * <p>Evidence comes in slices: what ended in a stretch of time. Where in it is not known, so an outage begins and ends with the slice
 * of its first failure, or first success: the error is one slice at most. All times are nanoseconds since watching began.
 */
final class Timeline {
    /** Longer than anything is watched, and short enough to be added to a time. */
    private static final long LONGEST = Long.MAX_VALUE / 4;

    private static final int KEPT_OUTAGES = 100;
    /** So many calls in one slice say something together, whatever their order was. */
    private static final long MANY = 20;

    private final long outageAfter;
    private final long recoveredAfter;
    private final long cutoff;
    private final long longestSlice;

    private long accounted;
    private long lastAsked;
    private long up;
    private long down;
    private long unobserved;

    private boolean isDown;
    /** Failures without a success between, where it is up; successes without a failure between, where it is down. */
    private long run;

    private long runStart;
    /** Observed time since the run began, which is the other state's if the run becomes long enough. */
    private long runTime;

    private long begun;
    private long ended;
    /** The lengths of outages that have ended, and how long all took to be detected. */
    private long lengths;

    private long detecting;
    private @Nullable Outage current;
    private final Deque<Outage> outages = new ArrayDeque<>();

    /**
     * @param outageAfter failures in a row that make an outage
     * @param recoveredAfter successes in a row that end it
     * @param cutoff after how long without anybody asking nothing is known any more
     * @param longestSlice beyond that a slice is time in which nobody looked
     */
    Timeline(long outageAfter, long recoveredAfter, long cutoff, long longestSlice) {
        this.outageAfter = outageAfter;
        this.recoveredAfter = recoveredAfter;
        this.cutoff = Math.min(cutoff, LONGEST);
        this.longestSlice = longestSlice;
    }

    /**
     * What ended in a slice.
     *
     * @param from its beginning: the end of the one before
     * @param to its end, not before its beginning
     * @param good how many succeeded
     * @param bad how many failed
     * @param asked whether anybody asked, if only to be refused
     * @return the outage that has just begun or ended with it; {@code null} if none has
     */
    @Nullable Outage slice(long from, long to, long good, long bad, boolean asked) {
        passTo(from);
        long forState = isDown ? good : bad;
        long against = isDown ? bad : good;
        boolean together = !isDown && good + bad >= MANY && 2 * bad >= good + bad;
        if (forState > 0 && (against == 0 || together)) {
            if (run == 0) {
                runStart = from;
                runTime = 0;
            }
            run = together ? outageAfter : run + forState;
        } else if (against > 0) {
            run = 0;
        }
        passTo(to);
        if (asked || good + bad > 0) {
            lastAsked = to;
        }
        if (run >= (isDown ? recoveredAfter : outageAfter)) {
            return isDown ? recovered(to) : failed(to);
        }
        return null;
    }

    /** Time has passed, and nothing is known of it but that. */
    void passTo(long now) {
        long passed = now - accounted;
        if (passed <= 0) {
            return;
        }
        long seen = Math.max(0, Math.min(passed, Math.min(longestSlice, lastAsked + cutoff - accounted)));
        if (isDown) {
            down += seen;
        } else {
            up += seen;
        }
        runTime += run > 0 ? seen : 0;
        unobserved += passed - seen;
        accounted = now;
    }

    private Outage failed(long now) {
        up -= runTime;
        down += runTime;
        isDown = true;
        run = 0;
        begun++;
        detecting += now - runStart;
        Outage started =
                new Outage(Duration.ofNanos(runStart), Duration.ofNanos(now), Optional.empty(), Optional.empty());
        current = started;
        outages.addLast(started);
        if (outages.size() > KEPT_OUTAGES) {
            outages.removeFirst();
        }
        return started;
    }

    private Outage recovered(long now) {
        down -= runTime;
        up += runTime;
        isDown = false;
        run = 0;
        ended++;
        Outage was = outages.removeLast();
        Outage over = new Outage(
                was.start(),
                was.detected(),
                Optional.of(Duration.ofNanos(runStart)),
                Optional.of(Duration.ofNanos(now)));
        lengths += runStart - was.start().toNanos();
        current = null;
        outages.addLast(over);
        return over;
    }

    boolean isDown() {
        return isDown;
    }

    long up() {
        return up;
    }

    long down() {
        return down;
    }

    /** Down time that no success will take back: it only grows. */
    long downForGood() {
        return isDown && run > 0 ? down - runTime : down;
    }

    long unobserved() {
        return unobserved;
    }

    long begun() {
        return begun;
    }

    long ended() {
        return ended;
    }

    /** How long outages took in sum, also the one that goes on. */
    long repairing() {
        return lengths + (current == null ? 0 : accounted - current.start().toNanos());
    }

    long detecting() {
        return detecting;
    }

    /** The last of them, oldest first. */
    List<Outage> outages() {
        return List.copyOf(outages);
    }
}

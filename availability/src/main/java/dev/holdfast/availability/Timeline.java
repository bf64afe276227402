// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether a dependency is up or down, for how long it has been what, and how long nobody had an answer. For one thread at a time.
 *
 * <pre>
 *          failures in a row, without a success between, or of 20 calls and more at least half
 *          or calls begin of which none ends by itself any more, whether they are given up or not
 *   ┌────┐ ────────────────────────────────────────────────────────────────▶ ┌──────┐
 *   │ UP │                 (since the first of them)                         │ DOWN │
 *   └────┘ ◀──────────────────────────────────────────────────────────────── └──────┘
 *          successes in a row, without a failure between, or of 20 calls and more more than half (since the first of them)
 *
 *   nobody asks for longer than the cutoff, or nobody has looked: the time from then on is unobserved, and the state stays.
 *   Who is refused asks, and knows nothing: that is no evidence that it is up, and none that it is up again.
 * </pre>
 *
 * <p>Evidence comes in slices: what ended in a stretch of time. Where in it is not known, so an outage begins and ends with the slice
 * of its first failure, or first success: the error is one slice at most. All times are nanoseconds since watching began.
 *
 * <p>A little longer than most files, because all that moves its times has to be seen together.
 */
final class Timeline {
    /** Longer than anything is watched, and short enough to be added to a time. */
    private static final long LONGEST = Long.MAX_VALUE / 4;

    private static final int KEPT_OUTAGES = 100;
    /** So many calls say something together, whatever their order was. */
    static final long MANY = 20;

    private final long outageAfter;
    private final long recoveredAfter;
    private final long cutoff;
    private final long longestSlice;

    private long accounted;
    /** When somebody last asked, and when there last was evidence. */
    private long lastAsked;

    private long lastEvidence;
    private long up;
    private long down;
    private long unobserved;

    private boolean isDown;
    /** Failures without a success between, where it is up; successes without a failure between, where it is down. */
    private long row;

    private long rowStart;
    /** Observed time since they began, which is the other state's if they become enough. */
    private long rowTime;

    /** What has come since there were last enough calls that together say something: when the first of them came, and good and bad ones. */
    private long batchStart;

    private long batchTime;
    private long batchGood;
    private long batchBad;

    private final Hang hang;
    /** From the first that had no answer to the last that asked, while nobody had one, and the same without answers from elsewhere. */
    private final Stretch withoutAnswer = new Stretch();

    private final Stretch withoutOwnAnswer = new Stretch();

    private long begun;
    private long ended;
    /** How long outages took to be detected, in sum. */
    private long detecting;

    private final Deque<Outage> outages = new ArrayDeque<>();

    /**
     * @param outageAfter failures in a row that make an outage
     * @param recoveredAfter successes in a row that end it
     * @param cutoff after how long without anybody asking nothing is known any more
     * @param longestSlice beyond that a slice is time in which nobody looked
     * @param hang after how long calls hang, of which none ends by itself
     */
    Timeline(long outageAfter, long recoveredAfter, long cutoff, long longestSlice, long hang) {
        this.outageAfter = outageAfter;
        this.recoveredAfter = recoveredAfter;
        this.cutoff = Math.min(cutoff, LONGEST);
        this.longestSlice = longestSlice;
        // One that hangs alone may be lost for ever, and the dependency be well.
        this.hang = new Hang(hang, Math.min(2, outageAfter));
    }

    /**
     * What ended in a slice.
     *
     * @param from its beginning: the end of the one before
     * @param to its end, not before its beginning
     * @param came what came in it
     * @param underWay how many calls have begun and not ended, at its end
     * @return the outage that has just begun or ended with it; {@code null} if none has
     */
    @Nullable Outage slice(long from, long to, Evidence came, long underWay) {
        passTo(from);
        long good = came.good();
        long bad = came.bad();
        boolean hangs = hang.slice(from, came, underWay, from - lastEvidence, from - lastAsked > cutoff);
        boolean asked = came.asked() > 0 || good + bad > 0 || hangs;
        look(from, good, bad);
        // Who is ignored says nothing, and who is refused knows nothing: that does not begin it.
        withoutAnswer.slice(from, good + came.degraded() == 0 && (bad > 0 || hangs || withoutAnswer.isOn()));
        withoutOwnAnswer.slice(from, good == 0 && (bad + came.degraded() > 0 || hangs || withoutOwnAnswer.isOn()));
        passTo(to);
        hang.stretch().told(true);
        withoutAnswer.told(asked);
        withoutOwnAnswer.told(asked);
        if (asked) {
            lastAsked = to;
        }
        if (good + bad > 0) {
            lastEvidence = to;
        }
        if (row >= (isDown ? recoveredAfter : outageAfter)) {
            return turned(to, rowStart, rowTime);
        }
        if (saysTheOther()) {
            return turned(to, batchStart, batchTime);
        }
        if (!isDown && hang.isOutage()) {
            Stretch since = hang.stretch();
            return row > 0 ? turned(to, rowStart, rowTime) : turned(to, since.start(), since.time());
        }
        return null;
    }

    private void look(long from, long good, long bad) {
        long other = isDown ? good : bad;
        long same = isDown ? bad : good;
        if (other > 0 && same == 0) {
            if (row == 0) {
                rowStart = from;
                rowTime = 0;
            }
            row += other;
        } else if (same > 0) {
            row = 0;
        }
        if (from - lastEvidence > cutoff) {
            batchGood = 0;
            batchBad = 0;
        }
        if (batchGood + batchBad == 0) {
            batchStart = from;
            batchTime = 0;
        }
        // One of the other state begins it, so that as little as can be is in doubt.
        if (other > 0 || batchGood + batchBad > 0) {
            batchGood += good;
            batchBad += bad;
        }
    }

    /** Whether many calls together say that it is not what it was; then, or if they say that it is, the next ones are looked at. */
    private boolean saysTheOther() {
        long all = batchGood + batchBad;
        boolean mostFailed = 2 * batchBad >= all;
        boolean enough = all >= MANY;
        if (enough) {
            batchGood = 0;
            batchBad = 0;
        }
        return enough && mostFailed != isDown;
    }

    /** Time has passed, and nothing is known of it but that. */
    void passTo(long now) {
        long passed = now - accounted;
        if (passed <= 0) {
            return;
        }
        // Calls that hang will say something in the end.
        long known = (isDown || hang.stretch().isOn() ? lastAsked : lastEvidence) + cutoff;
        long seen = Math.max(0, Math.min(passed, Math.min(longestSlice, known - accounted)));
        if (isDown) {
            down += seen;
        } else {
            up += seen;
        }
        rowTime += row > 0 ? seen : 0;
        batchTime += batchGood + batchBad > 0 ? seen : 0;
        hang.stretch().pass(seen);
        withoutAnswer.pass(seen);
        withoutOwnAnswer.pass(seen);
        unobserved += passed - seen;
        accounted = now;
    }

    /** Since some time it is what it was not; so much of the time since then was observed. */
    private Outage turned(long now, long since, long observed) {
        row = 0;
        batchGood = 0;
        batchBad = 0;
        isDown = !isDown;
        up += isDown ? -observed : observed;
        down += isDown ? observed : -observed;
        Duration start = Duration.ofNanos(since);
        Duration known = Duration.ofNanos(now);
        Outage outage;
        if (isDown) {
            begun++;
            detecting += now - since;
            outage = new Outage(start, known, Optional.empty(), Optional.empty());
        } else {
            ended++;
            Outage was = outages.removeLast();
            outage = new Outage(was.start(), was.detected(), Optional.of(start), Optional.of(known));
        }
        outages.addLast(outage);
        if (outages.size() > KEPT_OUTAGES) {
            outages.removeFirst();
        }
        return outage;
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
        long maybeUp = Math.max(row > 0 ? rowTime : 0, batchGood + batchBad > 0 ? batchTime : 0);
        return isDown ? down - maybeUp : down;
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

    long detecting() {
        return detecting;
    }

    /** Since when a clock that has gone on without us says that nobody has looked: all of it is unobserved. */
    void skipTo(long now) {
        unobserved += Math.max(0, now - accounted);
        accounted = Math.max(accounted, now);
    }

    Stretch withoutAnswer() {
        return withoutAnswer;
    }

    Stretch withoutOwnAnswer() {
        return withoutOwnAnswer;
    }

    long accounted() {
        return accounted;
    }

    /** The last of them, oldest first. */
    List<Outage> outages() {
        return List.copyOf(outages);
    }

    void write(Snapshot.Writer out) {
        out.add(accounted).add(lastAsked).add(lastEvidence).add(up).add(down).add(unobserved);
        out.add(isDown ? 1 : 0).add(row).add(rowStart).add(rowTime);
        out.add(batchStart).add(batchTime).add(batchGood).add(batchBad);
        withoutAnswer.write(out);
        withoutOwnAnswer.write(out);
        out.add(begun).add(ended).add(detecting).add(outages.size());
        for (Outage outage : outages) {
            out.add(outage.start().toNanos()).add(outage.detected().toNanos());
            out.add(outage.end()).add(outage.recovered());
        }
    }

    void read(Snapshot.Reader in) {
        accounted = in.next();
        lastAsked = in.next();
        lastEvidence = in.next();
        up = in.next();
        down = in.next();
        unobserved = in.next();
        isDown = in.next() != 0;
        row = in.next();
        rowStart = in.next();
        rowTime = in.next();
        batchStart = in.next();
        batchTime = in.next();
        batchGood = in.next();
        batchBad = in.next();
        withoutAnswer.read(in);
        withoutOwnAnswer.read(in);
        begun = in.next();
        ended = in.next();
        detecting = in.next();
        long count = in.next();
        for (long i = 0; i < count; i++) {
            outages.addLast(
                    new Outage(Duration.ofNanos(in.next()), Duration.ofNanos(in.next()), in.nextTime(), in.nextTime()));
        }
    }
}

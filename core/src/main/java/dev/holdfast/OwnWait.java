// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import org.jspecify.annotations.Nullable;

/**
 * A wait that Holdfast itself makes a blocking call take: for a turn, or before another attempt. It is not the work's time, so gates
 * around it that {@link Gate#measuresWork} are told of it, and begin to measure so much later. Those of the same group are known by
 * their stamps, those further out by the {@link Frame}.
 */
final class OwnWait {
    private final Chain chain;
    private final @Nullable Frame frame;
    private final int from;
    private final int count;
    private final long s0;
    private final long s1;
    private final long s2;
    /** Those further out that are not in the {@link Frame} either. */
    @Nullable OwnWait around;

    private long start;
    private long began = Gate.NO_TIME;

    private OwnWait(Chain chain, int from, int count, long s0, long s1, long s2, long start, @Nullable Frame frame) {
        this.chain = chain;
        this.from = from;
        this.count = count;
        this.s0 = s0;
        this.s1 = s1;
        this.s2 = s2;
        this.start = start;
        this.frame = frame;
    }

    /**
     * For the gate that comes after the {@code count} first ones of a group.
     *
     * @param answer what that gate has said
     * @return {@code null} if neither it nor one behind it lets the call wait, or if no gate around it minds
     */
    static @Nullable OwnWait inGroup(
            Chain chain,
            int from,
            int count,
            long answer,
            long s0,
            long s1,
            long s2,
            long start,
            @Nullable Frame frame) {
        boolean mayWait = answer == Gate.QUEUED || (answer == Gate.ASK && chain.mayWaitAgain(from + count));
        return mayWait && chain.isMeasured(from + count)
                ? new OwnWait(chain, from, count, s0, s1, s2, start, frame)
                : null;
    }

    /** The same for a policy that comes first in its group, or stands in none. */
    static @Nullable OwnWait at(Chain chain, int level, long answer, @Nullable Frame frame) {
        return inGroup(chain, level, 0, answer, 0, 0, 0, Gate.NO_TIME, frame);
    }

    /** For what comes behind a gate that the call has waited for: it may wait there once more. */
    static OwnWait behind(Chain chain, int level, long stamp, long start, @Nullable Frame frame) {
        return new OwnWait(chain, level, 1, stamp, 0, 0, start, frame);
    }

    void pause() {
        for (int i = 0; i < count; i++) {
            if (stamp(i) >= 0) {
                chain.gates[from + i].pauses(stamp(i), start);
            }
        }
    }

    void resume(long waited) {
        start = later(start, waited);
        for (int i = 0; i < count; i++) {
            if (stamp(i) >= 0) {
                chain.gates[from + i].resumes(stamp(i), start);
            }
        }
    }

    void begins() {
        began = Gate.readingOrNone(chain.environment);
        pause();
        if (frame != null) {
            frame.pauses(from);
        }
    }

    void ends() {
        long waited = between(began, Gate.readingOrNone(chain.environment));
        resume(waited);
        if (frame != null) {
            frame.resumes(from, count, waited);
        }
    }

    /** Nanoseconds; 0 where a clock has failed. */
    static long between(long began, long ended) {
        return began == Gate.NO_TIME || ended == Gate.NO_TIME ? 0 : Math.max(0, ended - began);
    }

    static long later(long start, long waited) {
        return start == Gate.NO_TIME ? start : start + waited;
    }

    private long stamp(int i) {
        return i == 0 ? s0 : i == 1 ? s1 : s2;
    }

    boolean isOf(int level) {
        return level >= from && level < from + count;
    }

    /** From when on the gates of the group measure. */
    long start() {
        return start;
    }
}

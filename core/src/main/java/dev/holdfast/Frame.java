// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What one blocking call has to remember for others than its own thread: its context, and what the gates directly around a
 * deadline gave, which are told when its time is over and not only when the work returns. Most calls have none.
 *
 * <p>It belongs to the thread that runs the call; a part of the call that moves to another thread gets a frame of its own.
 *
 * <p>Longer than most files: what it remembers of a call is read together.
 */
class Frame {
    private static final long[] NONE = {};
    private static final int NOBODY = Integer.MAX_VALUE;

    final Chain chain;
    /** The context of the call where the thread is now; {@code null} if nobody wants to know it. */
    @Nullable Call call;
    /** What is bound to the caller's thread, where others may have to restore it. */
    final ThreadContext.@Nullable Snapshot context;

    /** Stamp and start of each gate that stands directly around a deadline, and the limit of each deadline. */
    private final long[] entered;

    /** Gates around this place that have no room in {@link #entered}, because they did not expect the call to wait here. */
    private @Nullable OwnWait around;
    /** The outermost gate that has been told how its call ended, while the work goes on. */
    private int toldFrom = NOBODY;

    private @Nullable Rare rare;

    /** What few frames have: apart, because there is a frame for each call with a timeout as most have it. */
    private static final class Rare {
        /** The contexts of the call inside of its deadlines. */
        @Nullable Call @Nullable [] calls;
        /** Who watches the call where the thread is now, the innermost. */
        Around.@Nullable Watch watch;

        @Nullable AttemptEnds ends;
    }

    private Rare rare() {
        Rare known = rare;
        if (known == null) {
            known = new Rare();
            rare = known;
        }
        return known;
    }

    Frame(Chain chain, @Nullable Call call) {
        this.chain = chain;
        this.call = call;
        this.entered = chain.places == 0 ? NONE : new long[chain.places];
        // For what a passed deadline tells on another thread.
        this.context = chain.hasDeadline ? Carried.captureWithoutLimit(chain.environment, chain.name) : null;
    }

    /** For the part of a call that moves to another thread. */
    private Frame(Frame outer) {
        this.chain = outer.chain;
        this.call = outer.call;
        this.entered = outer.entered.length == 0 ? NONE : new long[outer.entered.length];
        this.context = outer.context;
        watchedBy(watchOf(outer));
    }

    static @Nullable Call callOf(@Nullable Frame frame) {
        return frame == null ? null : frame.call;
    }

    static Around.@Nullable Watch watchOf(@Nullable Frame frame) {
        return frame == null || frame.rare == null ? null : frame.rare.watch;
    }

    final void watchedBy(Around.@Nullable Watch watch) {
        if (watch != null || rare != null) {
            rare().watch = watch;
        }
    }

    static @Nullable Frame forOtherThread(@Nullable Frame outer, int base) {
        return outer == null ? null : new Elsewhere(outer, base);
    }

    /** Of a part of a call that has moved to another thread: gates further out have to know how long it has waited there. */
    private static final class Elsewhere extends Frame {
        private final int base;
        private long waited;

        Elsewhere(Frame outer, int base) {
            super(outer);
            this.base = base;
        }

        @Override
        int base() {
            return base;
        }

        @Override
        void waited(long nanos) {
            waited += nanos;
        }

        @Override
        long waited() {
            return waited;
        }
    }

    /** The outermost level that this thread runs. */
    int base() {
        return 0;
    }

    /** A gate has let the call in. */
    void entered(int level, long stamp, long start) {
        int place = chain.place[level];
        if (place >= 0) {
            entered[place] = stamp;
            entered[place + 1] = start;
        }
        if (rare != null && rare.ends != null) {
            rare.ends.entered(level);
        }
    }

    /** Gates that follow each other, two to four of them, have let the call in or pass, or as many of them as did. */
    void entered(int from, long start, long s0, long s1, long s2, long s3) {
        entered(from, s0, start);
        if (s1 >= 0 || s1 == Gate.PASS) {
            entered(from + 1, s1, start);
        }
        if (s2 >= 0 || s2 == Gate.PASS) {
            entered(from + 2, s2, start);
        }
        if (s3 >= 0 || s3 == Gate.PASS) {
            entered(from + 3, s3, start);
        }
    }

    long stamp(int level) {
        return entered[chain.place[level]];
    }

    long start(int level) {
        return entered[chain.place[level] + 1];
    }

    // ---- Waits that are not the work's time ------------------------------------------------------------------------

    /** From when on the gates of a group measure, which is later than they were entered if the call has waited since. */
    long startOf(int level, long start) {
        int place = chain.place[level];
        if (place >= 0) {
            return entered[place + 1];
        }
        return around != null && around.isOf(level) ? around.start() : start;
    }

    /**
     * What is inside of some gates begins, where the call may wait again.
     *
     * @return for {@link #leaves}
     */
    @Nullable OwnWait enters(OwnWait gates) {
        OwnWait before = around;
        gates.around = before;
        around = gates;
        return before;
    }

    void leaves(@Nullable OwnWait before) {
        around = before;
    }

    void pauses(int level) {
        for (int i = base(); i < level; i++) {
            if (isKept(i)) {
                chain.gates[i].pauses(stamp(i), start(i));
            }
        }
        for (OwnWait gates = around; gates != null; gates = gates.around) {
            gates.pause();
        }
    }

    /** The gates outside of {@code level} measure from later on; those behind it, which follow it, know that already. */
    void resumes(int level, int behind, long nanos) {
        for (int i = base(); i < level + behind; i++) {
            if (isKept(i)) {
                int place = chain.place[i] + 1;
                entered[place] = OwnWait.later(entered[place], nanos);
                if (i < level) {
                    chain.gates[i].resumes(stamp(i), entered[place]);
                }
            }
        }
        for (OwnWait gates = around; gates != null; gates = gates.around) {
            gates.resume(nanos);
        }
        waited(nanos);
    }

    /** How long the call has waited here for what is not its work. */
    void waited(long nanos) {
        // Those who have to know are here.
    }

    long waited() {
        return 0;
    }

    private boolean isKept(int level) {
        return chain.gates[level] != null && chain.place[level] >= 0 && stamp(level) >= 0;
    }

    /** The part of the call that ran on another thread has ended, and has waited there. */
    void waitedElsewhere(int level, long nanos) {
        if (nanos > 0) {
            pauses(level);
            resumes(level, 0, nanos);
        }
    }

    /** A deadline begins, on the caller's own thread. */
    void begins(int level, long nanos) {
        entered[chain.place[level]] = nanos;
        if (call != null) {
            call = call.withDeadline(chain.now(), nanos);
            Rare of = rare();
            if (of.calls == null) {
                of.calls = new Call[chain.policies.length];
            }
            of.calls[level] = call;
        }
    }

    /** The context of the call inside of a deadline, for other threads than the call's own. */
    @Nullable Call callInside(int level) {
        Rare of = rare;
        return of == null || of.calls == null ? null : of.calls[level];
    }

    long limit(int level) {
        return entered[chain.place[level]];
    }

    /** The gates from this one inward, up to a deadline, have been told, as far as they do not hold until the work ends. */
    void told(int from, int deadline) {
        int first = from;
        // The outermost is left last, of those that are left at all.
        while (first < deadline && (chain.gates[first] == null || stamp(first) == Gate.PASS)) {
            first++;
        }
        toldFrom = first < deadline ? first : NOBODY;
    }

    /** A race is over, but not all of its attempts. */
    void attemptsEndAt(CompletableFuture<?> end) {
        ends().add(end);
    }

    /** What ran with a frame of its own is over, but not all of its attempts. */
    void attemptsEndAs(@Nullable Frame inner) {
        AttemptEnds of = inner == null || inner.rare == null ? null : inner.rare.ends;
        if (of != null) {
            ends().addAll(of);
        }
    }

    private AttemptEnds ends() {
        Rare of = rare();
        AttemptEnds known = of.ends;
        if (known == null) {
            known = new AttemptEnds(chain.policies.length);
            of.ends = known;
        }
        return known;
    }

    /** When all attempts have ended; {@code null} if none was ever left behind. */
    @Nullable CompletableFuture<Void> attemptsEnd() {
        return rare == null || rare.ends == null ? null : rare.ends.all();
    }

    /**
     * Whether a gate need not be left now: it has been told, or it holds the call until attempts inside of it have ended.
     */
    boolean isLeftElsewhere(
            int level, Gate gate, long stamp, @Nullable Object value, @Nullable Throwable failure, long start) {
        if (wasTold(level, gate)) {
            return true;
        }
        return rare != null && gate.holdsUntilWorkEnds() && leaveLater(level, gate, stamp, value, failure, start);
    }

    private boolean leaveLater(
            int level, Gate gate, long stamp, @Nullable Object value, @Nullable Throwable failure, long start) {
        AttemptEnds ends = Require.nonNull(rare, "rare").ends;
        CompletionStage<Void> last = ends == null ? null : ends.inside(level);
        if (last == null) {
            return false;
        }
        Call of = call;
        last.thenRun(() -> gate.leave(chain.rules, stamp, value, failure, start, Gate.NO_TIME, of));
        return true;
    }

    /** Whether a gate that is left now has been told already; the outermost one is left last. */
    private boolean wasTold(int level, Gate gate) {
        if (level < toldFrom) {
            return false;
        }
        if (level == toldFrom) {
            toldFrom = NOBODY;
        }
        return !gate.holdsUntilWorkEnds();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Which interruptions may come to each thread: those of one thread know each other through {@link Interruption#outer}, whatever
 * pipelines they belong to, and here is the innermost of each.
 *
 * <p>A thread's entry is in one of a few places that its number says, or, where others are in all of them, in a thread-local: that
 * one costs an allocation each time, because it must not be left behind. Only the thread itself changes or looks for its entry,
 * and those of others are only passed over.
 */
final class Interruptions {
    private static final int THREADS = 1 << 10;
    private static final int PLACES = 4;
    /** Entries of the array, so that neighbours do not share a cache line. */
    private static final int APART = 16;

    private static final AtomicReferenceArray<@Nullable Interruption> INNERMOST =
            new AtomicReferenceArray<>(THREADS * APART);
    private static final ThreadLocal<@Nullable Interruption> OTHERS = new ThreadLocal<>();
    /** How many threads have a thread-local: none, as a rule, so that nobody has to look there. */
    private static final AtomicInteger OTHER_THREADS = new AtomicInteger();

    private Interruptions() {}

    /** Makes it the innermost of its thread, which is the current one. */
    static void push(Interruption inner) {
        int home = home(inner.thread);
        int there = find(inner.thread, home);
        if (there >= 0) {
            inner.outer = INNERMOST.getPlain(there);
            INNERMOST.setRelease(there, inner);
            return;
        }
        Interruption other = other();
        if (other == null) {
            for (int i = 0; i < PLACES; i++) {
                int place = place(home, i);
                if (INNERMOST.getPlain(place) == null && INNERMOST.compareAndSet(place, null, inner)) {
                    return;
                }
            }
            OTHER_THREADS.getAndIncrement();
        }
        inner.outer = other;
        OTHERS.set(inner);
    }

    /** Takes one off its thread, which is the current one: the innermost, as a rule. */
    static void pop(Interruption inner) {
        Interruption outer = inner.outer;
        int there = find(inner.thread, home(inner.thread));
        Interruption top = there >= 0 ? INNERMOST.getPlain(there) : other();
        if (top != inner) {
            // What was bound inside of it, such as a limit that a context has taken along, is taken off later.
            for (Interruption each = top; each != null; each = each.outer) {
                if (each.outer == inner) {
                    each.outer = outer;
                    return;
                }
            }
            return;
        }
        if (there >= 0) {
            INNERMOST.setRelease(there, outer);
        } else if (outer == null) {
            OTHERS.remove();
            OTHER_THREADS.getAndDecrement();
        } else {
            OTHERS.set(outer);
        }
    }

    /** The innermost of the current thread. */
    static @Nullable Interruption innermost() {
        Thread thread = Thread.currentThread();
        int there = find(thread, home(thread));
        return there >= 0 ? INNERMOST.getPlain(there) : other();
    }

    /** Nanoseconds until the first deadline of the current thread by this environment's clock, or {@link Loop#NO_LIMIT}. */
    static long nanosLeft(Environment environment, long now) {
        return nanosLeft(innermost(), environment, now);
    }

    /** {@link #nanosLeft} of what has these deadlines. */
    static long nanosLeft(@Nullable Interruption innermost, Environment environment, long now) {
        long least = Loop.NO_LIMIT;
        boolean detached = false;
        for (Interruption each = innermost; each != null; each = each.outer) {
            if (!detached || !each.isInherited()) {
                least = Math.min(least, each.nanosLeft(environment, now));
            }
            detached |= each.detaches();
        }
        return least;
    }

    /** {@link #nanosLeft} of those that end what they limit, and not only say so: see {@link Inherited}. */
    static long enforcedNanosLeft(@Nullable Interruption innermost, Environment environment, long now) {
        long least = Loop.NO_LIMIT;
        for (Interruption each = innermost; each != null; each = each.outer) {
            if (!each.isInherited()) {
                least = Math.min(least, each.nanosLeft(environment, now));
            }
        }
        return least;
    }

    /** Whether {@link #enforcedNanosLeft} of the current thread says anything. */
    static boolean isEnforced(Environment environment) {
        for (Interruption each = innermost(); each != null; each = each.outer) {
            if (!each.isInherited() && each.isLimit(environment)) {
                return true;
            }
        }
        return false;
    }

    /** Whether {@link #nanosLeft} says anything. */
    static boolean isLimited(Environment environment) {
        boolean detached = false;
        for (Interruption each = innermost(); each != null; each = each.outer) {
            if (each.isLimit(environment) && !(detached && each.isInherited())) {
                return true;
            }
            detached |= each.detaches();
        }
        return false;
    }

    private static @Nullable Interruption other() {
        return OTHER_THREADS.get() == 0 ? null : OTHERS.get();
    }

    private static int find(Thread thread, int home) {
        for (int i = 0; i < PLACES; i++) {
            int place = place(home, i);
            Interruption there = INNERMOST.getAcquire(place);
            if (there != null && there.thread == thread) {
                return place;
            }
        }
        return -1;
    }

    private static int home(Thread thread) {
        return (int) thread.getId();
    }

    private static int place(int home, int i) {
        // Far apart: threads that are started together have numbers that follow each other.
        return (home + i * (THREADS / PLACES) & THREADS - 1) * APART;
    }
}

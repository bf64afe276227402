// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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
            putFirst(inner, home);
            return;
        }
        inner.outer = other;
        OTHERS.set(inner);
    }

    /** Of a thread that has none. */
    private static void putFirst(Interruption first, int home) {
        for (int i = 0; i < PLACES; i++) {
            int place = place(home, i);
            if (INNERMOST.getPlain(place) == null && INNERMOST.compareAndSet(place, null, first)) {
                return;
            }
        }
        OTHER_THREADS.getAndIncrement();
        OTHERS.set(first);
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
        } else {
            setOther(outer);
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

    // ---- Without deadlines ----------------------------------------------------------------------------------------

    /** For each thread that does something in which those around it have no say. */
    private static final Map<Thread, Detached> DETACHED = new ConcurrentHashMap<>();

    /** The interruptions of a thread that have no say for a while, and its flag, which they or others had raised before. */
    static final class Detached {
        private final @Nullable Interruption innermost;
        private final @Nullable Detached before;
        private final boolean flag;

        private Detached(Thread thread, @Nullable Interruption innermost) {
            this.innermost = innermost;
            this.before = DETACHED.get(thread);
            DETACHED.put(thread, this);
            for (Interruption each = innermost; each != null; each = each.outer) {
                each.settled();
            }
            this.flag = Thread.interrupted();
        }

        /** They have their say again, also on what has happened meanwhile. */
        void attach() {
            Thread thread = Thread.currentThread();
            setInnermost(thread, innermost);
            if (before == null) {
                DETACHED.remove(thread);
            } else {
                DETACHED.put(thread, before);
            }
            if (flag) {
                thread.interrupt();
            }
            for (Interruption each = innermost; each != null; each = each.outer) {
                each.unmute();
            }
        }
    }

    /** What follows on the current thread is not limited by those that are around it, nor interrupted, and its flag is down. */
    static Detached detach() {
        Thread thread = Thread.currentThread();
        Detached detached = new Detached(thread, innermost());
        setInnermost(thread, null);
        return detached;
    }

    /** Whether one has no say now. */
    static boolean isDetached(Interruption one) {
        Detached detached = DETACHED.isEmpty() ? null : DETACHED.get(one.thread);
        for (; detached != null; detached = detached.before) {
            for (Interruption each = detached.innermost; each != null; each = each.outer) {
                if (each == one) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Of the current thread. */
    private static void setInnermost(Thread thread, @Nullable Interruption innermost) {
        int there = find(thread, home(thread));
        if (there >= 0) {
            INNERMOST.setRelease(there, innermost);
        } else if (other() != null) {
            setOther(innermost);
        } else if (innermost != null) {
            putFirst(innermost, home(thread));
        }
    }

    private static void setOther(@Nullable Interruption innermost) {
        if (innermost == null) {
            OTHERS.remove();
            OTHER_THREADS.getAndDecrement();
        } else {
            OTHERS.set(innermost);
        }
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

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Environment;
import dev.holdfast.Require;
import dev.holdfast.ThreadContext;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An environment whose clock moves only when a test says so.
 *
 * <pre>{@code
 * VirtualTime time = VirtualTime.create();
 * CircuitBreaker breaker = CircuitBreaker.builder("inventory").environment(time).build();
 * ...
 * time.advance(Duration.ofSeconds(5));
 * }</pre>
 *
 * <p>A blocking call that waits moves the clock by itself, to the end of its wait and no further, and runs the timers
 * that become due on the way: a retry with an hour of backoff is tested in microseconds, on one thread. Asynchronous
 * calls go on when the clock is moved with {@link #advance} or {@link #join}. Randomness comes from a seed.
 *
 * <p>Safe to use from any thread; deterministic when used from one.
 */
public final class VirtualTime implements Environment {
    private final ReentrantLock lock = new ReentrantLock();
    private final TreeSet<Entry> timers = new TreeSet<>(VirtualTime::compare);
    private final SplittableRandom random;
    private ThreadContext context = ThreadContext.none();
    private volatile long now;
    private long sequence;
    private long reads;

    private VirtualTime(long start, long seed) {
        this.now = start;
        this.random = new SplittableRandom(seed);
    }

    /**
     * Creates virtual time that starts at 0 with seed 0.
     *
     * @return a new instance
     */
    public static VirtualTime create() {
        return new VirtualTime(0, 0);
    }

    /**
     * Creates virtual time.
     *
     * @param startNanos the first reading of the clock; a value near {@link Long#MAX_VALUE} shows what does not
     *     survive the clock's wrap-around
     * @param seed where the random numbers start
     * @return a new instance
     */
    public static VirtualTime create(long startNanos, long seed) {
        return new VirtualTime(startNanos, seed);
    }

    /**
     * Sets what {@link #context()} gives.
     *
     * @param value default: {@link ThreadContext#none()}
     * @return this
     */
    public VirtualTime withContext(ThreadContext value) {
        context = Require.nonNull(value, "context");
        return this;
    }

    @Override
    public ThreadContext context() {
        return context;
    }

    @Override
    public long nanoTime() {
        lock.lock();
        try {
            reads++;
            return now;
        } finally {
            lock.unlock();
        }
    }

    /**
     * How often the clock was read.
     *
     * @return the number of {@link #nanoTime} calls so far
     */
    public long reads() {
        lock.lock();
        try {
            return reads;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
        lock.lock();
        try {
            Entry entry = new Entry(task, now + Math.max(0, delayNanos), sequence++);
            timers.add(entry);
            return () -> remove(entry);
        } finally {
            lock.unlock();
        }
    }

    private void remove(Entry entry) {
        lock.lock();
        try {
            timers.remove(entry);
        } finally {
            lock.unlock();
        }
    }

    /**
     * How many timers are waiting.
     *
     * @return 0 when nothing was left behind
     */
    public int pendingTimers() {
        lock.lock();
        try {
            return timers.size();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long nextLong(long bound) {
        lock.lock();
        try {
            return random.nextLong(bound);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Moves the clock and runs, on this thread, every timer that becomes due, each at its own time.
     *
     * @param duration zero or longer; zero runs what is due now
     */
    public void advance(Duration duration) {
        long target = now + Require.nanosAtLeast(duration, Duration.ZERO, "duration");
        while (runNext(target)) {
            // One at a time: a timer may schedule another that is due before the next.
        }
        moveTo(target);
    }

    /**
     * Sleeps on virtual time: for work in tests. Moves the clock.
     *
     * @param duration zero or longer
     * @throws InterruptedException if the thread was interrupted before, or by a timer on the way
     */
    public void sleep(Duration duration) throws InterruptedException {
        await(() -> false, Require.nanosAtLeast(duration, Duration.ZERO, "duration"));
    }

    @Override
    public boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
        long target = now + Math.max(0, nanos);
        // Forever, or so long that the clock would be of no use afterwards.
        boolean forever = nanos >= Long.MAX_VALUE / 2;
        while (true) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            if (done.getAsBoolean()) {
                return true;
            }
            if (nanos <= 0) {
                return false;
            }
            if (!runNext(forever ? now + Long.MAX_VALUE / 2 : target)) {
                if (!forever) {
                    moveTo(target);
                    return done.getAsBoolean();
                }
                // Nothing on this clock will end the wait: another thread has to.
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    /**
     * Moves the clock from timer to timer until a future is complete.
     *
     * @param <T> the result
     * @param future what to wait for
     * @return its result
     * @throws IllegalStateException if no timer is left and the future is not complete
     * @throws java.util.concurrent.CompletionException as {@link CompletableFuture#join} does
     */
    public <T extends @Nullable Object> T join(CompletableFuture<T> future) {
        while (!future.isDone()) {
            if (!runNext(now + Long.MAX_VALUE / 2)) {
                throw new IllegalStateException("future: not complete, and no timer is left (expected: one or the other)");
            }
        }
        return future.join();
    }

    /** Runs the earliest timer if it is due at {@code target} or before. */
    private boolean runNext(long target) {
        Entry next;
        lock.lock();
        try {
            next = timers.isEmpty() ? null : timers.first();
            if (next == null || next.due - target > 0) {
                return false;
            }
            timers.remove(next);
            if (next.due - now > 0) {
                now = next.due;
            }
        } finally {
            lock.unlock();
        }
        next.task.run();
        return true;
    }

    private void moveTo(long target) {
        lock.lock();
        try {
            if (target - now > 0) {
                now = target;
            }
        } finally {
            lock.unlock();
        }
    }

    /** By time, as a difference because the clock may wrap around; then in the order in which they were scheduled. */
    private static int compare(Entry a, Entry b) {
        long byTime = a.due - b.due;
        return byTime != 0 ? Long.signum(byTime) : Long.compare(a.sequence, b.sequence);
    }

    @Override
    public String toString() {
        return "VirtualTime[" + now + " ns]";
    }

    private static final class Entry {
        final Runnable task;
        final long due;
        final long sequence;

        Entry(Runnable task, long due, long sequence) {
            this.task = task;
            this.due = due;
            this.sequence = sequence;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Environment;
import dev.holdfast.Subscription;
import dev.holdfast.ThreadContext;
import dev.holdfast.WorkThreads;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An environment whose clock moves only when a test says so, or when all that it knows waits for it.
 *
 * <pre>{@code
 * VirtualTime time = VirtualTime.create();
 * CircuitBreaker breaker = CircuitBreaker.builder("inventory").environment(time).build();
 * ...
 * time.advance(Duration.ofSeconds(5));
 * }</pre>
 *
 * <p>A blocking call that waits moves the clock by itself, to the end of its wait and no further, and runs the timers
 * that become due on the way: a retry with an hour of backoff is tested in microseconds. Asynchronous calls go on when the clock
 * is moved with {@link #advance} or {@link #join}. Randomness comes from a seed.
 *
 * <p><b>Threads.</b> On one thread it is exact and deterministic. With several, it has to know them. It knows one thread of the
 * test's own: the one that created it, or, while that one waits, the only other one that uses it. It knows the work of bulkheads and
 * timeouts on threads of their own or on an executor, what runs on its {@link #executor()}, and what is started on
 * {@link #threads()}. The clock moves by itself only when each of these waits for it, has ended, or waits for another thread; code
 * that runs, or sleeps in real time, holds it. A thread that it does not know never moves the clock by waiting: it waits until others
 * move it, and gets an {@link IllegalStateException} when nobody does for ten seconds. What it cannot know of is work on other
 * executors, such as that of {@code supplyAsync} on the common pool: run that on {@code threads()}.
 *
 * <p><b>Timers</b> run on the thread that moves the clock, and must not wait themselves: that is an {@link IllegalStateException}. What
 * a timer throws does not reach whoever happened to wait; {@link #advance} and {@link #join} throw it. Tasks of {@code executor()},
 * which is where asynchronous calls go on, run on threads of their own, one after the other, and may wait.
 */
public final class VirtualTime implements Environment {
    private final Agenda agenda;
    private final Participants participants;
    private final Waits waits;
    private final ReentrantLock randomLock = new ReentrantLock();
    private final SplittableRandom random;
    private final WorkThreads helpers = WorkThreads.pool("virtual-time-", 100_000);
    private final Executor executor = this::executeWhenMoved;
    private final ConcurrentHashMap<Object, Runnable> onClose = new ConcurrentHashMap<>();
    private volatile boolean closed;
    private volatile ThreadContext context = ThreadContext.none();

    private VirtualTime(long start, long seed) {
        this.agenda = new Agenda(start);
        this.participants = new Participants(agenda);
        this.waits = new Waits(agenda, participants);
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
        return agenda.read();
    }

    /**
     * How often the clock was read.
     *
     * @return the number of {@link #nanoTime} calls so far
     */
    public long reads() {
        return agenda.reads();
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
        participants.putOnAgenda();
        return agenda.add(Require.nonNull(task, "task"), delayNanos);
    }

    /**
     * How many timers are waiting.
     *
     * @return 0 when nothing was left behind
     */
    public int pendingTimers() {
        return agenda.timers();
    }

    @Override
    public long nextLong(long bound) {
        randomLock.lock();
        try {
            return random.nextLong(bound);
        } finally {
            randomLock.unlock();
        }
    }

    // ---- Threads --------------------------------------------------------------------------------------------------

    /** Runs tasks when the clock is next moved, each on a thread that this clock knows, one after the other. */
    @Override
    public Executor executor() {
        return executor;
    }

    private void executeWhenMoved(Runnable task) {
        Require.nonNull(task, "task");
        participants.putOnAgenda();
        agenda.addNow(() -> threads().execute(task));
    }

    /**
     * Threads for a test's own concurrency: each task runs at once, on a thread that this clock knows.
     *
     * @return an executor
     */
    public Executor threads() {
        return task -> {
            Errand errand = errand();
            helpers.execute(() -> {
                errand.begins();
                try {
                    task.run();
                } finally {
                    errand.ended();
                }
            });
            errand.sent();
        };
    }

    @Override
    public Errand errand() {
        return participants.errand();
    }

    // ---- Moving the clock -----------------------------------------------------------------------------------------

    /**
     * Moves the clock and runs, on this thread, every timer that becomes due, each at its own time. It moves whatever other threads
     * do, but lets those that it wakes come to rest before it goes on. Several that move the clock at once move it by the sum.
     *
     * @param duration zero or longer; zero runs what is due now
     */
    public void advance(Duration duration) {
        long target = agenda.reach(Require.nanosAtLeast(duration, Duration.ZERO, "duration"));
        Participants.Bystanders bystanders = participants.bystanders();
        try {
            for (Agenda.Entry next = agenda.pollUntil(target); next != null; next = agenda.pollUntil(target)) {
                agenda.happen(next);
                participants.settle(bystanders);
            }
            agenda.moveTo(target);
        } finally {
            participants.moved(bystanders);
        }
        agenda.throwWhatTimersThrew();
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
        return waits.until(done, nanos);
    }

    @Override
    public void wake(Thread thread) {
        participants.wakes(thread);
    }

    /**
     * Moves the clock from timer to timer until a future is complete.
     *
     * @param <T> the result
     * @param future what to wait for
     * @return its result
     * @throws IllegalStateException if no timer is left, nothing that this clock knows of is under way, and the future is not complete
     *     after a second of real time
     * @throws java.util.concurrent.CompletionException as {@link CompletableFuture#join} does
     */
    public <T extends @Nullable Object> T join(CompletableFuture<T> future) {
        waits.until(future);
        agenda.throwWhatTimersThrew();
        return future.join();
    }

    // ---- The end --------------------------------------------------------------------------------------------------

    @Override
    public Subscription onClose(Runnable task) {
        Object key = new Object();
        onClose.put(key, task);
        if (closed) {
            end(key);
        }
        return () -> onClose.remove(key);
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        closed = true;
        onClose.keySet().forEach(this::end);
    }

    private void end(Object key) {
        Runnable task = onClose.remove(key);
        if (task != null) {
            task.run();
        }
    }

    @Override
    public String toString() {
        return "VirtualTime[" + agenda.now() + " ns]";
    }
}

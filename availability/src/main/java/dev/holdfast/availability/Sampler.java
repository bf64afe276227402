// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.Environment;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads totals again and again, and hands on what has come since the last time: to one who takes it, under a lock, and says what is to be
 * told of it when none is held.
 *
 * <p>Late, doubled and missing ticks change nothing: a slice is whatever has passed since the last one. It owns no thread: the timer hands
 * over to the environment's, because evidence and those who are told may be slow.
 */
final class Sampler implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Availability.class);
    /** Beyond so many usual slices, a slice is time in which nobody looked. */
    private static final int SEEN = 3;

    /**
     * What has come in a stretch of time.
     *
     * @param from its beginning, in nanoseconds since watching began
     * @param to its end
     * @param came what came in it
     * @param seen how much of the time somebody has looked
     * @param underWay calls that had begun and not ended, at its end
     * @param total what has come since watching began
     */
    record Slice(long from, long to, Evidence came, long seen, long underWay, Evidence total) {}

    /**
     * Where it goes on from.
     *
     * @param time since watching began, in nanoseconds
     * @param total what had come until then
     */
    record Start(long time, Evidence total) {
        static final Start FRESH = new Start(0, Evidence.NONE);
    }

    private final String owner;
    private final Environment environment;
    private final long every;
    private final long origin;
    private final Supplier<Evidence> evidence;
    private final Function<Slice, Runnable> taker;
    /** Held while a sample is taken, and by no call. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Evidence before;
    private final Evidence first;
    private Evidence last;
    private long lastTime;
    private final AtomicReference<Environment.@Nullable Timer> timer = new AtomicReference<>();
    private volatile boolean closed;

    Sampler(
            String owner,
            Environment environment,
            long every,
            Start start,
            Supplier<Evidence> evidence,
            Function<Slice, Runnable> taker) {
        this.owner = owner;
        this.environment = environment;
        this.every = every;
        this.evidence = evidence;
        this.taker = taker;
        this.origin = environment.nanoTime() - start.time();
        this.lastTime = start.time();
        this.before = start.total();
        this.first = evidence.get();
        this.last = first;
        arm();
    }

    /** The longest slice that somebody has looked at all of. */
    static long longest(long every) {
        return Math.min(Long.MAX_VALUE / SEEN, every) * SEEN;
    }

    private void arm() {
        if (closed) {
            return;
        }
        try {
            Environment.Timer next = environment.schedule(this::due, every);
            timer.set(next);
            if (closed) {
                next.cancel();
            }
        } catch (RejectedExecutionException isOver) {
            LOG.warn("{}: its timer is shut down; only who asks for a report takes samples from now on", owner);
        }
    }

    private void due() {
        try {
            environment.executor().execute(this::sampleOrLog);
        } catch (RuntimeException refused) {
            LOG.warn("{}: no thread for a sample", owner, refused);
        }
        arm();
    }

    private void sampleOrLog() {
        try {
            sample();
        } catch (RuntimeException thrown) {
            LOG.warn("{}: its evidence threw", owner, thrown);
        }
    }

    /** Takes one now, unless it is closed. */
    void sample() {
        if (!closed) {
            take().run();
        }
    }

    /** What is to be told of it, when no lock is held. */
    private Runnable take() {
        lock.lock();
        try {
            Evidence now = evidence.get().atLeast(last);
            long from = lastTime;
            long to = Math.max(from, environment.nanoTime() - origin);
            Evidence came = now.since(last);
            last = now;
            lastTime = to;
            return taker.apply(new Slice(
                    from,
                    to,
                    came,
                    Math.min(to - from, longest(every)),
                    now.begun() - now.ended(),
                    now.since(first).and(before)));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        closed = true;
        Environment.Timer pending = timer.getAndSet(null);
        if (pending != null) {
            pending.cancel();
        }
    }
}

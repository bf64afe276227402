// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.EventSupport;
import dev.holdfast.Subscription;
import dev.holdfast.internal.Teller;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Reads totals again and again, and hands on what has come since the last time, slice by slice; what comes of a slice is told in order.
 *
 * <pre>
 *   timer ── due ──▶ a thread of the environment ──▶ read the totals ──▶ slice ──▶ taker ──▶ events ──▶ listeners, in order
 *     ▲       │         (one at a time: while one reads, others are left out)
 *     └───────┘
 *   a reader, where the last slice is older than it should be ──▶ the same, and the environment's threads tell
 * </pre>
 *
 * <p>Late, doubled and missing ticks change no total: a slice is whatever has passed since the last one. No slice is shorter than usual,
 * however often somebody reads what is known, so that what is decided does not depend on who looks. It owns no thread: the timer hands over
 * to the environment's, because the evidence is code of the user's, and may be slow, throw, or never come back.
 */
final class Sampler implements AutoCloseable {
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
     */
    record Slice(long from, long to, Evidence came, long seen, long underWay) {}

    private final Logger log;
    private final String owner;
    private final Environment environment;
    private final long every;
    private long origin;
    private final Supplier<Evidence> evidence;
    private final Function<Slice, List<? extends Event.Change>> taker;
    private final Telling telling;
    /** Held while a sample is taken, and by no call. */
    private final ReentrantLock lock = new ReentrantLock();
    /** Held while a slice is put in, or what is known is read, and never while code of the user's runs. */
    private final ReentrantLock known = new ReentrantLock();

    private Evidence last;
    private long lastTime;
    private final AtomicReference<Environment.@Nullable Timer> timer = new AtomicReference<>();
    private final AtomicBoolean armed = new AtomicBoolean();
    /** Said once, until it is well again. */
    private final AtomicBoolean complained = new AtomicBoolean();

    private final Subscription untilEnvironmentCloses;
    private volatile boolean closed;

    /** What is to be told, one thread at a time. */
    private static final class Telling extends Teller {
        private static final long serialVersionUID = 1L;

        private final transient EventSupport events;
        private final transient Queue<Event.Change> waiting = new ConcurrentLinkedQueue<>();

        Telling(EventSupport events) {
            this.events = events;
        }

        @Override
        protected void round() {
            for (Event.Change event = waiting.poll(); event != null; event = waiting.poll()) {
                events.tell(event);
            }
        }
    }

    /**
     * @param log of the class that owns it
     * @param start when it goes on from, in nanoseconds since watching began
     * @param taker gets each slice, and says what is to be told of it; nothing is {@linkplain #read read} meanwhile
     * @param events who is told
     */
    Sampler(
            Logger log,
            String owner,
            Environment environment,
            long every,
            long start,
            Supplier<Evidence> evidence,
            Function<Slice, List<? extends Event.Change>> taker,
            EventSupport events) {
        this.log = log;
        this.owner = owner;
        this.environment = environment;
        this.every = every;
        this.evidence = evidence;
        this.taker = taker;
        this.telling = new Telling(events);
        this.origin = environment.nanoTime() - start;
        this.lastTime = start;
        this.last = evidence.get();
        this.untilEnvironmentCloses = environment.onClose(this::stop);
        arm();
    }

    /** The longest slice that somebody has looked at all of. */
    static long longest(long every) {
        return Math.min(Long.MAX_VALUE / SEEN, every) * SEEN;
    }

    /** Sets the timer, unless it is set. Where it takes no task now, the next sample that somebody asks for tries again. */
    private void arm() {
        if (closed || !armed.compareAndSet(false, true)) {
            return;
        }
        try {
            Environment.Timer next = environment.schedule(this::due, every);
            timer.set(next);
            if (closed) {
                next.cancel();
            }
        } catch (Throwable refused) {
            armed.set(false);
            complain("its timer takes no task; until it does, only who asks for a report takes samples", refused);
        }
    }

    private void due() {
        armed.set(false);
        try {
            environment.executor().execute(this::tick);
        } catch (Throwable refused) {
            complain("no thread for a sample", refused);
        } finally {
            arm();
        }
    }

    private void tick() {
        // A tick that was late before makes the next slice look short.
        if (sampled(every / 2)) {
            telling.tell();
        }
        arm();
    }

    /** Takes one where the last is older than usual, for somebody who wants to know; who is told hears of it on another thread. */
    private void catchUp() {
        arm();
        if (sampled(every)) {
            try {
                environment.executor().execute(telling::tell);
            } catch (Throwable refused) {
                telling.tell();
            }
        }
    }

    /** Reads what is known by now, while no slice is put in. */
    <T> T read(Supplier<T> what) {
        catchUp();
        return known(what);
    }

    private <T> T known(Supplier<T> what) {
        known.lock();
        try {
            return what.get();
        } finally {
            known.unlock();
        }
    }

    /** Takes one, unless somebody does, or did less than so long ago. Whether there is something to tell. */
    private boolean sampled(long atLeast) {
        // The evidence may ask for a report in its turn.
        if (closed || lock.isHeldByCurrentThread() || !lock.tryLock()) {
            return false;
        }
        try {
            long passed = environment.nanoTime() - origin - lastTime;
            if (passed < -every) {
                // Until it had caught up nothing would be seen.
                complain("its clock went back, and time goes on from there", null);
                origin += passed;
                passed = 0;
            }
            return !closed && passed >= atLeast && take();
        } catch (Throwable thrown) {
            complain("its evidence, or the clock, threw", thrown);
            return false;
        } finally {
            lock.unlock();
        }
    }

    private boolean take() {
        Evidence now = evidence.get();
        long from = lastTime;
        long to = Math.max(from, environment.nanoTime() - origin);
        Slice slice = new Slice(from, to, now.since(last), Math.min(to - from, longest(every)), now.underWay());
        List<? extends Event.Change> events = known(() -> taker.apply(slice));
        last = now;
        lastTime = to;
        complained.set(false);
        telling.waiting.addAll(events);
        return !events.isEmpty();
    }

    private void complain(String what, @Nullable Throwable thrown) {
        if (complained.compareAndSet(false, true)) {
            try {
                log.warn("{}: {}", owner, what, thrown);
            } catch (Throwable dropped) {
                // A broken logger: the one place to report it is what has just failed.
            }
        }
    }

    private void stop() {
        closed = true;
        Environment.Timer pending = timer.getAndSet(null);
        if (pending != null) {
            pending.cancel();
        }
    }

    @Override
    public void close() {
        stop();
        untilEnvironmentCloses.cancel();
    }
}

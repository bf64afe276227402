// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Environment;
import dev.holdfast.WorkThreads;
import dev.holdfast.internal.Require;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A few threads for requests. When many are busy, the one that has waited longest for its client makes room for the next: its thread is
 * interrupted, which closes its connection. So a client that sends its request byte by byte holds up nobody, however many of its kind there are.
 *
 * <pre>
 *   reads ── answers() ──▶ is being answered ── writes() ──▶ writes ──▶ done
 *     └ dropped for the next        └ only where all are        └ dropped for the next
 * </pre>
 */
final class ExchangeThreads implements Executor, AutoCloseable {
    private final Environment environment;
    private final int most;
    private final WorkThreads threads;
    private final Map<Thread, Run> byThread = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    /** They read or write: in the order in which they began to. */
    private final Deque<Run> waiting = new ArrayDeque<>();
    /** They do neither, in the same order. */
    private final Deque<Run> answered = new ArrayDeque<>();

    ExchangeThreads(Environment environment, int most) {
        this.environment = environment;
        this.most = most;
        // As many again where requests are answered, and one that was told to end needs its thread for a moment still.
        this.threads = WorkThreads.direct("holdfast-health-server-", 3 * most);
    }

    @Override
    public void execute(Runnable exchange) {
        Run[] self = {null};
        Run run = Run.of(environment, () -> serve(exchange, self[0]), thrown -> leave(self[0]));
        self[0] = run;
        Run dropped = come(run);
        if (dropped != null) {
            dropped.interrupt();
        }
        try {
            run.start(threads);
        } catch (RejectedExecutionException busy) {
            leave(run);
            throw busy;
        }
    }

    private void serve(Runnable exchange, @Nullable Run run) {
        byThread.put(Thread.currentThread(), Require.nonNull(run, "run"));
        try {
            exchange.run();
        } finally {
            byThread.remove(Thread.currentThread());
        }
    }

    /** The request of this thread is there, and does not wait for its client from now on. */
    void answers() {
        move(waiting, answered);
    }

    /** The answer is there, and the client may be slow to read it. */
    void writes() {
        move(answered, waiting);
    }

    private void move(Deque<Run> from, Deque<Run> to) {
        Run run = byThread.get(Thread.currentThread());
        lock.lock();
        try {
            // Not where it was dropped.
            if (run != null && from.remove(run)) {
                to.addLast(run);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whom it takes the place of, if anybody. */
    private @Nullable Run come(Run run) {
        lock.lock();
        try {
            Run dropped = null;
            if (waiting.size() >= most) {
                dropped = waiting.pollFirst();
            } else if (waiting.size() + answered.size() >= 2 * most) {
                dropped = answered.pollFirst();
            }
            waiting.addLast(run);
            return dropped;
        } finally {
            lock.unlock();
        }
    }

    private void leave(@Nullable Run run) {
        lock.lock();
        try {
            waiting.remove(run);
            answered.remove(run);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            waiting.forEach(Run::interrupt);
            answered.forEach(Run::interrupt);
        } finally {
            lock.unlock();
        }
        threads.close();
    }
}

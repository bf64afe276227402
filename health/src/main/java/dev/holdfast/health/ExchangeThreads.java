// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Environment;
import dev.holdfast.WorkThreads;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A few threads for requests. When all are busy, the request that has been there longest makes room for the next: its thread is interrupted,
 * which closes its connection. So a client that sends its request byte by byte holds up nobody, however many of its kind there are.
 */
final class ExchangeThreads implements Executor, AutoCloseable {
    private final Environment environment;
    private final int most;
    private final WorkThreads threads;
    private final ReentrantLock lock = new ReentrantLock();
    /** In the order in which they came. */
    private final Deque<Run> running = new ArrayDeque<>();

    ExchangeThreads(Environment environment, int most) {
        this.environment = environment;
        this.most = most;
        // One that was told to end needs its thread for a moment still.
        this.threads = WorkThreads.direct("holdfast-health-server-", 2 * most);
    }

    @Override
    public void execute(Runnable exchange) {
        Run[] self = {null};
        Run run = Run.of(environment, exchange::run, thrown -> leave(self[0]));
        self[0] = run;
        Run oldest = come(run);
        if (oldest != null) {
            oldest.interrupt();
        }
        try {
            run.start(threads);
        } catch (RejectedExecutionException busy) {
            leave(run);
            throw busy;
        }
    }

    /** Whom it takes the place of, if anybody. */
    private @Nullable Run come(Run run) {
        lock.lock();
        try {
            running.addLast(run);
            return running.size() > most ? running.pollFirst() : null;
        } finally {
            lock.unlock();
        }
    }

    private void leave(@Nullable Run run) {
        lock.lock();
        try {
            running.remove(run);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            running.forEach(Run::interrupt);
        } finally {
            lock.unlock();
        }
        threads.close();
    }
}

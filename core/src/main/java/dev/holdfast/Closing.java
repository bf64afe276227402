// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of an environment, and who wants to know of it.
 *
 * <p>Concurrency: who subscribes is in the set before it looks whether the end has come, and the end is written before the set is
 * read, so that one of the two sees the other; removing decides who runs a task.
 */
final class Closing {
    static final Subscription NEVER = () -> {};

    private static final Logger LOG = LoggerFactory.getLogger(Environment.class);

    private final ConcurrentHashMap<Object, Runnable> tasks = new ConcurrentHashMap<>();
    private volatile boolean closed;

    Subscription onClose(Runnable task) {
        Object key = new Object();
        tasks.put(key, task);
        if (closed) {
            end(key);
        }
        return () -> tasks.remove(key);
    }

    boolean isClosed() {
        return closed;
    }

    void close() {
        closed = true;
        tasks.keySet().forEach(this::end);
    }

    private void end(Object key) {
        Runnable task = tasks.remove(key);
        if (task != null) {
            run(task);
        }
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (Throwable thrown) {
            Policy.tryTo(() -> LOG.warn("A task for the end of an environment threw", thrown));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Environment;
import dev.holdfast.Readiness.Condition;
import dev.holdfast.Readiness.State;
import dev.holdfast.internal.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * One look at all parts of a kind. Who asks while it is fresh gets what it found, and who asks while it is under way waits for it.
 *
 * <pre>
 *   begin() ──▶ each part on its own ── all have answered, or the time is up ──▶ found, for good
 * </pre>
 */
final class Checkup {
    final long start;
    private final List<Check> parts;
    private final long timeout;
    private final AtomicReferenceArray<@Nullable Condition> found;
    /** What runs, for who gives it up. */
    private final AtomicReferenceArray<@Nullable Run> runs;

    private final AtomicInteger missing;
    private final Queue<Thread> waiting = new ConcurrentLinkedQueue<>();

    Checkup(long start, List<Check> parts, long timeout) {
        this.start = start;
        this.parts = parts;
        this.timeout = timeout;
        this.found = new AtomicReferenceArray<>(parts.size());
        this.runs = new AtomicReferenceArray<>(parts.size());
        this.missing = new AtomicInteger(parts.size());
    }

    void begin(Environment environment, @Nullable Executor threads) {
        for (int i = 0; i < parts.size(); i++) {
            int place = i;
            runs.set(i, parts.get(i).start(environment, threads, is -> put(environment, place, is)));
        }
    }

    private void put(Environment environment, int place, Condition is) {
        if (found.compareAndSet(place, null, is) && missing.decrementAndGet() == 0) {
            waiting.forEach(environment::wake);
        }
    }

    boolean isComplete() {
        return missing.get() == 0;
    }

    /** Whether somebody may still find something, so that nobody else has to look. */
    boolean isUnderWay(long now) {
        return missing.get() > 0 && now - start < timeout;
    }

    /** Waits until all is found, or the time is up. If the thread is interrupted it goes on, and stays so. */
    HealthReport report(Environment environment) {
        if (missing.get() > 0) {
            Thread me = Thread.currentThread();
            waiting.add(me);
            try {
                long left = timeout - Math.max(0, environment.nanoTime() - start);
                if (!environment.await(() -> missing.get() == 0, left)) {
                    giveUp(environment);
                }
            } catch (InterruptedException stopped) {
                me.interrupt();
            } finally {
                waiting.remove(me);
            }
        }
        List<HealthReport.Part> all = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            Check part = parts.get(i);
            Condition is = found.get(i);
            all.add(
                    is == null
                            ? new HealthReport.Part(part.name, State.UNKNOWN, "no answer yet", part.decides)
                            : new HealthReport.Part(part.name, is.state(), is.reason(), part.decides));
        }
        return HealthReport.of(all);
    }

    private void giveUp(Environment environment) {
        String why = "no answer within " + Durations.write(Duration.ofNanos(timeout));
        for (int i = 0; i < parts.size(); i++) {
            Run run = runs.get(i);
            if (found.get(i) == null) {
                if (run != null) {
                    run.interrupt();
                }
                put(environment, i, new Condition(State.DOWN, why));
            }
        }
    }
}

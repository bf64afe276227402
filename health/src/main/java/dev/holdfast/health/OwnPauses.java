// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Environment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Whether this process has stood still: then nobody is suspected for as long, because what has come meanwhile is still to be read. The guard
 * of Cassandra's detector.
 *
 * <pre>
 *   a timer marks that it runs, every half a limit ──▶ who looks later than a limit after the last mark ──▶ QUIET, for a limit
 * </pre>
 */
final class OwnPauses {
    private final Environment environment;
    /** Zero: none is looked for. */
    private final long limit;

    private final AtomicBoolean begins = new AtomicBoolean();
    /** Written after the first mark. */
    private volatile boolean begun;

    private final AtomicLong mark = new AtomicLong();
    private final AtomicReference<Environment.@Nullable Timer> timer = new AtomicReference<>();
    private final LongAdder seen = new LongAdder();
    private volatile boolean everQuiet;
    private volatile long quietUntil;
    private volatile boolean closed;

    OwnPauses(Environment environment, long limit) {
        this.environment = environment;
        this.limit = limit;
    }

    /** There is somebody who could be suspected. */
    void begin(long now) {
        if (limit > 0 && !begins.get() && begins.compareAndSet(false, true)) {
            mark.set(now);
            begun = true;
            arm();
        }
    }

    private void arm() {
        if (closed) {
            return;
        }
        try {
            Environment.Timer next = environment.schedule(this::tick, Math.max(1, limit / 2));
            timer.set(next);
            if (closed) {
                next.cancel();
            }
        } catch (Throwable refused) {
            // Without a timer nobody is suspected in time either; the next who comes tries again.
            begun = false;
            begins.set(false);
        }
    }

    private void tick() {
        try {
            look(environment.nanoTime());
        } finally {
            arm();
        }
    }

    private void look(long now) {
        long before = mark.get();
        long passed = now - before;
        if (passed > limit) {
            // First, so that nobody sees the new mark alone.
            quietUntil = now + limit;
            everQuiet = true;
            if (mark.compareAndSet(before, now)) {
                seen.increment();
            }
        } else if (passed < 0 || passed >= limit / 4) {
            mark.compareAndSet(before, now);
        }
    }

    /** How long nobody is to be suspected from now on; 0 or less if there is no reason. */
    long quietFor(long now) {
        if (limit == 0 || !begun) {
            return 0;
        }
        if (now - mark.get() > limit) {
            look(now);
        }
        if (!everQuiet) {
            return 0;
        }
        long left = quietUntil - now;
        if (left > limit) {
            // The clock was ahead when that was written, and has gone back.
            quietUntil = now + limit;
            return limit;
        }
        return left;
    }

    long seen() {
        return seen.sum();
    }

    void close() {
        closed = true;
        Environment.Timer pending = timer.getAndSet(null);
        if (pending != null) {
            pending.cancel();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

/** The deadlines of asynchronous calls. */
final class AsyncDeadlines {
    private AsyncDeadlines() {}

    static void enter(AsyncEngine<?> engine, int level, Deadline deadline) {
        long own = deadline.limit(engine.call);
        long limit = engine.inherits() ? Math.min(own, engine.inheritedNanos(engine.chain.now())) : own;
        if (limit <= 0) {
            deadline.tellPassed(limit, engine.call);
            throw deadline.exceeded(own, limit);
        }
        if (limit != Loop.NO_LIMIT) {
            AsyncDeadline timer =
                    AsyncDeadline.of(deadline, engine::signal, engine.chain.now(), own, limit, engine.call);
            timer.start();
            engine.remember(level, timer);
            engine.call = timer.innerCall;
        }
        engine.depth = level + 1;
    }

    static void leave(AsyncEngine<?> engine, int level, Deadline deadline) {
        AsyncDeadline timer = (AsyncDeadline) engine.recall(level);
        if (timer == null) {
            return;
        }
        engine.remember(level, null);
        Call inner = timer.innerCall;
        engine.call = timer.outerCall;
        if (timer.end()) {
            deadline.tellKept();
        } else {
            deadline.tellPassed(timer.limit, inner);
            engine.broken(timer.exceeded());
        }
    }

    /** The depth just inside of the outermost deadline that has passed, or -1. */
    static int outermostPassed(AsyncEngine<?> engine) {
        for (int level = 0; level < engine.depth; level++) {
            if (engine.recall(level) instanceof AsyncDeadline timer && timer.hasFired()) {
                return level + 1;
            }
        }
        return -1;
    }

    static boolean isLimited(AsyncEngine<?> engine) {
        for (int level = 0; level < engine.depth; level++) {
            if (engine.recall(level) instanceof AsyncDeadline) {
                return true;
            }
        }
        return false;
    }

    static long nanosLeft(AsyncEngine<?> engine, long now) {
        long least = Loop.NO_LIMIT;
        for (int level = 0; level < engine.depth; level++) {
            if (engine.recall(level) instanceof AsyncDeadline timer) {
                least = Math.min(least, timer.nanosLeft(now));
            }
        }
        return least;
    }
}

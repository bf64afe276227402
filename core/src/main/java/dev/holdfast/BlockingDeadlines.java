// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** The deadlines of blocking calls, on the caller's thread or on an executor. */
final class BlockingDeadlines {
    private BlockingDeadlines() {}

    static @Nullable Object deadline(
            Chain chain, int i, int shape, Object work, @Nullable Object a, @Nullable Object b, @Nullable Frame frame)
            throws Throwable {
        Deadline deadline = (Deadline) chain.policies[i];
        Call outer = Frame.callOf(frame);
        long own = deadline.limit(outer);
        long limit = Inherited.isUsed() ? Math.min(own, Inherited.nanosLeft(chain.environment)) : own;
        Executor executor = deadline.executor();
        if (limit == Loop.NO_LIMIT && executor == null) {
            return BlockingEngine.run(chain, i + 1, shape, work, a, b, frame);
        }
        if (limit <= 0) {
            deadline.tellPassed(limit, outer);
            throw deadline.exceeded(own, limit);
        }
        if (executor != null) {
            return handOff(chain, i, deadline, own, limit, executor, shape, work, a, b, frame);
        }
        if (frame != null) {
            frame.begins(i, limit);
        }
        DeadlineScope scope = DeadlineScope.begin(chain, i, own, limit, frame);
        Object value = null;
        Throwable failure = null;
        try {
            value = BlockingEngine.inner(chain, i + 1, shape, work, a, b, frame);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        RuntimeException tooLate = scope.end(limit, failure);
        if (frame != null && outer != null) {
            frame.call = outer;
        }
        if (tooLate != null) {
            chain.drop(value);
            throw Failures.replacing(failure, tooLate);
        }
        if (failure != null) {
            throw failure;
        }
        return value;
    }

    private static @Nullable Object handOff(
            Chain chain,
            int i,
            Deadline deadline,
            long own,
            long limit,
            Executor executor,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame frame)
            throws Throwable {
        Call outer = Frame.callOf(frame);
        if (frame != null && outer != null) {
            frame.call = outer.withDeadline(chain.now(), limit);
        }
        Call inner = Frame.callOf(frame);
        HandOff task = new HandOff(chain, i + 1, shape, work, a, b, frame, null);
        if (frame != null && outer != null) {
            frame.call = outer;
        }
        task.start(executor, 0, 0, limit);
        return limit == Loop.NO_LIMIT ? task.await(deadline) : task.await(deadline, own, limit, inner);
    }
}

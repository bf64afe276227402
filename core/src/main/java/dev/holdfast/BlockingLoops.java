// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import org.jspecify.annotations.Nullable;

/** The loops of blocking calls: the first attempt, which is the only one of most, and what follows one that is perhaps not the last. */
final class BlockingLoops {
    private BlockingLoops() {}

    /** The first attempt, which is the only one of most calls. */
    static @Nullable Object loop(
            Chain chain,
            int i,
            Loop<?> loop,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame frame)
            throws Throwable {
        long start = loop.maxNanos() == Loop.NO_LIMIT ? Gate.NO_TIME : chain.now();
        Call outer = Frame.callOf(frame);
        if (frame != null && outer != null) {
            frame.call = outer.withAttempt(1);
        }
        Object value = null;
        Throwable failure = null;
        try {
            value = BlockingEngine.inner(chain, i + 1, shape, work, a, b, frame);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        if (failure != null || chain.looksAtResults(loop)) {
            return attempts(chain, i, shape, work, a, b, frame, outer, start, value, failure);
        }
        if (frame != null && outer != null) {
            frame.call = outer;
        }
        loop.succeededAtOnce();
        return value;
    }

    /** What follows an attempt that is perhaps not the last. */
    // A policy in the chain accepts the results of the call: the public methods see to it.
    @SuppressWarnings("unchecked")
    private static @Nullable Object attempts(
            Chain chain,
            int i,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame frame,
            @Nullable Call outer,
            long start,
            @Nullable Object firstValue,
            @Nullable Throwable firstFailure)
            throws Throwable {
        Loop<Object> loop = (Loop<Object>) chain.policies[i];
        Attempts attempts = null;
        Object value = firstValue;
        Throwable failure = firstFailure;
        while (true) {
            long delay = Attempts.OVER;
            try {
                if (!loop.stands(chain.rules, attempts == null ? 1 : attempts.number, value, failure)) {
                    attempts = attempts == null ? new Attempts() : attempts;
                    delay = attempts.again(chain, loop, value, failure, start, Rest.OF_THREAD, Frame.callOf(frame));
                    if (delay >= 0) {
                        BlockingWait.delay(loop, delay, OwnWait.at(chain, i, Gate.QUEUED, frame));
                        delay = attempts.waited(loop, start, Rest.OF_THREAD, Frame.callOf(frame));
                    }
                    if (delay == Loop.STOP) {
                        Object last = value;
                        value = attempts.exhausted(loop, last, failure, Frame.callOf(frame));
                        if (value != last) {
                            chain.drop(last);
                        }
                    }
                }
            } catch (Throwable thrown) {
                delay = Attempts.OVER;
                failure = Failures.cutShort(loop, thrown, failure);
            }
            if (delay < 0 || attempts == null) {
                if (frame != null && outer != null) {
                    frame.call = outer;
                }
                if (failure != null) {
                    chain.drop(value);
                    throw attempts == null ? failure : attempts.hangOn(failure);
                }
                return value;
            }
            attempts.next(failure);
            if (frame != null && outer != null) {
                frame.call = outer.withAttempt(attempts.number);
            }
            chain.drop(value);
            value = null;
            failure = null;
            try {
                value = BlockingEngine.inner(chain, i + 1, shape, work, a, b, frame);
            } catch (Throwable thrown) {
                failure = thrown;
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The recoveries of blocking calls: their steps, one after the other. */
final class BlockingRecoveries {
    private BlockingRecoveries() {}

    @SuppressWarnings("unchecked") // As in attempts.
    static @Nullable Object recovery(
            Chain chain, int i, int shape, Object work, @Nullable Object a, @Nullable Object b, @Nullable Frame frame)
            throws Throwable {
        Recovery<Object> recovery = (Recovery<Object>) chain.policies[i];
        Object value = null;
        Throwable failure = null;
        try {
            value = BlockingEngine.inner(chain, i + 1, shape, work, a, b, frame);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        Call call = Frame.callOf(frame);
        if (recovery.replaces(chain, value, failure, call)) {
            return substitute(chain, shape, recovery, value, new Substitutes(recovery, value, failure, call, shape));
        }
        if (failure != null) {
            throw failure;
        }
        return value;
    }

    /** What the call gets in place of an outcome; a result of its own that it does not get is dropped. */
    private static @Nullable Object substitute(
            Chain chain, int shape, Recovery<Object> recovery, @Nullable Object own, Substitutes substitutes)
            throws Throwable {
        Object gets = null;
        try {
            gets = substitute(chain, shape, recovery, substitutes);
            return gets;
        } finally {
            if (gets != own) {
                chain.drop(own);
            }
        }
    }

    private static @Nullable Object substitute(
            Chain chain, int shape, Recovery<Object> recovery, Substitutes substitutes) throws Throwable {
        for (CompletionStage<?> stage = substitutes.next(); stage != null; stage = substitutes.next()) {
            StageResult result = new StageResult(chain, shape, stage);
            try {
                result.await();
            } catch (Throwable thrown) {
                substitutes.nothing();
                throw Failures.cutShort(recovery, thrown, substitutes.replacedFailure());
            }
            Throwable failure = result.failure();
            if (failure == null) {
                return substitutes.gave(result.value());
            }
            substitutes.failed(failure);
        }
        substitutes.nothing();
        Throwable failure = substitutes.failure();
        if (failure != null) {
            Throwable own = substitutes.replacedFailure();
            throw failure == own ? failure : Failures.cutShort(recovery, failure, own);
        }
        return substitutes.ownResult();
    }
}

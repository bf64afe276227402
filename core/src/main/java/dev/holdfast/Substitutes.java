// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.ArrayDeque;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One failed call on its way through the steps of a recovery. Both engines ask it what to try next, and wait for it in their own
 * way.
 *
 * <pre>
 *   next() ── a stage ──▶ it gives something ─▶ gave() ─────▶ what it gave
 *     ▲  │                  └ it fails ─▶ failed()
 *     └──│─────────────────────────────────┘
 *        └── null: no step is left ─▶ nothing() ────────────▶ the last step's failure, or the call's own outcome
 * </pre>
 */
final class Substitutes {
    private final Recovery<Object> recovery;
    private final Outcome<Object> replaced;
    private final @Nullable Call call;
    private final int shape;
    private int tried;
    private volatile boolean givenUp;
    private @Nullable Throwable last;
    private @Nullable ArrayDeque<Throwable> earlier;

    Substitutes(
            Recovery<Object> recovery,
            @Nullable Object value,
            @Nullable Throwable failure,
            @Nullable Call call,
            int shape) {
        this.shape = shape;
        this.recovery = recovery;
        this.replaced = Outcome.of(value, failure);
        this.call = call;
    }

    /** Starts the next step that has something to give; {@code null} if none is left. */
    @Nullable CompletionStage<?> next() {
        while (tried < recovery.steps() && !givenUp) {
            int number = tried++;
            try {
                if (!Work.hasResult(shape) && recovery.isForResults(number)) {
                    continue;
                }
                CompletionStage<?> stage = recovery.step(number, replaced, call);
                if (stage != null) {
                    return stage;
                }
            } catch (Throwable thrown) {
                failed(thrown);
            }
        }
        return null;
    }

    /** A step has failed: the next one is tried, unless that is nothing that a recovery is for. */
    void failed(Throwable failure) {
        if (last != null) {
            earlier = Failures.remember(earlier, last);
        }
        last = failure;
        if (!recovery.goesOnAfter(Require.nonNull(Failures.unwrap(failure), "failure"))) {
            tried = recovery.steps();
        }
    }

    /**
     * The step has given something.
     *
     * @return what the call has in place of its outcome
     */
    @Nullable Object gave(@Nullable Object result) {
        try {
            recovery.recovered(tried - 1);
        } catch (Throwable thrown) {
            recovery.outcomeStands(thrown, null);
        }
        if (replaced.isFailure() || result != replaced.value()) {
            recovery.tellRecovered(call, replaced);
        }
        return Work.resultOf(shape, result);
    }

    /** No step has given anything. */
    void nothing() {
        recovery.failed();
    }

    /** Nobody waits for it any more: the step that is under way is the last. On whatever thread. */
    void giveUp() {
        givenUp = true;
        recovery.failed();
    }

    /** What the caller gets when no step has given anything; {@code null} if that is {@link #ownResult}. */
    @Nullable Throwable failure() {
        Throwable own = replaced.thrown();
        Throwable thrown = last;
        if (thrown == null) {
            return own;
        }
        // The call's own failure first: there is not always room for all.
        Failures.replacing(own, thrown);
        if (earlier != null) {
            earlier.forEach(each -> Failures.suppress(thrown, each));
        }
        return thrown;
    }

    /** What was replaced, if that is a failure. */
    @Nullable Throwable replacedFailure() {
        return replaced.thrown();
    }

    /** What the call itself gave, when it was replaced for what it gave. */
    @Nullable Object ownResult() {
        return replaced.value();
    }
}

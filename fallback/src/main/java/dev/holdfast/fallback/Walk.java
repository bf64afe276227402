// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import dev.holdfast.Call;
import dev.holdfast.Ending;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** One failed call on its way through the steps of a fallback. Used by one thread at a time. */
final class Walk<R extends @Nullable Object> {
    /** An exception that is shared by all calls must not collect what belongs to each of them. */
    private static final int MAX_SUPPRESSED = 10;

    final Fallback<R> fallback;
    private final Failed<R> replaced;
    private final @Nullable Call call;
    private final List<Throwable> failures = new ArrayList<>(2);
    private int next;
    private boolean atLastGood;

    Walk(Fallback<R> fallback, Failed<R> replaced, @Nullable Call call) {
        this.fallback = fallback;
        this.replaced = replaced;
        this.call = call;
    }

    /** Starts the next step that has something to give; {@code null} if none is left. */
    @Nullable CompletionStage<? extends @Nullable R> begin() {
        while (next < fallback.steps().size()) {
            Step<R> step = fallback.steps().get(next++);
            try {
                CompletionStage<? extends @Nullable R> stage = step.go(fallback, replaced, call);
                if (stage != null) {
                    atLastGood = step instanceof LastGood;
                    return stage;
                }
            } catch (Throwable thrown) {
                failed(thrown);
            }
        }
        return null;
    }

    /** A step has failed: the next one is tried, unless this is nothing that a fallback is for. */
    void failed(Throwable failure) {
        failures.add(failure);
        if (Fallback.REPLACED.classify(null, failure) != Ending.FAILURE) {
            next = fallback.steps().size();
        }
    }

    /** The stage of a step has failed. Stages that depend on others wrap what was thrown. */
    void stageFailed(Throwable thrown) {
        Throwable cause = thrown instanceof CompletionException ? thrown.getCause() : null;
        failed(cause == null ? thrown : cause);
    }

    /** Counts this walk. */
    void ended(boolean gaveSomething) {
        fallback.walked(gaveSomething, atLastGood);
    }

    /** After the last step: what the caller gets is this failure or, where there is none, {@link #ownResult}. */
    @Nullable Throwable failure() {
        if (failures.isEmpty()) {
            return replaced.failure();
        }
        Throwable last = failures.remove(failures.size() - 1);
        failures.forEach(earlier -> suppress(last, earlier));
        return last;
    }

    /** What the call itself gave, when it was replaced for what it gave. */
    @Nullable R ownResult() {
        return replaced.value();
    }

    private static void suppress(Throwable thrown, Throwable earlier) {
        Throwable[] there = thrown.getSuppressed();
        // One place is for the failure that is replaced, which the engine adds.
        if (earlier != thrown && there.length < MAX_SUPPRESSED - 1 && !Arrays.asList(there).contains(earlier)) {
            thrown.addSuppressed(earlier);
        }
    }

    /** Takes step after step on the thread of a blocking call. */
    @Nullable R takeAndWait() throws InterruptedException {
        boolean gave = false;
        try {
            for (var stage = begin(); stage != null; stage = begin()) {
                Arrival<R> arrival = Arrival.await(stage, fallback.environment());
                Throwable failure = arrival.failure();
                if (failure == null) {
                    gave = true;
                    return arrival.value();
                }
                stageFailed(failure);
            }
        } finally {
            ended(gave);
        }
        Throwable failure = failure();
        if (failure == null) {
            return ownResult();
        }
        throw Walk.<RuntimeException>asThrown(failure);
    }

    // A step may fail with anything, and the caller gets it as it is.
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Throwable> X asThrown(Throwable thrown) throws X {
        throw (X) thrown;
    }
}

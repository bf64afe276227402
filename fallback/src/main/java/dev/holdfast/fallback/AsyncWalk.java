// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import dev.holdfast.ThreadContext;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A walk that no thread waits for, and the future of what it comes to. Each step begins where the one before has
 * completed, in the context of the call. Cancelling the future cancels the stage that is under way.
 *
 * <p>Concurrency: {@link #over} decides once between an outcome and a cancellation. A step that begins while the walk is
 * cancelled writes {@link #underWay} and then reads the cancellation, which is written before {@code underWay} is read:
 * one of the two cancels the stage.
 */
final class AsyncWalk<R extends @Nullable Object> extends CompletableFuture<R> {
    private final Walk<R> walk;
    private final ThreadContext.Snapshot context;
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile @Nullable CompletionStage<?> underWay;

    AsyncWalk(Walk<R> walk) {
        this.walk = walk;
        this.context = walk.fallback.environment().context().capture();
    }

    /** Takes the next step on the thread that is there. */
    void goOn() {
        CompletionStage<? extends @Nullable R> stage = walk.begin();
        if (stage == null) {
            end();
            return;
        }
        underWay = stage;
        if (over.get()) {
            Arrival.cancel(stage);
        }
        Arrival.listen(stage, this::arrived);
    }

    private void arrived(@Nullable R value, @Nullable Throwable failure) {
        if (failure != null) {
            goOnAfter(failure);
        } else if (isFirst(true)) {
            complete(value);
        }
    }

    private void goOnAfter(Throwable failure) {
        if (over.get()) {
            return;
        }
        walk.stageFailed(failure);
        try {
            ThreadContext.Restored restored = context.restore();
            try {
                goOn();
            } finally {
                restored.close();
            }
        } catch (Throwable broken) {
            // Of the context: what steps throw has been taken care of.
            walk.failed(broken);
            end();
        }
    }

    private void end() {
        if (isFirst(false)) {
            Throwable failure = walk.failure();
            if (failure == null) {
                complete(walk.ownResult());
            } else {
                completeExceptionally(failure);
            }
        }
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        boolean cancelled = isFirst(false) && super.cancel(mayInterruptIfRunning);
        CompletionStage<?> stage = underWay;
        if (cancelled && stage != null) {
            Arrival.cancel(stage);
        }
        return cancelled;
    }

    /** Ends the walk once, and counts it before anybody sees what it came to. */
    private boolean isFirst(boolean gaveSomething) {
        boolean first = over.compareAndSet(false, true);
        if (first) {
            walk.ended(gaveSomething);
        }
        return first;
    }
}

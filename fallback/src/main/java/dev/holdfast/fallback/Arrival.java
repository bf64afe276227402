// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import dev.holdfast.Environment;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What the stage of a step came to. */
record Arrival<R extends @Nullable Object>(@Nullable R value, @Nullable Throwable failure) {

    /** Blocks the thread until a stage is complete; an interrupt cancels the stage. */
    static <R extends @Nullable Object> Arrival<R> await(
            CompletionStage<? extends @Nullable R> stage, Environment environment) throws InterruptedException {
        Thread waiting = Thread.currentThread();
        AtomicReference<@Nullable Arrival<R>> arrival = new AtomicReference<>();
        listen(stage, (value, failure) -> {
            arrival.set(new Arrival<>(value, failure));
            LockSupport.unpark(waiting);
        });
        try {
            // A thread that is interrupted cannot wait, but it need not for what is here.
            while (arrival.get() == null) {
                environment.await(() -> arrival.get() != null, Long.MAX_VALUE);
            }
        } catch (InterruptedException interrupt) {
            cancel(stage);
            Thread.currentThread().interrupt();
            throw interrupt;
        }
        return arrival.get();
    }

    /** Has a stage call back when it is complete. One that cannot do even that has failed. */
    static <R extends @Nullable Object> void listen(
            CompletionStage<? extends @Nullable R> stage, BiConsumer<@Nullable R, @Nullable Throwable> callback) {
        try {
            stage.whenComplete(callback);
        } catch (RuntimeException broken) {
            callback.accept(null, broken);
        }
    }

    /** Tells a stage that nobody waits for it any longer. */
    static void cancel(CompletionStage<?> stage) {
        try {
            stage.toCompletableFuture().cancel(true);
        } catch (RuntimeException cannotBeCancelled) {
            // It goes on, and nobody sees what it gives.
        }
    }
}

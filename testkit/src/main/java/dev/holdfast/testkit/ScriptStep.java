// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Environment;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What one call of a {@link Script} does; time and deafness are set under the script's lock, before calls are made. */
final class ScriptStep<T extends @Nullable Object> {
    final @Nullable T value;
    final @Nullable Throwable failure;
    final boolean hangs;
    volatile long nanos;
    volatile boolean deaf;

    ScriptStep(@Nullable T value, @Nullable Throwable failure, boolean hangs) {
        this.value = value;
        this.failure = failure;
        this.hangs = hangs;
        this.nanos = hangs ? Long.MAX_VALUE : 0;
    }

    /** Spends its time on this thread. */
    void spend(Environment environment) throws InterruptedException {
        if (nanos == 0) {
            return;
        }
        if (!deaf) {
            environment.await(() -> false, nanos);
            return;
        }
        long start = environment.nanoTime();
        boolean interrupted = Thread.interrupted();
        for (long left = nanos; left > 0; left = nanos - (environment.nanoTime() - start)) {
            try {
                environment.await(() -> false, left);
            } catch (InterruptedException unheard) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    CompletableFuture<T> newStage() {
        return deaf ? new DeafStage<>() : new CompletableFuture<>();
    }

    void complete(CompletableFuture<T> stage) {
        if (failure == null) {
            stage.complete(value);
        } else {
            stage.completeExceptionally(failure);
        }
    }

    /** One that nobody can cancel, as those of some other libraries. */
    private static final class DeafStage<T extends @Nullable Object> extends CompletableFuture<T> {
        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            return false;
        }
    }
}

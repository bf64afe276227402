// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import dev.holdfast.Policy;
import dev.holdfast.testkit.VirtualTime;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The ways to make a call. */
enum Way {
    BLOCKING,
    /** Asynchronous; the work's stage is complete when it is handed over. */
    AT_ONCE,
    /** Asynchronous; the work's stage completes on a timer. */
    LATER;

    /** Makes a call and gives what its caller gets, or throws it, as it was thrown. */
    <T> T call(Policy<? super T> policy, Callable<? extends T> work) throws Throwable {
        VirtualTime time = (VirtualTime) policy.environment();
        if (this == BLOCKING) {
            return policy.<T>callable(work).call();
        }
        return join(time, policy.<T>callAsync(() -> start(time, work)));
    }

    /** What a blocking call would give or throw. */
    static <T> T join(VirtualTime time, CompletableFuture<T> future) throws Throwable {
        // What join() throws around a failure depends on the JDK.
        Throwable thrown = time.join(future.handle((value, failure) -> failure));
        if (thrown != null) {
            throw thrown;
        }
        return future.join();
    }

    private <T> CompletionStage<T> start(VirtualTime time, Callable<? extends T> work) {
        CompletableFuture<T> stage = new CompletableFuture<>();
        Runnable complete = () -> {
            try {
                stage.complete(work.call());
            } catch (Throwable thrown) {
                stage.completeExceptionally(thrown);
            }
        };
        if (this == AT_ONCE) {
            complete.run();
        } else {
            time.schedule(complete, 1_000);
        }
        return stage;
    }
}

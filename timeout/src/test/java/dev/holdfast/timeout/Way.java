// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import dev.holdfast.Environment;
import dev.holdfast.Policy;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/** The ways to make a call that takes some virtual time. */
enum Way {
    /** The work sleeps on its caller's thread. */
    BLOCKING,
    /** The work waits in an executor's queue, and then is done at once. */
    EXECUTOR,
    /** The work's stage completes later. */
    ASYNC;

    TimeoutBuilder prepare(TimeoutBuilder builder, VirtualTime time, Duration takes) {
        builder.environment(time);
        return this == EXECUTOR ? builder.runOn(task -> time.schedule(task, takes.toNanos())) : builder;
    }

    Timeout timeout(Duration limit, VirtualTime time, Duration takes) {
        return prepare(Timeout.builder("t", limit), time, takes).build();
    }

    /** Makes the call and gives what the caller gets, or throws what it gets, as the work threw it. */
    Object call(Policy<Object> policy, Duration takes, Callable<Object> end) throws Throwable {
        VirtualTime time = (VirtualTime) policy.environment();
        if (this == ASYNC) {
            CompletableFuture<Object> future = policy.callAsync(() -> stage(time, takes, end));
            // What join() throws around a failure depends on the JDK.
            Throwable thrown = time.join(future.handle((value, failure) -> failure));
            if (thrown != null) {
                throw thrown;
            }
            return future.join();
        }
        return policy.callable(() -> {
                    if (this == BLOCKING) {
                        time.sleep(takes);
                    }
                    return end.call();
                })
                .call();
    }

    private static CompletableFuture<Object> stage(Environment time, Duration takes, Callable<Object> end) {
        CompletableFuture<Object> stage = new CompletableFuture<>();
        Environment.Timer timer = time.schedule(
                () -> {
                    try {
                        stage.complete(end.call());
                    } catch (Throwable thrown) {
                        stage.completeExceptionally(thrown);
                    }
                },
                takes.toNanos());
        stage.whenComplete((value, thrown) -> timer.cancel());
        return stage;
    }
}

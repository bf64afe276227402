// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.fuzz;

import dev.holdfast.Gate;
import dev.holdfast.Policy;
import dev.holdfast.RejectedException;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import dev.holdfast.timeout.TimeoutExceededException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;

/** Calls to a dependency that fails now and then, on virtual time, and how they may end. */
final class Calls {
    static final IllegalStateException FAILURE = new IllegalStateException("down");

    private static final Duration AN_AGE = Duration.ofNanos(Long.MAX_VALUE / 2);

    private Calls() {}

    /** Shows that a policy that has just been built is of use, whatever its settings. */
    static void make(Policy<Object> policy, VirtualTime time) {
        CompletableFuture<Object> first = policy.callAsync(() -> CompletableFuture.completedFuture("fine"));
        if (!first.isDone() || first.isCompletedExceptionally() && !(policy instanceof Timeout)) {
            throw new AssertionError(policy + ", the first call: " + first);
        }
        int[] asked = {0};
        CompletableFuture<Object> later = policy.callAsync(() ->
                ++asked[0] < 3 ? CompletableFuture.failedFuture(FAILURE) : CompletableFuture.completedFuture("fine"));
        await(later, time);
        check(first);
        check(later);
        if (policy instanceof Gate gate && gate.counts().calls() != 2) {
            throw new AssertionError(policy + " counts " + gate.counts() + " of 2 calls");
        }
    }

    /** Lets time pass until a call has ended; none may wait for ever. */
    static void await(CompletableFuture<Object> call, VirtualTime time) {
        for (int i = 0; i < 20 && !call.isDone(); i++) {
            time.advance(AN_AGE);
        }
        if (!call.isDone()) {
            throw new AssertionError("a call never ended");
        }
    }

    /** Whether a call that is done ended as calls may end. */
    static void check(CompletableFuture<Object> call) {
        call.handle((value, thrown) -> {
                    if (thrown instanceof RejectedException refusal) {
                        if (refusal.retryAfterNanos() < RejectedException.UNKNOWN
                                || refusal.getMessage().isBlank()) {
                            throw new AssertionError(
                                    "a refusal with a retry-after of " + refusal.retryAfterNanos(), refusal);
                        }
                    } else if (thrown != null
                            && thrown != FAILURE
                            && !(thrown instanceof TimeoutExceededException)
                            && !(thrown instanceof CancellationException)) {
                        throw new AssertionError("a call ended with " + thrown, thrown);
                    }
                    return value;
                })
                .join();
    }
}

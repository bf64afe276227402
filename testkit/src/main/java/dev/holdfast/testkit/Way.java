// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Outcome;
import dev.holdfast.Policy;
import dev.holdfast.internal.Require;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The ways to make a call, so that one test tries all of them. In JUnit:
 *
 * <pre>{@code
 * @ParameterizedTest
 * @EnumSource
 * void goesOnAfterTwoFailures(Way way) {
 *     VirtualTime time = VirtualTime.create();
 *     Retry<Object> retry = Retry.builder("inventory").environment(time).build();
 *     Script<String> inventory = Script.<String>of(time).fails(new IOException("down")).times(2).gives("stock");
 *
 *     assertEquals(Optional.of("stock"), way.call(retry, inventory).result());
 *     assertEquals(3, inventory.calls());
 * }
 * }</pre>
 *
 * <p>With {@link VirtualTime} as the policy's environment, a call in any way moves the clock until it has ended.
 */
public enum Way {
    /** The work runs on the calling thread. */
    BLOCKING,
    /** Asynchronous. The stage of work that takes no time is complete when the policy gets it. */
    ASYNC,
    /** Asynchronous. No stage is complete when the policy gets it. */
    ASYNC_LATER;

    /**
     * Whether the work gives a stage.
     *
     * @return not in {@link #BLOCKING}
     */
    public boolean isAsync() {
        return this != BLOCKING;
    }

    /**
     * Makes a call of a scripted dependency through a policy.
     *
     * @param <T> the result
     * @param policy in virtual time, or else the call takes real time
     * @param work what to call
     * @return what the caller gets; nothing is thrown
     * @throws IllegalStateException if an asynchronous call cannot end, as {@link VirtualTime#join} says
     */
    public <T extends @Nullable Object> Outcome<T> call(Policy<? super T> policy, Script<T> work) {
        return this == BLOCKING ? blocking(policy, work) : outcome(policy, start(policy, work));
    }

    /**
     * Makes a call of other work through a policy. In {@link #ASYNC} it runs when the stage is asked for, in {@link #ASYNC_LATER} on a
     * timer: in virtual time it must not wait there. Work that takes time is a {@link Script}.
     *
     * @param <T> the result
     * @param policy in virtual time, or else the call takes real time
     * @param work what to call
     * @return what the caller gets; nothing is thrown
     * @throws IllegalStateException if an asynchronous call cannot end, as {@link VirtualTime#join} says
     */
    public <T extends @Nullable Object> Outcome<T> call(Policy<? super T> policy, Callable<? extends T> work) {
        Require.nonNull(work, "work");
        if (this == BLOCKING) {
            return blocking(policy, work);
        }
        return outcome(policy, policy.<T>callAsync(() -> {
            CompletableFuture<T> stage = new CompletableFuture<>();
            if (this == ASYNC) {
                complete(stage, work);
            } else {
                policy.environment().schedule(() -> complete(stage, work), 0);
            }
            return stage;
        }));
    }

    /**
     * Starts a call of a scripted dependency, and leaves it where it has to wait.
     *
     * @param <T> the result
     * @param policy in whatever time
     * @param work what to call
     * @return the call's future
     * @throws IllegalStateException in {@link #BLOCKING}, which waits
     */
    public <T extends @Nullable Object> CompletableFuture<T> start(Policy<? super T> policy, Script<T> work) {
        Require.nonNull(work, "work");
        if (this == BLOCKING) {
            throw new IllegalStateException("start: BLOCKING (expected: ASYNC or ASYNC_LATER)");
        }
        Supplier<CompletableFuture<T>> stages = () -> work.stage(this == ASYNC_LATER);
        return policy.callAsync(stages);
    }

    private static <T extends @Nullable Object> Outcome<T> blocking(
            Policy<? super T> policy, Callable<? extends T> work) {
        try {
            return Outcome.ofResult(policy.<T>callable(work).call());
        } catch (Throwable thrown) {
            return Outcome.ofFailure(thrown);
        }
    }

    private static <T extends @Nullable Object> void complete(CompletableFuture<T> stage, Callable<? extends T> work) {
        try {
            stage.complete(work.call());
        } catch (Throwable thrown) {
            stage.completeExceptionally(thrown);
        }
    }

    @SuppressWarnings("NullAway") // A value is null only where its type says so.
    private static <T extends @Nullable Object> Outcome<T> outcome(Policy<?> policy, CompletableFuture<T> future) {
        // Not the future's own join, which puts wrappers around a failure, other ones on other JDKs.
        CompletableFuture<Outcome<T>> outcome = future.handle(
                (value, failure) -> failure == null ? Outcome.ofResult(value) : Outcome.ofFailure(failure));
        return policy.environment() instanceof VirtualTime time ? time.join(outcome) : outcome.join();
    }
}

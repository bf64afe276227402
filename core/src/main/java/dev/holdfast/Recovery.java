// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A policy that replaces failures by something else.
 *
 * @param <R> the results of the calls that it stands around, and of what it puts in their place
 */
public abstract non-sealed class Recovery<R extends @Nullable Object> extends Policy<R> {
    /**
     * Creates a recovery.
     *
     * @param name as in {@link Require#name}
     * @param environment where time comes from
     */
    protected Recovery(String name, Environment environment) {
        super(name, environment);
    }

    /**
     * Decides how a call ended: {@link Ending#FAILURE} is what is replaced.
     *
     * @return the classifier
     */
    protected abstract Classifier<? super R> classifier();

    /**
     * Replaces a failure. Called at most once a call.
     *
     * @param value the result, if nothing was thrown
     * @param failure what was thrown, or {@code null}
     * @param call the call's context, or {@code null} unless {@link #wantsCall}
     * @return what the caller gets
     * @throws Exception if there is nothing to replace it by; the failure becomes a suppressed one of it
     */
    protected abstract @Nullable R recover(@Nullable R value, @Nullable Throwable failure, @Nullable Call call)
            throws Exception;

    /**
     * Replaces a failure of an asynchronous call. Called at most once a call.
     *
     * @param value the result, if nothing was thrown
     * @param failure what was thrown, or {@code null}
     * @param call the call's context, or {@code null} unless {@link #wantsCall}
     * @return by default what {@link #recover} gives, at once
     * @throws Exception if there is nothing to replace it by; the failure becomes a suppressed one of it
     */
    protected CompletionStage<? extends @Nullable R> recoverAsync(
            @Nullable R value, @Nullable Throwable failure, @Nullable Call call) throws Exception {
        return CompletableFuture.completedFuture(recover(value, failure, call));
    }

    /**
     * A call did not need recovery.
     *
     * @param value the result, if nothing was thrown
     * @param call the call's context, or {@code null} unless {@link #wantsCall}
     */
    protected void passed(@Nullable R value, @Nullable Call call) {}

    @Override
    protected Set<Class<? extends Event>> events() {
        return Set.of(Event.Recovered.class);
    }

    final void tellRecovered(
            @Nullable Call call,
            @Nullable Object value,
            @Nullable Throwable failure,
            @Nullable Object replacement) {
        boolean replaced = failure != null || replacement != value;
        if (replaced && call != null && isWatched(Event.Recovered.class)) {
            tell(new Event.Recovered(name(), call, value, failure));
        }
    }
}

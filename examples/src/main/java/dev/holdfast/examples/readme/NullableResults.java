// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.readme;

import dev.holdfast.Classifier;
import dev.holdfast.Deadline;
import dev.holdfast.Gate;
import dev.holdfast.Pipeline;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.retry.Retry;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Calls that may give {@code null}, through each kind of policy. The build checks this class as JSpecify says: what compiles here does
 * so for users of such checkers, and in Kotlin.
 */
public final class NullableResults {
    private final Gate gate;
    private final Deadline deadline;
    private final Function<String, @Nullable String> lookup;

    /** Looks something up that may not be there. */
    public NullableResults(Gate gate, Deadline deadline, Function<String, @Nullable String> lookup) {
        this.gate = gate;
        this.deadline = deadline;
        this.lookup = lookup;
    }

    /** Through a gate. */
    public @Nullable String throughGate(String id) {
        return gate.<@Nullable String>call(() -> lookup.apply(id));
    }

    /** Through a deadline. */
    public @Nullable String throughDeadline(String id) {
        return deadline.<@Nullable String>call(() -> lookup.apply(id));
    }

    /** Through a retry that takes nothing for a failure. */
    public @Nullable String throughRetry(String id) {
        Retry<@Nullable Object> retry = Retry.builder("lookup").classify(so -> so.failOnResult(found -> found == null)).build();
        return retry.<@Nullable String>call(() -> lookup.apply(id));
    }

    /** Through a fallback that gives nothing. */
    public @Nullable String throughFallback(String id) {
        Fallback<@Nullable String> fallback =
                Fallback.<@Nullable String>builder("lookup", String.class).value(null).build();
        return fallback.<@Nullable String>call(() -> lookup.apply(id));
    }

    /** Through all of them. */
    public CompletableFuture<@Nullable String> throughAll(String id) {
        Pipeline<@Nullable Object> pipeline = Pipeline.<@Nullable Object>of(Retry.ofDefaults("lookup"), gate, deadline);
        return pipeline.<@Nullable String>callAsync(() -> CompletableFuture.completedFuture(lookup.apply(id)));
    }

    /** Rules that know that there may be nothing. */
    public Classifier<@Nullable Object> rules() {
        return Classifier.standard().failOnResult(found -> found == null);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.readme;

import dev.holdfast.Classifier;
import dev.holdfast.Deadline;
import dev.holdfast.Gate;
import dev.holdfast.Pipeline;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.retry.Retry;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Calls that may give {@code null}, through each kind of policy. From JDK 22 on, whose compiler
 * reads annotations of types from class files, the build checks this class as JSpecify says: what compiles here does so for users of
 * such checkers.
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
        return gate.call(() -> lookup.apply(id));
    }

    /** Through a deadline. */
    public @Nullable String throughDeadline(String id) {
        return deadline.call(() -> lookup.apply(id));
    }

    /** Through a retry. */
    public @Nullable String throughRetry(String id) {
        Retry<@Nullable Object> retry = Retry.builder("lookup").maxAttempts(2).build();
        return retry.call(() -> lookup.apply(id));
    }

    /** Through a fallback to another lookup. */
    public @Nullable String throughFallback(String id) {
        Fallback<@Nullable String> fallback = Fallback.<@Nullable String>builder("lookup", String.class)
                .call(() -> lookup.apply(id))
                .build();
        return fallback.call(() -> lookup.apply(id));
    }

    /** Through all of them. */
    public @Nullable String throughAll(String id) {
        Pipeline<@Nullable Object> pipeline = Pipeline.of(Retry.ofDefaults("lookup"), gate, deadline);
        return pipeline.call(() -> lookup.apply(id));
    }

    /** Rules, which may be asked about nothing. */
    public Classifier<@Nullable Object> rules() {
        return Classifier.standard().failIf(thrown -> thrown instanceof IllegalStateException);
    }
}

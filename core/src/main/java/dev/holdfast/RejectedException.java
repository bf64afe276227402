// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A policy refused the call: the work was not started. Says who refused it, why, and when another try may be worth
 * while.
 *
 * <p>It has no stack trace, which would cost more than the rest of the refusal, unless {@link Traces} are wanted; its message is
 * put together only when somebody asks for it. Breakers and retries do not treat it as a failure of the dependency: see
 * {@link Classifier}.
 */
public class RejectedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** {@link #retryAfterNanos()} of a refusal whose end nobody knows. */
    public static final long UNKNOWN = -1;

    /** Who refused. */
    private final String policy;

    /** Nanoseconds, or {@link #UNKNOWN}. */
    private final long retryAfterNanos;

    /**
     * Creates a refusal.
     *
     * @param policy the name of the policy that refuses
     * @param retryAfterNanos nanoseconds until another try may be admitted, or {@link #UNKNOWN}
     */
    protected RejectedException(String policy, long retryAfterNanos) {
        this(policy, retryAfterNanos, null);
    }

    /**
     * Creates a refusal that has a cause.
     *
     * @param policy the name of the policy that refuses
     * @param retryAfterNanos nanoseconds until another try may be admitted, or {@link #UNKNOWN}
     * @param cause why it refuses, if that was thrown
     */
    protected RejectedException(String policy, long retryAfterNanos, @Nullable Throwable cause) {
        super(null, cause, true, Traces.areWanted());
        this.policy = policy;
        this.retryAfterNanos = retryAfterNanos;
    }

    /**
     * The policy that refused.
     *
     * @return its name
     */
    public final String policy() {
        return policy;
    }

    /**
     * How long to wait before another try may be admitted.
     *
     * @return nanoseconds, not negative, or {@link #UNKNOWN}
     */
    public final long retryAfterNanos() {
        return retryAfterNanos;
    }

    /**
     * {@link #retryAfterNanos()} for those who show it, or wait.
     *
     * @return not negative; empty if nobody knows
     */
    public final Optional<Duration> retryAfter() {
        return retryAfterNanos < 0 ? Optional.empty() : Optional.of(Duration.ofNanos(retryAfterNanos));
    }

    /**
     * Why, in a few words that follow the policy's name.
     *
     * @return the reason
     */
    protected String reason() {
        return "refused the call";
    }

    @Override
    public final String getMessage() {
        String after = retryAfterNanos < 0 ? "" : "; retry after " + Duration.ofNanos(retryAfterNanos);
        return Names.quoted(policy) + " " + reason() + after;
    }
}

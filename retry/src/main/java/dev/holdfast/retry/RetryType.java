// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import dev.holdfast.Budget;
import dev.holdfast.settings.Kind;
import dev.holdfast.settings.PolicyType;
import dev.holdfast.settings.Schema;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What can be set of a {@link Retry} without code. */
public final class RetryType extends PolicyType<Retry<@Nullable Object>, RetryBuilder<@Nullable Object>> {
    private static final Schema<RetryBuilder<@Nullable Object>> SCHEMA = Schema.<RetryBuilder<@Nullable Object>>empty()
            .setting(
                    "max-attempts",
                    Kind.whole(1, Integer.MAX_VALUE),
                    "How many attempts there are at most, the first one included.",
                    (b, n) -> b.maxAttempts(n.intValue()),
                    b -> (long) b.maxAttempts)
            .<Duration>optional(
                    "max-duration",
                    Kind.duration(Duration.ofNanos(1)),
                    "How long attempts and waits may take together.",
                    (b, d) -> {
                        if (d == null) {
                            b.withoutMaxDuration();
                        } else {
                            b.maxDuration(d);
                        }
                    },
                    b -> b.maxNanos == Long.MAX_VALUE ? null : Duration.ofNanos(b.maxNanos))
            .setting(
                    "backoff",
                    Kind.backoff(),
                    "How long to wait before the next attempt.",
                    RetryBuilder::backoff,
                    b -> b.backoff)
            .<Budget>optional(
                    "budget",
                    Kind.budget(),
                    "Keeps retries from amplifying an outage: tokens, the part of one that a success gives back, and retries that are"
                            + " allowed each second whatever there is.",
                    (b, budget) -> {
                        if (budget == null) {
                            b.withoutBudget();
                        } else {
                            b.budget(budget);
                        }
                    },
                    b -> b.budget)
            .outcomes(RetryBuilder::replaceRules, b -> b.classifier, Retry.REPEATED)
            .setting(
                    "throw-on-exhausted-result",
                    Kind.flag(),
                    "Whether the caller gets an exception instead of the last result that is still refused.",
                    (b, on) -> {
                        if (on) {
                            b.throwOnExhaustedResult();
                        } else {
                            b.returnExhaustedResult();
                        }
                    },
                    b -> b.throwsOnResult)
            .inCodeOnly(
                    "environment",
                    "classify",
                    "retryOnResult",
                    "retryRejections",
                    "retryIf",
                    "withoutRetryIf",
                    "delayFrom",
                    "withoutDelayFrom");

    /** For the service loader. */
    public RetryType() {
        super("retry", Retry.class, 300, SCHEMA);
    }

    @Override
    protected RetryBuilder<@Nullable Object> builder(String policy) {
        return Retry.builder(policy);
    }

    @Override
    protected Retry<@Nullable Object> build(RetryBuilder<@Nullable Object> builder) {
        return builder.build();
    }

    @Override
    protected RetryBuilder<@Nullable Object> settingsOf(Retry<@Nullable Object> policy) {
        return policy.settings();
    }

    @Override
    protected void reconfigure(Retry<@Nullable Object> policy, UnaryOperator<RetryBuilder<@Nullable Object>> change) {
        policy.reconfigure(change);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Budget;
import dev.holdfast.settings.Kind;
import dev.holdfast.settings.PolicyType;
import dev.holdfast.settings.Schema;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What can be set of a {@link Failover} without code. Its nodes are code, so none can be made of settings alone. */
public final class FailoverType extends PolicyType<Failover<@Nullable Object>, FailoverBuilder<@Nullable Object>> {
    private static final Schema<FailoverBuilder<@Nullable Object>> SCHEMA =
            Schema.<FailoverBuilder<@Nullable Object>>empty()
                    .setting(
                            "attempts",
                            Kind.whole(1, Failover.MOST),
                            "How many nodes a call may come to at most; those that refuse it are none of them.",
                            (b, n) -> b.attempts(n.intValue()),
                            b -> (long) b.attempts)
                    .<Duration>optional(
                            "next-after",
                            Kind.duration(Duration.ofNanos(1)),
                            "After how long another node is called while one is at it; none: only when one has failed.",
                            (b, delay) -> {
                                if (delay == null) {
                                    b.nextAfterFailure();
                                } else {
                                    b.nextAfter(delay);
                                }
                            },
                            b -> b.nextAfter)
                    .setting(
                            "minimum-time",
                            Kind.duration(Duration.ZERO),
                            "How much time has to be left for a further attempt.",
                            FailoverBuilder::minimumTime,
                            b -> Duration.ofNanos(b.minimum))
                    .<Budget>optional(
                            "budget",
                            Kind.budget(),
                            "Keeps further attempts few: tokens, the part of one that a success gives back, and attempts that are allowed each"
                                    + " second whatever there is.",
                            (b, budget) -> {
                                if (budget == null) {
                                    b.withoutBudget();
                                } else {
                                    b.budget(budget);
                                }
                            },
                            b -> b.budget)
                    .outcomes(FailoverBuilder::replaceRules, b -> b.classifier, Failover.FAILED)
                    .inCodeOnly("environment", "classify", "over", "repeatable", "repeatableIf", "notSent", "runOn");

    /** For the service loader. */
    public FailoverType() {
        super("failover", Failover.class, 355, SCHEMA);
    }

    @Override
    public boolean needsCode() {
        return true;
    }

    @Override
    protected FailoverBuilder<@Nullable Object> builder(String policy) {
        return Failover.builder(policy);
    }

    @Override
    protected Failover<@Nullable Object> build(FailoverBuilder<@Nullable Object> builder) {
        return builder.build();
    }

    @Override
    protected void check(FailoverBuilder<@Nullable Object> builder) {
        builder.copy().complete(null);
    }

    @Override
    protected FailoverBuilder<@Nullable Object> settingsOf(Failover<@Nullable Object> policy) {
        return policy.settings();
    }

    @Override
    protected void reconfigure(
            Failover<@Nullable Object> policy, UnaryOperator<FailoverBuilder<@Nullable Object>> change) {
        policy.reconfigure(change);
    }
}

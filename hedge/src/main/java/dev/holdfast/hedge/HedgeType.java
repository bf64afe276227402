// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.hedge;

import dev.holdfast.Budget;
import dev.holdfast.settings.Kind;
import dev.holdfast.settings.PolicyType;
import dev.holdfast.settings.Schema;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What can be set of a {@link Hedge} without code. */
public final class HedgeType extends PolicyType<Hedge<@Nullable Object>, HedgeBuilder<@Nullable Object>> {
    private static final Schema<HedgeBuilder<@Nullable Object>> SCHEMA = Schema.<HedgeBuilder<@Nullable Object>>empty()
            .<Boolean>required(
                    "repeatable",
                    Kind.flag(),
                    "Says that all calls may be made twice; without that there is no hedge.",
                    (b, on) -> {
                        if (!on) {
                            b.repeatable = null;
                        } else if (b.repeatable == null) {
                            // A rule that was given in code stays.
                            b.repeatable();
                        }
                    },
                    b -> b.repeatable != null)
            .<Double>optional(
                    "quantile",
                    Kind.share(),
                    "An extra attempt starts when as much time has passed as this share of first attempts need; none: always after delay.",
                    (b, share) -> {
                        Duration delay = b.late.delay();
                        if (share == null) {
                            b.after(delay);
                        } else {
                            b.afterQuantile(share, delay);
                        }
                    },
                    b -> b.late.quantile() == 0 ? null : b.late.quantile())
            .setting(
                    "delay",
                    Kind.duration(Duration.ZERO),
                    "After how long an extra attempt starts, without a quantile, or until 100 first attempts were seen.",
                    (b, delay) -> b.late = b.late.withDelay(delay),
                    b -> b.late.delay())
            .setting(
                    "min-delay",
                    Kind.duration(Duration.ZERO),
                    "The least that the quantile may come to.",
                    (b, min) -> b.late = b.late.withMin(min),
                    b -> b.late.min())
            .setting(
                    "max-delay",
                    Kind.duration(Duration.ZERO),
                    "The most that the quantile may come to.",
                    (b, max) -> b.late = b.late.withMax(max),
                    b -> b.late.max())
            .setting(
                    "extras",
                    Kind.whole(1, HedgeBuilder.MOST_EXTRAS),
                    "How many attempts there may be beside the first.",
                    (b, n) -> b.extras(n.intValue()),
                    b -> (long) b.extras)
            .setting(
                    "after-failure",
                    Kind.flag(),
                    "Whether an attempt that fails starts another one at once.",
                    HedgeBuilder::afterFailure,
                    b -> b.afterFailure)
            .<Budget>optional(
                    "budget",
                    Kind.budget(),
                    "Keeps extra attempts few: tokens, the part of one that a success gives back, and extras that are allowed each second"
                            + " whatever there is.",
                    (b, budget) -> {
                        if (budget == null) {
                            b.withoutBudget();
                        } else {
                            b.budget(budget);
                        }
                    },
                    b -> b.budget)
            .outcomes(HedgeBuilder::replaceRules, b -> b.classifier, Hedge.FAILED)
            .inCodeOnly("environment", "classify", "repeatableIf", "after", "runOn", "over");

    /** For the service loader. */
    public HedgeType() {
        super("hedge", Hedge.class, 350, SCHEMA);
    }

    @Override
    protected HedgeBuilder<@Nullable Object> builder(String policy) {
        return Hedge.builder(policy);
    }

    @Override
    protected Hedge<@Nullable Object> build(HedgeBuilder<@Nullable Object> builder) {
        return builder.build();
    }

    @Override
    protected HedgeBuilder<@Nullable Object> settingsOf(Hedge<@Nullable Object> policy) {
        return policy.settings();
    }

    @Override
    protected void reconfigure(Hedge<@Nullable Object> policy, UnaryOperator<HedgeBuilder<@Nullable Object>> change) {
        policy.reconfigure(change);
    }
}

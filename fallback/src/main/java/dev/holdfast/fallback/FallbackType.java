// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import dev.holdfast.settings.Kind;
import dev.holdfast.settings.PolicyType;
import dev.holdfast.settings.Schema;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What can be set of a {@link Fallback} without code: last good results. All other steps are code. */
public final class FallbackType extends PolicyType<Fallback<@Nullable Object>, FallbackBuilder<@Nullable Object>> {
    private static final Schema<FallbackBuilder<@Nullable Object>> SCHEMA =
            Schema.<FallbackBuilder<@Nullable Object>>empty()
                    .<String>fixed(
                            "last-good",
                            Kind.of(
                                    "an age, such as 1m, for calls without an argument, or 1m of 1000 for so many arguments",
                                    FallbackType::checked,
                                    text -> text),
                            "Gives what the call last gave, if that is no older.",
                            FallbackBuilder::setLastGood,
                            FallbackBuilder::lastGoodText)
                    .outcomes(FallbackBuilder::replaceRules, b -> b.classifier, Fallback.REPLACED)
                    .inCodeOnly(
                            "environment",
                            "classify",
                            "onResult",
                            "onRejectionsOnly",
                            "value",
                            "apply",
                            "call",
                            "callWith",
                            "callAsync",
                            "callAsyncWith",
                            "lastGoodOfAnyCall");

    /** For the service loader. */
    public FallbackType() {
        super("fallback", Fallback.class, 100, SCHEMA);
    }

    private static String checked(String text) {
        new FallbackBuilder<>("last-good").setLastGood(text);
        return text;
    }

    @Override
    protected FallbackBuilder<@Nullable Object> builder(String policy) {
        return Fallback.builder(policy, Object.class);
    }

    @Override
    protected Fallback<@Nullable Object> build(FallbackBuilder<@Nullable Object> builder) {
        return builder.build();
    }

    /** The settings of one in use have no steps, which stay. */
    @Override
    protected void check(FallbackBuilder<@Nullable Object> builder) {
        // Rules cannot contradict each other.
    }

    @Override
    protected FallbackBuilder<@Nullable Object> settingsOf(Fallback<@Nullable Object> policy) {
        return policy.settings();
    }

    @Override
    protected void reconfigure(
            Fallback<@Nullable Object> policy, UnaryOperator<FallbackBuilder<@Nullable Object>> change) {
        policy.reconfigure(change);
    }
}

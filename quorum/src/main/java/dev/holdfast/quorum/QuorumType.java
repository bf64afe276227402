// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.settings.Kind;
import dev.holdfast.settings.PolicyType;
import dev.holdfast.settings.Schema;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What can be set of a {@link Quorum} without code. Its nodes are code, so none can be made of settings alone. */
public final class QuorumType
        extends PolicyType<Quorum<Object, @Nullable Object>, QuorumBuilder<Object, @Nullable Object>> {
    private static final Schema<QuorumBuilder<Object, @Nullable Object>> SCHEMA = PollSettings.addTo(
                    Schema.<QuorumBuilder<Object, @Nullable Object>>empty()
                            .<Long>optional(
                                    "need",
                                    Kind.whole(1, Integer.MAX_VALUE),
                                    "How many answers are needed, or how much they have to weigh; none: more than half.",
                                    (b, need) -> b.need = need == null ? null : Math.toIntExact(need),
                                    b -> b.need == null ? null : (long) b.need))
            .inCodeOnly(
                    "environment",
                    "classify",
                    "over",
                    "weight",
                    "sloppy",
                    "mayReadStale",
                    "pairedWith",
                    "newest",
                    "combine",
                    "repair",
                    "askAll",
                    "letOthersFinish",
                    "runOn");

    /** For the service loader. */
    public QuorumType() {
        super("quorum", Quorum.class, 360, SCHEMA);
    }

    @Override
    public boolean needsCode() {
        return true;
    }

    @Override
    protected QuorumBuilder<Object, @Nullable Object> builder(String policy) {
        return Quorum.reads(policy, Object.class);
    }

    @Override
    protected Quorum<Object, @Nullable Object> build(QuorumBuilder<Object, @Nullable Object> builder) {
        return builder.build();
    }

    @Override
    protected void check(QuorumBuilder<Object, @Nullable Object> builder) {
        builder.copy().complete(null);
    }

    @Override
    protected QuorumBuilder<Object, @Nullable Object> settingsOf(Quorum<Object, @Nullable Object> policy) {
        return policy.settings();
    }

    @Override
    protected void reconfigure(
            Quorum<Object, @Nullable Object> policy, UnaryOperator<QuorumBuilder<Object, @Nullable Object>> change) {
        policy.reconfigure(change);
    }
}

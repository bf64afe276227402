// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.settings.Kind;
import dev.holdfast.settings.PolicyType;
import dev.holdfast.settings.Schema;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What can be set of a {@link Vote} without code. Its nodes are code, so none can be made of settings alone. */
public final class VoteType extends PolicyType<Vote<Object, @Nullable Object>, VoteBuilder<Object, @Nullable Object>> {
    private static final Schema<VoteBuilder<Object, @Nullable Object>> SCHEMA = PollSettings.addTo(
                    Schema.<VoteBuilder<Object, @Nullable Object>>empty()
                            .<Long>optional(
                                    "liars",
                                    Kind.whole(1, (Roster.MOST - 1) / 2),
                                    "How many nodes may answer wrongly; none: as many as the number of nodes allows.",
                                    (b, liars) -> b.liars = liars == null ? null : Math.toIntExact(liars),
                                    b -> b.liars == null ? null : (long) b.liars)
                            .setting(
                                    "silent",
                                    Kind.whole(0, Roster.MOST - 3),
                                    "How many nodes besides may not answer.",
                                    (b, silent) -> b.silent = Math.toIntExact(silent),
                                    b -> (long) b.silent)
                            .<Long>optional(
                                    "equal",
                                    Kind.whole(2, Roster.MOST),
                                    "How many equal answers are needed; none: one more than liars.",
                                    (b, equal) -> b.equal = equal == null ? null : Math.toIntExact(equal),
                                    b -> b.equal == null ? null : (long) b.equal)
                            .setting(
                                    "ask-all",
                                    Kind.flag(),
                                    "Whether all nodes are asked at once.",
                                    (b, on) -> b.askAll(on),
                                    b -> b.asksAll)
                            .setting(
                                    "let-others-finish",
                                    Kind.flag(),
                                    "Whether nodes that have not answered when the call is decided go on.",
                                    (b, on) -> b.letOthersFinish(on),
                                    b -> b.othersFinish))
            .inCodeOnly("environment", "classify", "over", "sameBy", "runOn");

    /** For the service loader. */
    public VoteType() {
        super("vote", Vote.class, 370, SCHEMA);
    }

    @Override
    public boolean needsCode() {
        return true;
    }

    @Override
    protected VoteBuilder<Object, @Nullable Object> builder(String policy) {
        return Vote.builder(policy, Object.class);
    }

    @Override
    protected Vote<Object, @Nullable Object> build(VoteBuilder<Object, @Nullable Object> builder) {
        return builder.build();
    }

    @Override
    protected VoteBuilder<Object, @Nullable Object> settingsOf(Vote<Object, @Nullable Object> policy) {
        return policy.settings();
    }

    @Override
    protected void reconfigure(
            Vote<Object, @Nullable Object> policy, UnaryOperator<VoteBuilder<Object, @Nullable Object>> change) {
        policy.reconfigure(change);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.settings.Kind;
import dev.holdfast.settings.Schema;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What can be set without code of whatever asks several nodes. */
final class PollSettings {
    private PollSettings() {}

    static <B extends PollBuilder<?, @Nullable Object, B>> Schema<B> addTo(Schema<B> schema) {
        return schema.<Double>optional(
                        "quantile",
                        Kind.share(),
                        "One more node is asked when as much time has passed as this share of nodes need; none: always after delay.",
                        (b, share) -> {
                            if (share == null) {
                                b.spareAfter(b.late.delay());
                            } else {
                                b.spareAfterQuantile(share, b.late.delay());
                            }
                        },
                        b -> b.late.quantile() == 0 ? null : b.late.quantile())
                .setting(
                        "delay",
                        Kind.duration(Duration.ZERO),
                        "After how long one more node is asked, without a quantile, or until 100 answers were seen.",
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
                        "at-most",
                        Kind.whole(1, Integer.MAX_VALUE),
                        "How many threads may be asking the same node at a time.",
                        (b, most) -> b.atMost(Math.toIntExact(most)),
                        b -> (long) b.atMost)
                .setting(
                        "in-order",
                        Kind.flag(),
                        "Whether the nodes that are listed first are asked first, and not each in turn.",
                        PollBuilder::inOrder,
                        b -> b.inOrder)
                .outcomes(PollBuilder::replaceRules, b -> b.classifier, PollBuilder.FAILED);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import dev.holdfast.settings.Kind;
import dev.holdfast.settings.PolicyType;
import dev.holdfast.settings.Schema;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/** What can be set of a {@link RateLimiter} without code. */
public final class RateLimiterType extends PolicyType<RateLimiter, RateLimiterBuilder> {
    private static final Schema<RateLimiterBuilder> SCHEMA = Schema.<RateLimiterBuilder>empty()
            .<List<String>>required(
                    "limits",
                    Kind.listOf(Kind.of(RateText.EXPECTED, RateText::checked, text -> text)),
                    "How many permits there are in which period, and how that is kept; a call needs permits of all of them.",
                    RateText::set,
                    b -> b.limitTexts().isEmpty() ? null : b.limitTexts())
            .setting(
                    "wait-up-to",
                    Kind.duration(Duration.ZERO),
                    "How long a call may wait for its permits.",
                    RateLimiterBuilder::waitUpTo,
                    b -> Duration.ofNanos(b.maxWaitNanos))
            .inCodeOnly("environment", "keyed");

    /** For the service loader. */
    public RateLimiterType() {
        super("rate-limiter", RateLimiter.class, 500, SCHEMA);
    }

    @Override
    protected RateLimiterBuilder builder(String policy) {
        return RateLimiter.builder(policy);
    }

    @Override
    protected RateLimiter build(RateLimiterBuilder builder) {
        return builder.build();
    }

    @Override
    protected RateLimiterBuilder settingsOf(RateLimiter policy) {
        return policy.settings();
    }

    @Override
    protected void reconfigure(RateLimiter policy, UnaryOperator<RateLimiterBuilder> change) {
        policy.reconfigure(change);
    }
}

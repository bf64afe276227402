// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What builders accept and how they refuse. */
class RateLimiterBuilderTest extends LimiterTest {
    private static RateLimiterBuilder ten() {
        return RateLimiter.builder("ten").limit(10, SECOND);
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                wrong("limits: of no limit", () -> RateLimiter.builder("none").build()),
                wrong("burst: of no limit", () -> RateLimiter.builder("none").burst(1)),
                wrong("and: of no limit", () -> RateLimiter.builder("none").and(1, SECOND)),
                wrong("limit: -1 (expected: 0 to", () -> ten().limit(-1, SECOND)),
                wrong("only: of no limit", () -> RateLimiter.builder("none").only()),
                wrong(
                        "tokenBucket: of no limit",
                        () -> RateLimiter.builder("none").tokenBucket()),
                wrong("period: PT0S (expected: longer than zero)", () -> ten().limit(1, Duration.ZERO)),
                wrong("period: PT-1S", () -> ten().and(1, Duration.ofSeconds(-1))),
                wrong("burst: 0 (expected: 1 to", () -> ten().burst(0)),
                wrong("waitUpTo: PT-1S", () -> ten().waitUpTo(Duration.ofSeconds(-1))),
                wrong("coldFactor: 0.5", () -> ten().warmUp(SECOND, 0.5)),
                wrong("coldFactor: NaN", () -> ten().warmUp(SECOND, Double.NaN)),
                wrong("warmUp: PT0S", () -> ten().warmUp(Duration.ZERO, 3)),
                wrong(
                        "burst: 5 (expected: 1, ",
                        () -> ten().warmUp(SECOND, 3).burst(5).build()),
                wrong(
                        "limit of a window: 1048576",
                        () -> ten().limit(1 << 20, SECOND).slidingWindow()),
                wrong("maximumKeys: 0", () -> ten().keyed(0)),
                wrong("permits: 11 (expected: 1 to 10)", () -> ten().build().permits(11)),
                wrong("permits: 0", () -> ten().build().permits(0)),
                wrong(
                        "limit: 1/100d burst 1000000",
                        () -> ten().limit(1, Duration.ofDays(100))
                                .burst(1_000_000)
                                .build()),
                wrong("limits: one more", () -> {
                    RateLimiterBuilder many = ten();
                    for (int i = 0; i < 8; i++) {
                        many.and(1, SECOND);
                    }
                }));
    }

    private static Arguments wrong(String message, ThrowingCallable build) {
        return Arguments.of(message, build);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void refusesWithAMessage(String message, ThrowingCallable build) {
        assertThatThrownBy(build).isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith(message);
    }

    @Test
    void aLimiterKeepsACopy() {
        RateLimiterBuilder builder = limiter(10, SECOND);
        RateLimiter limiter = builder.build();
        builder.limit(1, SECOND);
        assertThat(in(limiter, 20)).isEqualTo(10);
        assertThat(in(builder.build(), 20)).isEqualTo(1);
    }

    @Test
    void theLastSettingWins() {
        RateLimiter limiter =
                limiter(10, SECOND).fixedWindow().burst(3).smooth().burst(7).build();
        assertThat(limiter).hasToString("RateLimiter['limiter' 10/1s burst 7, 7 available]");
        assertThat(limiter(10, SECOND).burst(3).slidingWindow().build().available())
                .isEqualTo(10);
    }
}

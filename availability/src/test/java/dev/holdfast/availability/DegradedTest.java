// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.fallback.Fallback;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Two policies count an answer from elsewhere, one after the other. */
class DegradedTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private final Fallback<Object> fallback = time.building(() -> Fallback.of("orders", Object.class, "old"));

    private static Evidence calls(long good, long degraded, long bad) {
        return new Evidence(good, degraded, bad, good + degraded + bad);
    }

    private static Evidence known(Availability availability) {
        Evidence all = availability.report().calls();
        return calls(all.good(), all.degraded(), all.bad());
    }

    @Test
    @DisplayName(
            "AV-13 an answer from elsewhere that is known before its call has ended is no restart, and counts once")
    void beforeTheEnd() {
        Indicator indicator = Indicator.builder("orders").environment(time).build();
        try (Availability availability = Availability.builder("orders")
                .environment(time)
                .degraded(() -> fallback.counts().recovered())
                .callers(indicator)) {
            for (int i = 0; i < 100; i++) {
                indicator.call(() -> fallback.call(() -> "new"));
                time.advance(SECOND);
            }
            for (int i = 0; i < 10; i++) {
                indicator.run(() -> {
                    fallback.call(() -> {
                        throw new IllegalStateException("down");
                    });
                    time.advance(Duration.ofMillis(2_500));
                });
            }
            time.advance(SECOND);
            assertThat(known(availability)).isEqualTo(calls(100, 10, 0));
            assertThat(availability.report().calls().asked()).isEqualTo(110);
        }
    }

    @Test
    @DisplayName("A slow answer from elsewhere is degraded, and not bad, where no quick one came with it")
    void slow() {
        Indicator indicator = Indicator.builder("orders")
                .environment(time)
                .latency(Duration.ofMillis(300))
                .build();
        try (Availability availability = Availability.builder("orders")
                .environment(time)
                .degraded(() -> fallback.counts().recovered())
                .callers(indicator)) {
            for (int i = 0; i < 300; i++) {
                boolean slow = i >= 200;
                indicator.call(() -> fallback.call(() -> {
                    time.advance(Duration.ofMillis(slow ? 500 : 10));
                    if (slow) {
                        throw new IllegalStateException("down");
                    }
                    return "new";
                }));
                time.advance(SECOND);
            }
            time.advance(SECOND);
            assertThat(known(availability)).isEqualTo(calls(200, 100, 0));
            assertThat(availability.report().outages()).isZero();
        }
    }

    @Test
    @DisplayName("AV-13 where the counter of answers from elsewhere begins anew, calls do not")
    void anew() {
        long[] answers = {0};
        Indicator indicator = Indicator.builder("orders").environment(time).build();
        try (Availability availability = Availability.builder("orders")
                .environment(time)
                .degraded(() -> answers[0])
                .callers(indicator)) {
            for (int i = 0; i < 103; i++) {
                answers[0] = i == 100 ? 0 : answers[0];
                indicator.run(() -> {});
                answers[0] += i % 2 == 0 || i >= 100 ? 1 : 0;
                time.advance(SECOND);
            }
            assertThat(known(availability)).isEqualTo(calls(50, 53, 0));
        }
    }

    @Test
    @DisplayName("Answers whose calls were given up hide no failures of later ones")
    void givenUp() {
        long[] answers = {0};
        long[] ended = {0};
        long[] bad = {0};
        Degraded degraded =
                new Degraded(() -> new Evidence(0, 0, bad[0], ended[0], ended[0] + 1, ended[0], 0), () -> answers[0]);
        answers[0] = 50;
        ended[0] = 50;
        degraded.get();
        for (int i = 0; i < 60; i++) {
            ended[0]++;
            bad[0]++;
            degraded.get();
        }
        assertThat(degraded.get().bad()).isBetween(58L, 60L);
    }
}

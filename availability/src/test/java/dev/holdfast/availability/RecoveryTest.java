// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Classifier;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Objectives for recovery, and what happened. */
class RecoveryTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private final long[] good = {0};
    private final long[] degraded = {0};
    private final long[] bad = {0};
    private Duration age = Duration.ZERO;
    private final List<RecoveryObjective> missed = new ArrayList<>();
    private final Availability availability = Availability.builder("stock")
            .environment(time)
            .recoveryTime(Duration.ofSeconds(5))
            .recoveryPoint(Duration.ofSeconds(60), () -> age)
            .counting(() -> new Evidence(good[0], degraded[0], bad[0], good[0] + degraded[0] + bad[0]));

    RecoveryTest() {
        availability.on(Availability.RecoveryMissed.class, event -> missed.add(event.objective()));
    }

    private void pass(int seconds, long[] what) {
        for (int i = 0; i < seconds; i++) {
            what[0]++;
            time.advance(SECOND);
        }
    }

    @Test
    @DisplayName(
            "The recovery time is that without any answer: one from elsewhere ends it, and is not the dependency's own")
    void time() {
        pass(10, good);
        pass(4, bad);
        pass(20, degraded);
        pass(1, good);
        assertThat(availability.report().longestWithoutAnswer())
                .isBetween(Duration.ofSeconds(3), Duration.ofSeconds(4));
        assertThat(availability.report().longestWithoutOwnAnswer())
                .isBetween(Duration.ofSeconds(23), Duration.ofSeconds(25));
        assertThat(availability.report().recoveryTime().orElseThrow().kept()).isTrue();
        assertThat(missed).isEmpty();

        pass(30, bad);
        pass(3, good);
        pass(30, bad);
        assertThat(missed)
                .extracting(RecoveryObjective::kind)
                .containsExactly(RecoveryObjective.Kind.TIME, RecoveryObjective.Kind.TIME);
        RecoveryObjective known = availability.report().recoveryTime().orElseThrow();
        assertThat(known.kept()).isFalse();
        assertThat(known.missed()).isEqualTo(2);
        assertThat(known.allowed()).isEqualTo(Duration.ofSeconds(5));
        assertThat(known.worst()).isBetween(Duration.ofSeconds(29), Duration.ofSeconds(31));
    }

    @Test
    @DisplayName("Time in which nobody asks is no time without an answer, unless the next one who asks has none either")
    void nobodyAsks() {
        pass(2, bad);
        time.advance(Duration.ofHours(8));
        assertThat(availability.report().longestWithoutAnswer())
                .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(3));
        pass(3, good);
        assertThat(missed).isEmpty();

        pass(1, bad);
        time.advance(Duration.ofSeconds(20));
        pass(1, bad);
        pass(3, good);
        assertThat(availability.report().longestWithoutAnswer())
                .isBetween(Duration.ofSeconds(20), Duration.ofSeconds(23));
        assertThat(missed).hasSize(1);
    }

    @Test
    @DisplayName("What one builder has built is apart: neither misses the other's objective, nor has its view")
    void oneBuilder() {
        AvailabilityBuilder builder =
                Availability.builder("stock").environment(time).recoveryTime(Duration.ofSeconds(30));
        Indicator indicator = Indicator.builder("stock").environment(time).build();
        try (Availability well = builder.callers(indicator);
                Availability ill = builder.counting(() -> new Evidence(0, 0, bad[0], bad[0]))) {
            for (int i = 0; i < 60; i++) {
                indicator.run(() -> {});
                pass(1, bad);
            }
            assertThat(ill.report().recoveryTime().orElseThrow().missed()).isOne();
            assertThat(well.report().recoveryTime().orElseThrow().kept()).isTrue();
            assertThat(well.meters().get(0).labels()).containsEntry("holdfast.view", "callers");
            assertThat(ill.meters().get(0).labels()).containsEntry("holdfast.view", "counted");
        }
    }

    @Test
    @DisplayName("Whoever makes a mistake at night, and is ignored for it, is no miss of the recovery time")
    void ignored() {
        Indicator indicator = Indicator.builder("stock")
                .environment(time)
                .classify(Classifier.standard().ignore(IllegalArgumentException.class))
                .build();
        try (Availability watched = Availability.builder("stock")
                .environment(time)
                .recoveryTime(Duration.ofSeconds(30))
                .callers(indicator)) {
            indicator.run(() -> {});
            time.advance(SECOND);
            for (int i = 0; i < 100; i++) {
                assertThatThrownBy(() -> indicator.run(() -> {
                            throw new IllegalArgumentException("no such article");
                        }))
                        .isInstanceOf(IllegalArgumentException.class);
                time.advance(SECOND);
            }
            time.advance(Duration.ofHours(8));
            assertThat(watched.report().longestWithoutAnswer()).isZero();
            assertThat(watched.report().recoveryTime().orElseThrow().kept()).isTrue();
        }
    }

    @Test
    @DisplayName(
            "The recovery point is how old the data are while the dependency has no answers of its own; otherwise their age is no matter")
    void point() {
        age = Duration.ofMinutes(10);
        pass(10, good);
        assertThat(availability.report().recoveryPoint().orElseThrow().worst()).isZero();
        age = Duration.ofSeconds(59);
        // It is read beside a sample, and counts with the next one.
        pass(1, good);
        pass(2, degraded);
        assertThat(missed).isEmpty();
        age = Duration.ofSeconds(61);
        pass(3, degraded);
        assertThat(missed).extracting(RecoveryObjective::kind).containsExactly(RecoveryObjective.Kind.POINT);
        assertThat(availability.report().recoveryPoint())
                .contains(new RecoveryObjective(
                        RecoveryObjective.Kind.POINT, Duration.ofSeconds(60), Duration.ofSeconds(61), 1));
    }

    @Test
    @Timeout(60)
    @DisplayName("An age that throws, is null, or never comes back hides no outage, and is not measured")
    void unknownAge() {
        CountDownLatch never = new CountDownLatch(1);
        List<Supplier<Duration>> ages = List.of(
                () -> {
                    throw new IllegalStateException("the lag is in the database that is down");
                },
                RecoveryTest::none,
                () -> {
                    awaitUninterruptibly(never);
                    return Duration.ofHours(1);
                });
        for (Supplier<Duration> unknown : ages) {
            CountDownLatch told = new CountDownLatch(1);
            long[] failed = {0};
            try (Availability watched = Availability.builder("db")
                    .every(Duration.ofMillis(1))
                    .recoveryPoint(Duration.ofMinutes(5), unknown)
                    .counting(() -> new Evidence(0, 0, failed[0]++, failed[0]))) {
                watched.on(Availability.OutageStarted.class, event -> told.countDown());
                awaitUninterruptibly(told);
                assertThat(watched.report().recoveryPoint().orElseThrow().worst())
                        .isZero();
            }
        }
        never.countDown();
    }

    @SuppressWarnings("NullAway") // What callers of other languages do.
    private static Duration none() {
        return null;
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

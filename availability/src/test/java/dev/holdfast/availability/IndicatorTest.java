// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.Classifier;
import dev.holdfast.Meter;
import dev.holdfast.Pipeline;
import dev.holdfast.RejectedException;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class IndicatorTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private final Indicator indicator = Indicator.builder("stock")
            .environment(time)
            .latency(Duration.ofMillis(100))
            .build();

    private void call(Duration takes, boolean good) {
        try {
            indicator.run(() -> {
                time.advance(takes);
                if (!good) {
                    throw new IllegalStateException("down");
                }
            });
        } catch (IllegalStateException expected) {
            // Failed.
        }
    }

    @Test
    @DisplayName("AV-7 Apdex of 60 satisfied, 30 tolerating and 10 frustrated callers is 0.75")
    void apdex() {
        for (int i = 0; i < 60; i++) {
            call(Duration.ofMillis(100), true);
        }
        for (int i = 0; i < 30; i++) {
            call(Duration.ofMillis(i % 2 == 0 ? 101 : 400), true);
        }
        for (int i = 0; i < 10; i++) {
            call(i < 5 ? Duration.ofNanos(400_000_001) : Duration.ZERO, i < 5);
        }
        assertThat(indicator.satisfaction()).isEqualTo(new Indicator.Satisfaction(60, 30, 10));
        assertThat(indicator.satisfaction().apdex()).isCloseTo(0.75, within(1e-12));
        assertThat(new Indicator.Satisfaction(0, 0, 0).apdex()).isNaN();
        assertThat(indicator.meters())
                .filteredOn(meter -> meter.name().equals("holdfast.indicator.answers"))
                .extracting(Meter::value)
                .containsExactly(60.0, 30.0, 10.0);
    }

    @Test
    @DisplayName(
            "A slow answer is bad for an objective, and for the availability; without a latency none is slow, and no clock is read")
    void slowIsBad() {
        Indicator patient = Indicator.builder("patient").environment(time).build();
        try (Availability availability =
                        Availability.builder("stock").environment(time).dependency(indicator);
                Objective objective = Objective.builder("stock", 0.9)
                        .alerts()
                        .environment(time)
                        .callers(indicator)) {
            call(Duration.ofMillis(50), true);
            call(Duration.ofMillis(150), true);
            call(Duration.ofMillis(50), false);
            time.advance(Duration.ofSeconds(5));
            assertThat(availability.report().byCalls()).hasValue(1.0 / 3);
            assertThat(objective.report().bad()).isEqualTo(2);
            assertThat(objective.report().calls()).isEqualTo(3);
        }
        patient.run(() -> time.advance(Duration.ofDays(1)));
        assertThat(patient.satisfaction()).isEqualTo(new Indicator.Satisfaction(1, 0, 0));
        assertThatThrownBy(() -> Indicator.builder("x").latency(Duration.ZERO)).hasMessageContaining("latency");
        assertThat(indicator).hasToString("Indicator['stock', an answer is slow after PT0.1S]");
    }

    @Test
    @DisplayName("AV-6 a dependency that hangs is down before any call has ended, since those that hang came")
    void hang() {
        List<Outage> heard = new ArrayList<>();
        try (Availability availability = Availability.builder("stock")
                .environment(time)
                .hangsAfter(Duration.ofSeconds(10))
                .dependency(indicator)) {
            availability.on(Availability.OutageStarted.class, event -> heard.add(event.outage()));
            for (int i = 0; i < 20; i++) {
                call(Duration.ofMillis(10), true);
                time.advance(SECOND);
            }
            CompletableFuture<String> stuck = new CompletableFuture<>();
            CompletableFuture<String> call = indicator.callAsync(() -> stuck);
            CompletableFuture<String> other = indicator.callAsync(() -> stuck);
            assertThat(indicator.underWay()).isEqualTo(2);
            time.advance(Duration.ofSeconds(9));
            assertThat(heard).isEmpty();
            time.advance(Duration.ofSeconds(3));
            assertThat(heard).hasSize(1);
            assertThat(heard.get(0).start()).isBetween(Duration.ofSeconds(19), Duration.ofSeconds(22));
            assertThat(availability.report().isDown()).isTrue();
            assertThat(availability.report().down()).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(13));
            stuck.complete("late");
            assertThat(call).isCompleted();
            assertThat(other).isCompleted();
            assertThat(indicator.underWay()).isZero();
            for (int i = 0; i < 3; i++) {
                call(Duration.ofMillis(10), true);
                time.advance(SECOND);
            }
            assertThat(availability.report().isDown()).isFalse();
            AvailabilityReport report = availability.report();
            assertThat(report.up().plus(report.down()).plus(report.unobserved()))
                    .isEqualTo(Duration.ofSeconds(35));
        }
    }

    @Test
    @DisplayName("AV-6 one call that takes for ever is no outage while others end, nor is a service that nobody asks")
    void oneThatHangs() {
        try (Availability availability =
                Availability.builder("stock").environment(time).dependency(indicator)) {
            CompletableFuture<String> stuck = new CompletableFuture<>();
            CompletableFuture<String> call = indicator.callAsync(() -> stuck);
            for (int i = 0; i < 100; i++) {
                call(Duration.ofMillis(10), true);
                time.advance(SECOND);
            }
            assertThat(availability.report().outages()).isZero();
            call.cancel(true);
            time.advance(Duration.ofHours(1));
            assertThat(availability.report().outages()).isZero();
        }
    }

    @Test
    @DisplayName(
            "AV-3 callers see one call however many attempts, answers from elsewhere apart, and what an open breaker refuses as bad")
    void callers() {
        CircuitBreaker breaker = time.building(() -> CircuitBreaker.ofDefaults("stock"));
        Fallback<Object> fallback = time.building(() -> Fallback.of("stock", Object.class, "old"));
        Pipeline<Object> inner = Pipeline.of(
                time.building(() -> Retry.builder("stock").maxAttempts(3).build()), breaker);
        Indicator callers = Indicator.builder("callers").environment(time).build();
        Pipeline<Object> pipeline = Pipeline.of(callers, fallback, inner);
        Indicator bare = Indicator.builder("bare").environment(time).build();
        Pipeline<Object> without = Pipeline.of(bare, inner);
        try (Availability degraded = Availability.builder("stock")
                        .environment(time)
                        .degraded(() -> fallback.counts().recovered())
                        .recoveryTime(Duration.ofSeconds(30))
                        .callers(callers);
                Availability refused =
                        Availability.builder("stock").environment(time).callers(bare)) {
            for (int i = 0; i < 100; i++) {
                boolean works = i < 20 || i >= 60;
                Object answer = pipeline.call(() -> answer(works));
                assertThat(answer).isIn("new", "old");
                try {
                    without.run(() -> answer(works));
                } catch (RuntimeException expected) {
                    // Failed, or refused.
                }
                time.advance(SECOND);
            }
            AvailabilityReport seen = degraded.report();
            assertThat(seen.calls().good() + seen.calls().degraded()).isEqualTo(100);
            assertThat(seen.calls().degraded()).isEqualTo(fallback.counts().recovered());
            assertThat(seen.calls().bad()).isZero();
            assertThat(seen.longestWithoutAnswer()).isZero();
            assertThat(seen.longestWithoutOwnAnswer()).isBetween(Duration.ofSeconds(38), Duration.ofSeconds(45));
            assertThat(seen.recoveryTime().orElseThrow().kept()).isTrue();
            AvailabilityReport told = refused.report();
            assertThat(told.calls().good() + told.calls().bad()).isEqualTo(100);
            assertThat(told.calls().bad()).isGreaterThanOrEqualTo(38);
            assertThat(breaker.counts().rejected()).isPositive();
            assertThat(told.longestWithoutAnswer()).isBetween(Duration.ofSeconds(38), Duration.ofSeconds(45));
        }
    }

    private static Object answer(boolean works) {
        if (!works) {
            throw new IllegalStateException("down");
        }
        return "new";
    }

    @Test
    @DisplayName(
            "AV-3 rules of its own come before the defaults, and do not replace them: who is refused has no answer")
    void ownRules() {
        CircuitBreaker breaker = time.building(() -> CircuitBreaker.ofDefaults("stock"));
        Indicator own = Indicator.builder("own")
                .environment(time)
                .classify(Classifier.standard().ignore(NoSuchElementException.class))
                .build();
        Indicator lenient = Indicator.builder("lenient")
                .environment(time)
                .classify(so -> so.ignore(RejectedException.class))
                .build();
        Pipeline<Object> pipeline = Pipeline.of(own, lenient, breaker);
        assertThatThrownBy(() -> pipeline.run(() -> {
                    throw new NoSuchElementException();
                }))
                .isInstanceOf(NoSuchElementException.class);
        breaker.transitionTo(CircuitBreaker.State.FORCED_OPEN);
        assertThatThrownBy(() -> pipeline.run(() -> {})).isInstanceOf(RejectedException.class);
        assertThat(own.counts().ignored()).isOne();
        assertThat(own.counts().failures()).isOne();
        assertThat(lenient.counts().failures()).isOne();
        assertThat(lenient.counts().ignored()).isOne();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.pages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.Registry;
import dev.holdfast.availability.Availability;
import dev.holdfast.availability.Indicator;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.ratelimiter.KeyedRateLimiter;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code of the pages about numbers, spans and recordings runs. */
class MeasuredTest {
    private final Retry<Object> retry = Retry.ofDefaults("inventory");
    private final CircuitBreaker breaker = CircuitBreaker.ofDefaults("inventory");
    private final Registry<CircuitBreaker> breakers = Registry.of(10, CircuitBreaker::ofDefaults);
    private final KeyedRateLimiter<String> perUser =
            RateLimiter.builder("per user").limit(5, Duration.ofSeconds(1)).keyed(100);

    @Test
    void metersAreBoundAndFollowed() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (var meters = Measured.meters(Pipeline.of(retry, breaker), perUser, breakers, registry)) {
            breakers.get("later");
            assertThat(registry.get("holdfast.circuitbreaker.calls").functionCounters())
                    .extracting(counter -> counter.getId().getTag("holdfast.policy"))
                    .contains("inventory", "later");
            assertThat(meters).isNotNull();
        }
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void callsAreObservedTracedAndRecorded() {
        assertThat(Measured.observed(ObservationRegistry.create(), retry, breaker)
                        .call(() -> "answer"))
                .isEqualTo("answer");
        assertThat(Measured.traced(OpenTelemetry.noop(), perUser, breakers, retry, breaker)
                        .call(() -> "answer"))
                .isEqualTo("answer");
        assertThat(Measured.recorded(retry, breaker).call(() -> "answer")).isEqualTo("answer");
    }

    @Test
    void contextsAreCarried() {
        assertThat(Measured.propagated().context()).isNotNull();
        assertThat(Measured.carried().context()).isNotNull();
    }

    @Test
    void availabilityIsReported() {
        assertThat(Measured.available(breaker).outages()).isZero();
        assertThat(Measured.objective(Indicator.builder("orders").build())).contains("HoldfastBudgetBurns");
    }

    @Test
    void callersAreSeenByAnIndicator() {
        assertThat(Measured.callers(Fallback.of("orders", Object.class, "old"), retry, breaker))
                .isEqualTo(1);
    }

    @Test
    void recoveryIsChecked() {
        assertThat(Measured.recovery(breaker, () -> Duration.ofSeconds(3))).isTrue();
    }

    @Test
    void whatIsKnownOutlivesTheProcess(@TempDir Path directory) throws Exception {
        VirtualTime time = VirtualTime.create();
        CircuitBreaker watched = time.building(() -> CircuitBreaker.ofDefaults("inventory"));
        watched.run(() -> {});
        Availability inventory = Availability.of(watched);
        watched.run(() -> {});
        time.advance(Duration.ofSeconds(1));
        assertThat(Measured.restarted(inventory, watched, directory.resolve("inventory"))
                        .calls()
                        .good())
                .isOne();
    }

    @Test
    void changesAreHeard() {
        List<CircuitBreaker.State> states = new ArrayList<>();
        Measured.listening(breaker, Pipeline.of(retry, breaker), states, new ArrayList<>());
        assertThat(states).containsExactly(CircuitBreaker.State.METRICS_ONLY);
        Event drained = new Measured.Own.Drained(breaker, 3);
        assertThat(drained.eventName()).isEqualTo("holdfast.circuitbreaker.drained");
        assertThat(drained).hasToString("Drained['inventory', left 3]");
    }

    @Test
    void numbersAreScraped() {
        Indicator indicator = Indicator.builder("orders").build();
        assertThat(Operated.exported(Pipeline.of(indicator, retry, breaker), indicator, breaker))
                .contains(
                        "holdfast_circuitbreaker_calls_total{", "holdfast_outage_active{", "holdfast_objective_burn{");
    }

    @Test
    void durationsHaveBuckets() {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        Operated.bucketed(registry);
        Measured.observed(Operated.timed(registry), retry, breaker).call(() -> "answer");
        assertThat(registry.scrape())
                .contains("holdfast_call_seconds_bucket{", "holdfast_attempt_seconds_bucket{", "le=\"0.05\"");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.pages;

import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.Registry;
import dev.holdfast.Source;
import dev.holdfast.Subscription;
import dev.holdfast.availability.Availability;
import dev.holdfast.availability.AvailabilityReport;
import dev.holdfast.availability.Indicator;
import dev.holdfast.availability.Objective;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.jfr.FlightRecording;
import dev.holdfast.micrometer.HoldfastMeters;
import dev.holdfast.micrometer.Observations;
import dev.holdfast.opentelemetry.HoldfastTelemetry;
import dev.holdfast.ratelimiter.KeyedRateLimiter;
import dev.holdfast.retry.Retry;
import io.micrometer.context.ContextSnapshotFactory;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.opentelemetry.api.OpenTelemetry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The code of {@code docs/micrometer.md}, {@code docs/opentelemetry.md}, {@code docs/flight-recorder.md}, {@code docs/availability.md} and
 * {@code docs/events.md}.
 */
final class Measured {
    private static final Logger LOG = LoggerFactory.getLogger(Measured.class);

    private Measured() {}

    static HoldfastMeters meters(
            Pipeline<Object> pipeline,
            KeyedRateLimiter<String> perUser,
            Registry<CircuitBreaker> breakers,
            MeterRegistry registry) {
        // tag: micrometer-meters
        HoldfastMeters meters = HoldfastMeters.of(pipeline, perUser).follow(breakers);
        meters.bindTo(registry);
        // end
        return meters;
    }

    static Pipeline<Object> observed(ObservationRegistry observations, Retry<Object> retry, CircuitBreaker breaker) {
        // tag: micrometer-observations
        Pipeline<Object> pipeline = Pipeline.of(
                Observations.calls("inventory", observations),
                retry,
                breaker,
                Observations.attempts("inventory", observations));
        // end
        return pipeline;
    }

    static Environment propagated() {
        // tag: micrometer-context
        Environment environment = Environment.builder()
                .context(Observations.context(ContextSnapshotFactory.builder().build()))
                .build();
        // end
        return environment;
    }

    static Pipeline<Object> traced(
            OpenTelemetry openTelemetry,
            KeyedRateLimiter<String> perUser,
            Registry<CircuitBreaker> breakers,
            Retry<Object> retry,
            CircuitBreaker breaker) {
        // tag: opentelemetry
        HoldfastTelemetry telemetry =
                HoldfastTelemetry.of(openTelemetry).add(perUser).follow(breakers);
        Pipeline<Object> pipeline =
                Pipeline.of(telemetry.calls("inventory"), retry, breaker, telemetry.attempts("inventory"));
        telemetry.add(pipeline);
        // end
        return pipeline;
    }

    static Environment carried() {
        // tag: opentelemetry-context
        Environment environment =
                Environment.builder().context(HoldfastTelemetry.context()).build();
        // end
        return environment;
    }

    static Pipeline<Object> recorded(Retry<Object> retry, CircuitBreaker breaker) {
        // tag: flight-recorder
        FlightRecording recording = FlightRecording.of(breaker);
        Pipeline<Object> pipeline =
                Pipeline.of(FlightRecording.calls("inventory"), retry, breaker, FlightRecording.attempts("inventory"));
        // end
        recording.close();
        return pipeline;
    }

    static AvailabilityReport available(CircuitBreaker breaker) {
        // tag: availability
        Availability inventory = Availability.of(breaker);
        inventory.on(Availability.OutageStarted.class, event -> LOG.warn("inventory is down: {}", event));
        AvailabilityReport report = inventory.report();
        report.byCalls(); // 0.9987
        report.meanTimeToRepair(); // PT41S
        report.meanTimeToFailBounds(0.9); // in seconds: between what and what, 90 % sure
        // end
        inventory.close();
        return report;
    }

    static String objective(Indicator indicator) {
        // tag: objective
        Objective orders = Objective.builder("orders", 0.999).callers(indicator);
        orders.on(Objective.BudgetBurning.class, event -> LOG.warn("orders: {}", event));
        orders.report().budgetLeft(); // 0.3: the part of the error budget that is left
        orders.report().exhaustedIn(); // in how long it is used up, if it goes on as in the last hour
        String rules = orders.prometheusRules(); // the same for all processes together
        // end
        orders.close();
        return rules;
    }

    static double callers(Fallback<Object> fallback, Retry<Object> retry, CircuitBreaker breaker) {
        // tag: indicator
        Indicator indicator =
                Indicator.builder("orders").latency(Duration.ofMillis(300)).build();
        Pipeline<Object> pipeline = Pipeline.of(indicator, fallback, retry, breaker);
        Availability orders = Availability.builder("orders")
                .degraded(() -> fallback.counts().recovered())
                .recoveryTime(Duration.ofSeconds(30))
                .callers(indicator);
        Objective fast = Objective.builder("orders", 0.99).callers(indicator);
        indicator.satisfaction().apdex(); // 0.94
        // end
        pipeline.run(() -> {});
        orders.close();
        fast.close();
        return indicator.satisfaction().apdex();
    }

    static boolean recovery(CircuitBreaker breaker, Replica replica) {
        // tag: recovery
        Availability stock = Availability.builder("stock")
                .recoveryTime(Duration.ofSeconds(30))
                .recoveryPoint(Duration.ofMinutes(5), replica::lag)
                .dependency(breaker);
        stock.on(Availability.RecoveryMissed.class, event -> LOG.error("stock: {}", event));
        stock.report().recoveryTime().orElseThrow().kept();
        // end
        stock.close();
        return stock.report().recoveryTime().orElseThrow().kept();
    }

    static AvailabilityReport restarted(Availability inventory, CircuitBreaker breaker, Path file) throws IOException {
        // tag: snapshot
        Files.writeString(file, inventory.snapshot());
        inventory.close();
        Availability next = Availability.builder("inventory")
                .restore(Files.readString(file))
                .dependency(breaker);
        // end
        next.close();
        return next.report();
    }

    static void listening(
            CircuitBreaker breaker,
            Pipeline<Object> pipeline,
            List<CircuitBreaker.State> states,
            List<Duration> times) {
        // tag: listening
        Subscription subscription = breaker.on(CircuitBreaker.StateChanged.class, event -> states.add(event.to()));
        pipeline.on(Event.CallCompleted.class, event -> times.add(event.elapsed()));
        // end
        breaker.transitionTo(CircuitBreaker.State.METRICS_ONLY);
        subscription.cancel();
    }

    /** What the page shows as an event of one's own. */
    static final class Own {
        private Own() {}

        // tag: own-event
        record Drained(Source source, int left) implements Event.Change {
            @Override
            public Map<String, Object> details() {
                return Event.detailsOf("left", left);
            }

            @Override
            public String toString() {
                return Event.text(this);
            }
        }
        // end
    }

    /** A copy of the data, which lags behind. */
    interface Replica {
        /** By how much. */
        Duration lag();
    }
}

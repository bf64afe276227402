// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.pages;

import dev.holdfast.Environment;
import dev.holdfast.Pipeline;
import dev.holdfast.Registry;
import dev.holdfast.availability.Availability;
import dev.holdfast.availability.AvailabilityReport;
import dev.holdfast.availability.Objective;
import dev.holdfast.circuitbreaker.CircuitBreaker;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The code of {@code docs/micrometer.md}, {@code docs/opentelemetry.md}, {@code docs/flight-recorder.md} and
 * {@code docs/availability.md}. */
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
        inventory.onOutage(outage -> LOG.warn("inventory: {}", outage));
        AvailabilityReport report = inventory.report();
        report.byCalls(); // 0.9987
        report.meanTimeToRepair(); // PT41S
        report.meanTimeToFailBounds(0.9); // in seconds: between what and what, 90 % sure
        // end
        inventory.close();
        return report;
    }

    static String objective(CircuitBreaker breaker) {
        // tag: objective
        Objective orders = Objective.builder("orders", 0.999).callers(breaker);
        orders.onAlert(alert -> LOG.warn("orders: {}", alert));
        orders.report().budgetLeft(); // 0.3: the part of the error budget that is left
        orders.report().exhaustedIn(); // in how long it is used up, if it goes on as in the last hour
        String rules = orders.prometheusRules(); // the same for all processes together
        // end
        orders.close();
        return rules;
    }
}

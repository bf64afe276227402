// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.pages;

import dev.holdfast.Pipeline;
import dev.holdfast.availability.Availability;
import dev.holdfast.availability.Indicator;
import dev.holdfast.availability.Objective;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.micrometer.HoldfastMeters;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;

/** The code of {@code docs/operate/README.md}. */
final class Operated {
    private Operated() {}

    static String exported(Pipeline<Object> pipeline, Indicator indicator, CircuitBreaker breaker) {
        // tag: operate-meters
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT); // or your framework's
        Availability inventory = Availability.of(breaker);
        Objective orders = Objective.builder("orders", 0.999).callers(indicator); // the outermost policy
        HoldfastMeters.of(pipeline, inventory, orders).bindTo(registry);
        String page = registry.scrape(); // what GET /metrics has to answer
        // end
        orders.close();
        inventory.close();
        return page;
    }

    static ObservationRegistry timed(MeterRegistry registry) {
        // tag: operate-timers
        ObservationRegistry observations = ObservationRegistry.create();
        observations.observationConfig().observationHandler(new DefaultMeterObservationHandler(registry));
        // end
        return observations;
    }

    static void bucketed(MeterRegistry registry) {
        // tag: operate-buckets
        registry.config().meterFilter(new MeterFilter() {
            @Override
            public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
                return id.getType() == Meter.Type.TIMER && id.getName().startsWith("holdfast.")
                        ? DistributionStatisticConfig.builder()
                                .serviceLevelObjectives(10e6, 50e6, 100e6, 500e6, 1e9) // in nanoseconds
                                .build()
                                .merge(config)
                        : config;
            }
        });
        // end
    }
}

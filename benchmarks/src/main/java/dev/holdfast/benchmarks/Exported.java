// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.holdfast.availability.Availability;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.micrometer.HoldfastMeters;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A call that succeeds, through a closed breaker over the last 100 calls, all of whose numbers are in a Micrometer registry; Holdfast's
 * availability is watched as well, which no peer has.
 */
public class Exported extends Profile {
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private CircuitBreaker breaker;
    private HoldfastMeters meters;
    private Availability availability;
    private Supplier<String> r4j;

    /** Builds the breakers and binds their numbers. */
    @Setup
    public void setUp() {
        breaker = HoldfastPolicies.breaker();
        availability = Availability.of(breaker);
        meters = HoldfastMeters.of(breaker, availability);
        meters.bindTo(registry);
        CircuitBreakerRegistry r4jBreakers =
                CircuitBreakerRegistry.of(Resilience4jPolicies.breaker().getCircuitBreakerConfig());
        TaggedCircuitBreakerMetrics.ofCircuitBreakerRegistry(r4jBreakers).bindTo(registry);
        r4j = r4jBreakers.circuitBreaker("exported").decorateSupplier(Work.ANSWER);
    }

    /** Ends the sampling. */
    @TearDown
    public void close() {
        meters.close();
        availability.close();
    }

    @Benchmark
    public String breakerHoldfast() {
        return breaker.call(Work.ANSWER);
    }

    @Benchmark
    public String breakerResilience4j() {
        return r4j.get();
    }
}

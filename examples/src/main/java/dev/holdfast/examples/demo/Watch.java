// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import dev.holdfast.Metered;
import dev.holdfast.availability.Availability;
import dev.holdfast.availability.BurnRate;
import dev.holdfast.availability.Evidence;
import dev.holdfast.availability.Objective;
import dev.holdfast.micrometer.HoldfastMeters;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/** Shows the numbers of some policies, how available their service is to them, and whether an objective is kept. */
interface Watch extends AutoCloseable {
    Watch NONE = () -> {};

    @Override
    void close();

    /**
     * From now on.
     *
     * @param meters where
     * @param policies what is called through
     * @param service how available the service is
     * @param fresh calls, of which those are good that got a fresh answer
     */
    static Watch of(HoldfastMeters meters, Metered policies, Availability service, Supplier<Evidence> fresh) {
        Objective objective = Objective.builder(service.name(), 0.95)
                // Of a size that the demo can use up: half a minute is long in it.
                .over(Duration.ofMinutes(5))
                .every(Duration.ofMillis(500))
                .alerts(new BurnRate(BurnRate.Severity.PAGE, Duration.ofSeconds(30), 0.5))
                .counting(fresh);
        List<Metered> shown = List.of(policies, service, objective);
        shown.forEach(meters::add);
        return () -> {
            shown.forEach(meters::remove);
            objective.close();
            service.close();
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.opentelemetry;

import dev.holdfast.Meter;
import io.opentelemetry.api.OpenTelemetry;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which meters an OpenTelemetry is told of, by all {@link HoldfastTelemetry} together: it adds up those of one name and labels, and tells nobody.
 */
final class Reported {
    /** What is kept for one knows nothing of it. */
    private static final Map<OpenTelemetry, Reported> ALL = Collections.synchronizedMap(new WeakHashMap<>());

    private record Id(String name, Map<String, String> labels) {}

    private final Map<Id, Integer> times = new ConcurrentHashMap<>();

    private Reported() {}

    static Reported to(OpenTelemetry openTelemetry) {
        return ALL.computeIfAbsent(openTelemetry, unknown -> new Reported());
    }

    /** Whether it is the only one of its name and labels. */
    boolean add(Meter meter) {
        return times.merge(new Id(meter.name(), meter.labels()), 1, Integer::sum) == 1;
    }

    void remove(Meter meter) {
        times.computeIfPresent(new Id(meter.name(), meter.labels()), (id, there) -> there == 1 ? null : there - 1);
    }
}

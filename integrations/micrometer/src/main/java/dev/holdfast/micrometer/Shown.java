// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.micrometer;

import dev.holdfast.Meter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One meter, and what stands for it in each registry. Used under the lock of its {@link HoldfastMeters}, but for reading. */
final class Shown implements ToDoubleFunction<Object> {
    private static final Logger LOG = LoggerFactory.getLogger(HoldfastMeters.class);

    /** What registries may hold weakly: the function beside it, which they hold strongly, knows what it reads. */
    private static final Object THERE = new Object();

    private final Meter meter;
    private final IdentityHashMap<MeterRegistry, io.micrometer.core.instrument.Meter> bound = new IdentityHashMap<>();
    private volatile double last;
    private volatile boolean hasThrown;

    Shown(Meter meter) {
        this.meter = meter;
    }

    /**
     * Shows it in one more.
     *
     * @throws IllegalStateException if another one is there, whoever has registered it, or a filter makes two of them one
     */
    void in(MeterRegistry registry) {
        io.micrometer.core.instrument.Meter made = Making.in(
                registry,
                meter.name() + meter.labels(),
                () -> meter.kind() == Meter.Kind.COUNTER ? counter(registry) : gauge(registry));
        if (made != null) {
            bound.put(registry, made);
        }
    }

    private io.micrometer.core.instrument.Meter counter(MeterRegistry registry) {
        return FunctionCounter.builder(meter.name(), THERE, this)
                .tags(tags(meter.labels()))
                .description(meter.text())
                .baseUnit(unit(meter))
                .register(registry);
    }

    private io.micrometer.core.instrument.Meter gauge(MeterRegistry registry) {
        return Gauge.builder(meter.name(), THERE, this)
                .tags(tags(meter.labels()))
                .description(meter.text())
                .baseUnit(unit(meter))
                .register(registry);
    }

    /** Takes off what it has registered itself; what throws keeps no other one there. */
    void outOf(MeterRegistry registry) {
        io.micrometer.core.instrument.Meter there = bound.remove(registry);
        if (there != null) {
            try {
                registry.remove(there);
            } catch (RuntimeException | LinkageError | StackOverflowError thrown) {
                LOG.warn("Meter {}{} could not be removed from a registry", meter.name(), meter.labels(), thrown);
            }
        }
    }

    /** Reads it; not every kind of meter survives one that throws. */
    @Override
    public double applyAsDouble(Object any) {
        try {
            double value = meter.value();
            last = value;
            return value;
        } catch (RuntimeException | LinkageError | StackOverflowError thrown) {
            if (!hasThrown) {
                hasThrown = true;
                LOG.warn("Meter {}{} threw; it shows its last value", meter.name(), meter.labels(), thrown);
            }
            return meter.kind() == Meter.Kind.COUNTER ? last : Double.NaN;
        }
    }

    private static List<Tag> tags(Map<String, String> labels) {
        return labels.entrySet().stream()
                .map(label -> Tag.of(label.getKey(), label.getValue()))
                .toList();
    }

    /** What is counted is in the name; Prometheus would append anything else to it. */
    private static @Nullable String unit(Meter meter) {
        return meter.unit().equals("s") ? "seconds" : null;
    }
}

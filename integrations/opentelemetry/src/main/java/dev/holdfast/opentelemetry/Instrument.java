// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.opentelemetry;

import dev.holdfast.Meter;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All meters of one name, which differ by their labels. Changed under one lock, read by whoever collects. */
final class Instrument implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HoldfastTelemetry.class);

    /** A meter, and its labels as attributes. */
    private static final class Series {
        final Meter meter;
        final Attributes attributes;
        volatile boolean hasThrown;

        Series(Meter meter) {
            AttributesBuilder labels = Attributes.builder();
            meter.labels().forEach(labels::put);
            this.meter = meter;
            this.attributes = labels.build();
        }
    }

    final Meter.Kind kind;
    /** Meters are equal only to themselves. */
    private final Map<Meter, Series> series = new ConcurrentHashMap<>();

    private final AutoCloseable registration;

    /** @param like the first of them: the others are of the same kind and unit */
    Instrument(io.opentelemetry.api.metrics.Meter meter, Meter like) {
        this.kind = like.kind();
        this.registration = register(meter, like);
    }

    /** Counts are whole, times are not, and how something stands may be anything. */
    private AutoCloseable register(io.opentelemetry.api.metrics.Meter meter, Meter like) {
        if (kind == Meter.Kind.GAUGE) {
            return meter.gaugeBuilder(like.name())
                    .setUnit(like.unit())
                    .setDescription(like.text())
                    .buildWithCallback(collector -> report(collector::record));
        }
        var counter = meter.counterBuilder(like.name()).setUnit(like.unit()).setDescription(like.text());
        return like.unit().equals("s")
                ? counter.ofDoubles().buildWithCallback(collector -> report(collector::record))
                : counter.buildWithCallback(
                        collector -> report((value, attributes) -> collector.record(value.longValue(), attributes)));
    }

    void add(Meter meter) {
        series.put(meter, new Series(meter));
    }

    /** Whether it was the last one. */
    boolean remove(Meter meter) {
        series.remove(meter);
        return series.isEmpty();
    }

    /** One that throws is left out, and the others are reported. */
    private void report(BiConsumer<Double, Attributes> collector) {
        for (Series each : series.values()) {
            try {
                double value = each.meter.value();
                if (!Double.isNaN(value)) {
                    collector.accept(value, each.attributes);
                }
            } catch (RuntimeException | LinkageError | StackOverflowError thrown) {
                if (!each.hasThrown) {
                    each.hasThrown = true;
                    LOG.warn("Meter {}{} threw; it is left out", each.meter.name(), each.meter.labels(), thrown);
                }
            }
        }
    }

    @Override
    public void close() {
        try {
            registration.close();
        } catch (Exception thrown) {
            LOG.warn("An instrument could not be ended", thrown);
        }
    }
}

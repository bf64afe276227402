// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.opentelemetry;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.context.Context;
import java.util.List;

/** How long calls or attempts took, in seconds. */
final class Durations {
    /** Those of OpenTelemetry's conventions for HTTP; its defaults are made for milliseconds. */
    static final List<Double> BOUNDS =
            List.of(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0);

    private static final double SECOND = 1e9;

    private final DoubleHistogram histogram;

    Durations(Meter meter, String what) {
        histogram = meter.histogramBuilder("holdfast." + what + ".duration")
                .setUnit("s")
                .setDescription("How long a " + what + " took.")
                .setExplicitBucketBoundariesAdvice(BOUNDS)
                .build();
    }

    /** @param context with the span that was measured, for exemplars: it is not the current one any more */
    void record(long nanos, Attributes attributes, Context context) {
        histogram.record(Math.max(0, nanos) / SECOND, attributes, context);
    }
}

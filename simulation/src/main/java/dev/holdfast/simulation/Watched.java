// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.Meter;
import dev.holdfast.Policy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Reads the meters of all policies once a second, and adds up those of the same name and labels. */
final class Watched {
    private final int seconds;
    private final Map<String, double[]> series = new TreeMap<>();
    private final Set<String> gauges = new HashSet<>();
    private final List<Reading> readings = new ArrayList<>();

    Watched(int seconds) {
        this.seconds = seconds;
    }

    void add(List<? extends Policy<?>> policies) {
        for (Policy<?> policy : policies) {
            for (Meter meter : policy.meters()) {
                String name = meter.name() + new TreeMap<>(meter.labels());
                double[] sums = series.computeIfAbsent(name, any -> new double[seconds]);
                if (meter.kind() == Meter.Kind.GAUGE) {
                    gauges.add(name);
                }
                readings.add(new Reading(meter, sums));
            }
        }
    }

    void read(int second) {
        for (Reading reading : readings) {
            double value = reading.meter.value();
            // The ratio of a client that has not called yet is no number; those of the others are.
            reading.sums[second] += Double.isNaN(value) ? 0 : value;
        }
    }

    Map<String, double[]> series() {
        return series;
    }

    /** Names of those that go up and down; the others only grow. */
    Set<String> gauges() {
        return gauges;
    }

    private static final class Reading {
        final Meter meter;
        final double[] sums;

        Reading(Meter meter, double[] sums) {
            this.meter = meter;
            this.sums = sums;
        }
    }
}

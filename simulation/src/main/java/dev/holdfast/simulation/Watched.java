// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.Meter;
import dev.holdfast.Policy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads the meters of all policies once a second, and adds up those of the same name and labels. */
final class Watched {
    private final int seconds;
    private final Map<String, double[]> series = new TreeMap<>();
    private final List<Reading> readings = new ArrayList<>();

    Watched(int seconds) {
        this.seconds = seconds;
    }

    void add(List<? extends Policy<?>> policies) {
        for (Policy<?> policy : policies) {
            for (Meter meter : policy.meters()) {
                double[] sums = series.computeIfAbsent(meter.name() + meter.labels(), name -> new double[seconds]);
                readings.add(new Reading(meter, sums));
            }
        }
    }

    void read(int second) {
        readings.forEach(reading -> reading.sums[second] += reading.meter.value());
    }

    Map<String, double[]> series() {
        return series;
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

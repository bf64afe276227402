// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples;

import dev.holdfast.Meter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What pages say of the labels of meters that have one name. */
public final class MeterLabels {
    private MeterLabels() {}

    /** Each label with its values; not that of the policy's name, which all have. */
    public static String of(List<Meter> meters) {
        Map<String, Set<String>> labels = new TreeMap<>();
        meters.forEach(meter -> meter.labels().forEach((label, value) -> {
            if (!label.equals("holdfast.policy")) {
                labels.computeIfAbsent(label, any -> new LinkedHashSet<>()).add(value);
            }
        }));
        List<String> shown = new ArrayList<>();
        labels.forEach((label, values) -> shown.add("`" + label + "`: " + String.join(", ", values)));
        return String.join("; ", shown);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.operate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The series of a page of {@code /metrics}: by name, the labels of each. */
record Scrape(Map<String, List<Map<String, String>>> series) {
    private static final Pattern LINE = Pattern.compile("([a-zA-Z0-9_:]+)(?:\\{(.*)\\})? \\S+");
    private static final Pattern LABEL = Pattern.compile("([a-zA-Z0-9_]+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

    static Scrape of(String page) {
        Map<String, List<Map<String, String>>> series = new LinkedHashMap<>();
        page.lines().filter(line -> line.startsWith("holdfast_")).forEach(line -> {
            Matcher parts = LINE.matcher(line);
            if (!parts.matches()) {
                throw new IllegalArgumentException("line: " + line);
            }
            Map<String, String> labels = new LinkedHashMap<>();
            Matcher label = LABEL.matcher(parts.group(2) == null ? "" : parts.group(2));
            while (label.find()) {
                labels.put(label.group(1), label.group(2));
            }
            series.computeIfAbsent(parts.group(1), any -> new ArrayList<>()).add(labels);
        });
        return new Scrape(series);
    }

    /** Of all series of a metric. */
    Set<String> labels(String metric) {
        Set<String> labels = new LinkedHashSet<>();
        series.getOrDefault(metric, List.of()).forEach(each -> labels.addAll(each.keySet()));
        return labels;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Runs second by second, as RFC 4180 has it save for its line ends. */
final class Csv {
    private static final List<String> NAMES = List.of(
            "world",
            "policies",
            "second",
            "offered",
            "answered",
            "degraded",
            "refused",
            "failed",
            "goodput",
            "ceiling",
            "p50_ms",
            "p99_ms");

    private Csv() {}

    static String of(Map<String, Map<String, Run>> runs) {
        Set<String> services = new LinkedHashSet<>();
        runs.values().forEach(inWorld -> inWorld.values().forEach(run -> services.addAll(names(run.world()))));
        StringBuilder text = new StringBuilder();
        List<String> head = new ArrayList<>(NAMES);
        services.forEach(service -> head.add("sent_" + service));
        line(text, head);
        runs.forEach((title, inWorld) -> inWorld.forEach((name, run) -> lines(text, title, name, run, services)));
        return text.toString();
    }

    private static List<String> names(World world) {
        return world.services().stream().map(Service::name).toList();
    }

    private static void lines(StringBuilder text, String title, String name, Run run, Set<String> services) {
        for (Second second : run.seconds()) {
            List<String> cells = new ArrayList<>(List.of(
                    title,
                    name,
                    "" + second.index(),
                    "" + second.offered(),
                    "" + second.answered(),
                    "" + second.degraded(),
                    "" + second.refused(),
                    "" + second.failed(),
                    Figures.format("%.4f", second.goodput()),
                    Figures.format("%.4f", run.world().ceilingOf(second.index())),
                    millis(second.latency(0.5)),
                    millis(second.latency(0.99))));
            for (String service : services) {
                boolean isThere = names(run.world()).contains(service);
                cells.add(isThere ? "" + run.sent(service)[second.index()] : "");
            }
            line(text, cells);
        }
    }

    private static String millis(Duration time) {
        return time.isZero() ? "" : Figures.format("%.3f", Require.saturatedNanos(time) / 1e6);
    }

    private static void line(StringBuilder text, List<String> cells) {
        text.append(cells.stream().map(Csv::quoted).collect(Collectors.joining(",")))
                .append('\n');
    }

    private static String quoted(String cell) {
        boolean isPlain = cell.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return isPlain ? cell : '"' + cell.replace("\"", "\"\"") + '"';
    }
}

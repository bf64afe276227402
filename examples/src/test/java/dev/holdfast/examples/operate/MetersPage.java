// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.operate;

import dev.holdfast.Meter;
import dev.holdfast.Metered;
import dev.holdfast.examples.MeterLabels;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The tables of {@code docs/operate/meters.md}: one row a meter. What is normal is written by hand, and kept; so is what a timer of an
 * observation says, because it does not say so itself.
 */
final class MetersPage {
    static final Path FILE = Shipped.ROOT.resolve("docs/operate/meters.md");

    private static final Pattern TABLE =
            Pattern.compile("<!-- exported: ([a-z.,]+) -->\n(.*?)<!-- end -->", Pattern.DOTALL);
    private static final String HEAD = """
            | meter | in Prometheus | unit | labels | what it says | what is normal |
            | --- | --- | --- | --- | --- | --- |
            """;
    /** Where something has to be written by hand. */
    static final String TO_WRITE = "?";

    /** A meter, whatever has made it. */
    private record Row(String name, String unit, String labels, String text) {}

    private final Map<String, Row> rows = new TreeMap<>();
    /** By meter, in the order in which they stand there. */
    private final Map<String, Set<String>> exported = new TreeMap<>();

    MetersPage(List<Metered> sources, MeterRegistry registry, Scrape scrape) {
        sources.stream()
                .flatMap(source -> source.meters().stream())
                .collect(Collectors.groupingBy(Meter::name))
                .forEach((name, meters) -> rows.put(name, row(meters)));
        registry.getMeters()
                .forEach(meter -> rows.computeIfAbsent(
                        meter.getId().getName(),
                        name -> new Row(name, "s", String.join(", ", keys(meter.getId())), "")));
        for (String metric : scrape.series().keySet()) {
            exported.computeIfAbsent(meter(metric), any -> new TreeSet<>()).add(metric);
        }
    }

    private static Set<String> keys(io.micrometer.core.instrument.Meter.Id id) {
        Set<String> keys = new TreeSet<>();
        id.getTags().stream()
                .filter(tag -> !tag.getKey().equals("holdfast.policy"))
                .forEach(tag -> keys.add("`" + tag.getKey() + "`"));
        return keys;
    }

    private static Row row(List<Meter> meters) {
        Meter one = meters.get(0);
        return new Row(one.name(), one.unit(), MeterLabels.of(meters), one.text());
    }

    /** Which meter a metric is of: the longest that its name begins with. */
    private String meter(String metric) {
        return rows.keySet().stream()
                .filter(name -> (metric + "_").startsWith(name.replace('.', '_') + "_"))
                .reduce((a, b) -> a.length() > b.length() ? a : b)
                .orElseThrow(() -> new IllegalStateException("no meter is behind " + metric));
    }

    /** The page with its tables as they have to be. A meter that is in none of them is an error. */
    String rewritten(String text) {
        Set<String> left = new TreeSet<>(rows.keySet());
        String rewritten = TABLE.matcher(text)
                .replaceAll(found -> Matcher.quoteReplacement("<!-- exported: " + found.group(1) + " -->\n"
                        + table(List.of(found.group(1).split(",")), found.group(2), left) + "<!-- end -->"));
        if (!left.isEmpty()) {
            throw new IllegalStateException("meters in no table of " + FILE + ": " + left);
        }
        return rewritten;
    }

    private String table(List<String> prefixes, String before, Set<String> left) {
        StringBuilder out = new StringBuilder(HEAD);
        for (Row row : rows.values()) {
            if (prefixes.stream().anyMatch(prefix -> (row.name() + ".").startsWith(prefix + "."))) {
                left.remove(row.name());
                String[] old = cells(before, row.name());
                out.append("| `%s` | %s | `%s` | %s | %s | %s |\n"
                        .formatted(
                                row.name(),
                                exported.getOrDefault(row.name(), Set.of()).stream()
                                        .map(metric -> "`" + metric + "`")
                                        .collect(Collectors.joining(", ")),
                                row.unit(),
                                row.labels(),
                                row.text().isEmpty() ? old[4] : row.text(),
                                old[5]));
            }
        }
        return out.toString();
    }

    private static String[] cells(String table, String name) {
        return table.lines()
                .filter(line -> line.startsWith("| `" + name + "` |"))
                .findFirst()
                .map(line -> line.substring(2, line.length() - 2).split(" \\| ", 6))
                .orElse(new String[] {name, "", "", "", TO_WRITE, TO_WRITE});
    }
}

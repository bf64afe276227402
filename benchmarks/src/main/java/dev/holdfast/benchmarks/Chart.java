// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A bar for each library on each path, on a logarithmic scale, as SVG. It brings its own background, and colours for light
 * and dark, so it can be read on any page.
 */
final class Chart {
    private static final int LEFT = 275;
    private static final int SCALE = 500;
    private static final int WIDTH = LEFT + SCALE + 185;
    private static final int TOP = 96;
    private static final int BAR = 11;
    private static final int STEP = 14;
    private static final int GAP = 12;

    private static final String STYLE = """
            <style>
              text { font: 11px system-ui, sans-serif; fill: #1f2328; }
              .title { font-size: 15px; font-weight: 600; }
              .small { fill: #59636e; }
              .page { fill: #ffffff; }
              .grid { stroke: #d1d9e0; }
              .floor { stroke: #1f2328; stroke-width: 2; }
              .holdfast { fill: #0a7d45; }
              .resilience4j { fill: #c2410c; }
              .failsafe { fill: #7c6fd6; }
              .smallrye { fill: #b8870b; }
              .guava { fill: #2f81c7; }
              .bucket4j { fill: #c2559d; }
              .concurrency_limits { fill: #6e7781; }
              .by_hand { fill: #1b9e9e; }
              @media (prefers-color-scheme: dark) {
                text { fill: #e6edf3; }
                .small { fill: #9198a1; }
                .page { fill: #0d1117; }
                .grid { stroke: #30363d; }
                .floor { stroke: #e6edf3; }
                .holdfast { fill: #2fbf71; }
                .resilience4j { fill: #f0883e; }
                .failsafe { fill: #a99bf5; }
                .smallrye { fill: #d9b23c; }
                .guava { fill: #58a6ff; }
                .bucket4j { fill: #e38ac4; }
                .concurrency_limits { fill: #9198a1; }
                .by_hand { fill: #4cc9c9; }
              }
            </style>
            """;

    private final StringBuilder out = new StringBuilder();
    private final List<Row> results;
    private final double decades;

    private Chart(List<Row> results) {
        this.results = results;
        double longest = results.stream()
                .flatMap(result -> result.scores().stream())
                .mapToDouble(Row.Score::nanos)
                .max()
                .orElse(10);
        this.decades = Math.max(1, Math.ceil(Math.log10(longest)));
    }

    /**
     * Draws a chart.
     *
     * @param subtitle what is shown, and where it was measured
     * @param results the rows, one group of bars each
     */
    static String svg(String subtitle, List<Row> results) {
        return new Chart(results).draw(subtitle);
    }

    private String draw(String subtitle) {
        int bars = results.stream().mapToInt(result -> result.scores().size()).sum();
        int height = TOP + bars * STEP + results.size() * GAP + 10;
        out.append(String.format(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                        + " viewBox=\"0 0 %d %d\" role=\"img\">%n",
                WIDTH, height, WIDTH, height));
        out.append("<title>Nanoseconds a call, Holdfast and its peers</title>\n")
                .append(STYLE);
        out.append(String.format("<rect class=\"page\" width=\"%d\" height=\"%d\"/>%n", WIDTH, height));
        text(16, 24, "title", "Nanoseconds a call, less is better; logarithmic scale");
        text(16, 42, "small", subtitle);
        legend();
        grid(height - 8);
        int y = TOP;
        for (Row result : results) {
            y = group(result, y) + GAP;
        }
        return out.append("</svg>\n").toString();
    }

    private void legend() {
        Set<Library> shown = EnumSet.noneOf(Library.class);
        results.forEach(result -> result.scores().forEach(score -> shown.add(score.library())));
        int x = 16;
        for (Library library : shown) {
            out.append(String.format(
                    "<rect class=\"%s\" x=\"%d\" y=\"54\" width=\"11\" height=\"11\"/>%n", style(library), x));
            text(x + 15, 63, "", library.title);
            x += 40 + 6 * library.title.length();
        }
        out.append(String.format("<line class=\"floor\" x1=\"%d\" x2=\"%d\" y1=\"53\" y2=\"66\"/>%n", x + 5, x + 5));
        text(x + 12, 63, "", "floor: bare call and clock readings");
    }

    private void grid(int bottom) {
        for (int decade = 0; decade <= decades; decade++) {
            double x = x(Math.pow(10, decade));
            out.append(String.format(
                    Locale.ROOT,
                    "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>%n",
                    x,
                    x,
                    TOP - 6,
                    bottom));
            text((int) x - 4, TOP - 10, "small", String.format(Locale.ROOT, "%,d", (long) Math.pow(10, decade)));
        }
    }

    /** Holdfast first, then its peers, the fastest first. */
    private int group(Row result, int top) {
        List<Row.Score> scores = new ArrayList<>(result.peers());
        if (result.holdfast() != null) {
            scores.add(0, result.holdfast());
        }
        int y = top;
        text(16, top + 9, "", result.title());
        for (Row.Score score : scores) {
            double end = x(score.nanos());
            out.append(String.format(
                    Locale.ROOT,
                    "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>%n",
                    style(score.library()),
                    LEFT,
                    y,
                    end - LEFT,
                    BAR));
            String label = Report.number(score.nanos()) + " " + score.title();
            text((int) end + 5, y + 9, score.library() == Library.HOLDFAST ? "" : "small", label);
            y += STEP;
        }
        if (!Double.isNaN(result.floor())) {
            double x = x(result.floor());
            out.append(String.format(
                    Locale.ROOT,
                    "<line class=\"floor\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>%n",
                    x,
                    x,
                    top - 2,
                    y - 1));
        }
        return y;
    }

    /** What takes less than a nanosecond stands at the left end. */
    private double x(double nanos) {
        return LEFT + SCALE * Math.max(0.004, Math.log10(Math.max(1, nanos)) / decades);
    }

    private static String style(Library library) {
        return library.name().toLowerCase(Locale.ROOT);
    }

    private void text(int x, int y, String style, String text) {
        String of = style.isEmpty() ? "" : " class=\"" + style + "\"";
        String escaped = text.replace("&", "&amp;").replace("<", "&lt;");
        out.append(String.format("<text%s x=\"%d\" y=\"%d\">%s</text>%n", of, x, y, escaped));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Goodput by second as SVG: a row for each contender, a column for each case, in each cell an area from 0 to 1 over the
 * seconds, and the seconds of the fault shaded. It brings its own background, and colours for light and dark.
 */
final class GoodputChart {
    private static final int LEFT = 190;
    private static final int CELL = 170;
    private static final int GAP = 16;
    private static final int TOP = 96;
    private static final int HEIGHT = 30;
    private static final int STEP = 42;

    private static final String STYLE = """
            <style>
              text { font: 11px system-ui, sans-serif; fill: #1f2328; }
              .title { font-size: 15px; font-weight: 600; }
              .small { fill: #59636e; }
              .page { fill: #ffffff; }
              .grid { stroke: #d1d9e0; }
              .fault { fill: #ffebe9; }
              .holdfast { fill: #0a7d45; }
              .other { fill: #6e7781; }
              @media (prefers-color-scheme: dark) {
                text { fill: #e6edf3; }
                .small { fill: #9198a1; }
                .page { fill: #0d1117; }
                .grid { stroke: #30363d; }
                .fault { fill: #4c1a1e; }
                .holdfast { fill: #2fbf71; }
                .other { fill: #9198a1; }
              }
            </style>
            """;

    private final StringBuilder out = new StringBuilder();
    private final List<Result> results;
    private final List<Case> cases;
    private final List<Contender> contenders;

    private GoodputChart(List<Result> results) {
        this.results = results;
        this.cases = results.stream().map(Result::setting).distinct().collect(Collectors.toList());
        this.contenders = results.stream().map(Result::contender).distinct().collect(Collectors.toList());
    }

    /**
     * Draws a chart.
     *
     * @param what was called, and how
     * @param where it was measured
     */
    static String svg(String what, String where, List<Result> results) {
        return new GoodputChart(results).draw(what, where);
    }

    private String draw(String what, String where) {
        int width = Math.max(760, LEFT + cases.size() * (CELL + GAP));
        int height = TOP + contenders.size() * STEP + 24;
        out.append(String.format(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">%n",
                width, height, width, height));
        out.append("<title>Answered calls over offered calls, second by second</title>\n")
                .append(STYLE);
        out.append(String.format("<rect class=\"page\" width=\"%d\" height=\"%d\"/>%n", width, height));
        text(16, 24, "title", "Answered calls over offered calls, second by second; more is better");
        text(16, 42, "small", what);
        text(16, 58, "small", where);
        for (int i = 0; i < cases.size(); i++) {
            text(x(i), TOP - 12, "", cases.get(i).title());
            text(x(i), TOP + contenders.size() * STEP + 8, "small", cases.get(i).seconds() + " s");
        }
        for (int row = 0; row < contenders.size(); row++) {
            text(16, TOP + row * STEP + HEIGHT - 8, "", contenders.get(row).name());
        }
        results.forEach(this::cell);
        return out.append("</svg>\n").toString();
    }

    private static int x(int column) {
        return LEFT + column * (CELL + GAP);
    }

    private void cell(Result result) {
        Case setting = result.setting();
        int left = x(cases.indexOf(setting));
        int bottom = TOP + contenders.indexOf(result.contender()) * STEP + HEIGHT;
        double second = (double) CELL / setting.seconds();
        if (setting.fault() > 0) {
            out.append(String.format(
                    Locale.ROOT,
                    "<rect class=\"fault\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>%n",
                    left + setting.before() * second,
                    bottom - HEIGHT,
                    setting.fault() * second,
                    HEIGHT));
        }
        StringBuilder area = new StringBuilder(String.format("M%d %d", left, bottom));
        for (int i = 0; i < setting.seconds(); i++) {
            double y = bottom - HEIGHT * result.seconds().get(i).goodput();
            area.append(String.format(Locale.ROOT, "L%.1f %.1fH%.1f", left + i * second, y, left + (i + 1) * second));
        }
        out.append(String.format(
                "<path class=\"%s\" d=\"%sV%dZ\"/>%n",
                result.contender().id().startsWith("holdfast") ? "holdfast" : "other", area, bottom));
        out.append(String.format(
                "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>%n",
                left, left + CELL, bottom - HEIGHT, bottom - HEIGHT));
        out.append(String.format(
                "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>%n", left, left + CELL, bottom, bottom));
    }

    private void text(int x, int y, String style, String text) {
        String of = style.isEmpty() ? "" : " class=\"" + style + "\"";
        String escaped = text.replace("&", "&amp;").replace("<", "&lt;");
        out.append(String.format("<text%s x=\"%d\" y=\"%d\">%s</text>%n", of, x, y, escaped));
    }
}

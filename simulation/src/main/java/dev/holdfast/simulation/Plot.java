// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.internal.Html;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A chart of lines over the seconds of a run. The drawing is stretched to whatever room there is, its words are not: they are text of
 * the page around it, and as large as all other text on any screen. Colours come from classes, so that the page's style decides on light
 * and dark.
 */
final class Plot {
    /** The drawing's own units, in both directions. */
    private static final double UNITS = 1000;
    /** More points than this are nobody's gain. */
    private static final int MOST_POINTS = 1000;

    private final String title;
    private final int seconds;
    private final Scale scale;
    private final StringBuilder shapes = new StringBuilder();

    Plot(String title, int seconds, Scale scale) {
        this.title = title;
        this.seconds = seconds;
        this.scale = scale;
    }

    /** Shades the seconds of the faults. */
    Plot faults(World world) {
        shapes.append(shades(world, seconds));
        return this;
    }

    static String shades(World world, int seconds) {
        StringBuilder shades = new StringBuilder();
        for (Fault fault : world.faults()) {
            double left = x(fault.startNanos() / 1e9, seconds);
            double width = x(fault.endNanos() / 1e9, seconds) - left;
            if (width > 0) {
                shades.append(Figures.format(
                        "<rect class=\"fault\" x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"1000\">%s</rect>%n",
                        left, width, Html.element("title", fault.toString())));
            }
        }
        return shades.toString();
    }

    /** A line, with gaps where a value is not a number. */
    Plot line(String kind, String name, double[] values) {
        shapes.append("<path class=\"line ").append(kind).append("\" d=\"");
        shapes.append(path(values, scale)).append("\">");
        shapes.append(Html.element("title", name)).append("</path>\n");
        return this;
    }

    static String path(double[] values, Scale scale) {
        StringBuilder path = new StringBuilder();
        int step = (values.length + MOST_POINTS - 1) / MOST_POINTS;
        boolean drawing = false;
        for (int i = 0; i < values.length; i += step) {
            int end = Math.min(values.length, i + step);
            double value = mean(values, i, end);
            if (!Double.isNaN(value)) {
                String point = Figures.format(
                        "%.1f %.1f", x((i + end) / 2.0, values.length), UNITS * (1 - scale.height(value)));
                // A line of its own for the first, so that one alone is seen, too.
                path.append(drawing ? "L" + point : "M" + point + "L" + point);
            }
            drawing = !Double.isNaN(value);
        }
        return path.toString();
    }

    private static double mean(double[] values, int from, int to) {
        double sum = 0;
        int count = 0;
        for (int i = from; i < to; i++) {
            if (!Double.isNaN(values[i])) {
                sum += values[i];
                count++;
            }
        }
        return count == 0 ? Double.NaN : sum / count;
    }

    String html() {
        StringBuilder html = new StringBuilder("<figure class=\"plot\">");
        html.append(Html.element("figcaption", title)).append("<div class=\"frame\"><div class=\"y\">");
        scale.ticks()
                .forEach((at, words) -> html.append(
                        Figures.format("<span style=\"bottom:%.1f%%\">%s</span>", 100 * at, Html.escape(words))));
        html.append("</div>").append(opening(title)).append("<path class=\"grid\" d=\"");
        scale.ticks().keySet().forEach(at -> html.append(Figures.format("M0 %.1fH1000", UNITS * (1 - at))));
        html.append("\"/>\n").append(shapes).append("</svg></div><div class=\"x\">");
        for (int second : ticks(seconds)) {
            html.append(Figures.format(
                    "<span style=\"left:%.1f%%\">%d s</span>", x(second, seconds) * 100 / UNITS, second));
        }
        return html.append("</div></figure>\n").toString();
    }

    static String opening(String label) {
        return "<svg viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\""
                + Html.escape(label) + "\">\n";
    }

    private static double x(double second, int seconds) {
        return UNITS * Math.min(1, second / seconds);
    }

    /** Five or so, at round numbers. */
    private static List<Integer> ticks(int seconds) {
        int step = (int) Math.max(1, Scale.round(seconds / 5.0));
        List<Integer> ticks = new ArrayList<>();
        for (int second = 0; second <= seconds; second += step) {
            ticks.add(second);
        }
        return ticks;
    }

    /**
     * Where values are between bottom, 0, and top, 1.
     *
     * @param least the value at the bottom
     * @param most the value at the top
     * @param isLogarithmic whether each step is ten times the one before
     * @param ticks what is written at which height
     */
    record Scale(double least, double most, boolean isLogarithmic, Map<Double, String> ticks) {
        /** From zero to a round number that is not below the largest. */
        static Scale linear(double largest) {
            double step = round(Math.max(largest, 1e-9) / 4);
            int steps = (int) Math.max(1, Math.ceil(largest / step - 1e-9));
            Map<Double, String> ticks = new TreeMap<>();
            for (int i = 0; i <= steps; i++) {
                ticks.put((double) i / steps, number(i * step));
            }
            return new Scale(0, steps * step, false, ticks);
        }

        /** Of milliseconds, in powers of ten around what there is. */
        static Scale logarithmic(double smallest, double largest) {
            int from = (int) Math.floor(Math.log10(smallest) + 1e-9);
            int to = Math.max(from + 1, (int) Math.ceil(Math.log10(largest) - 1e-9));
            Map<Double, String> ticks = new TreeMap<>();
            for (int i = from; i <= to; i++) {
                double millis = Math.pow(10, i);
                ticks.put(
                        (double) (i - from) / (to - from),
                        millis < 1000 ? number(millis) + " ms" : number(millis / 1000) + " s");
            }
            return new Scale(Math.pow(10, from), Math.pow(10, to), true, ticks);
        }

        double height(double value) {
            double height = isLogarithmic
                    ? Math.log(Math.max(value, least) / least) / Math.log(most / least)
                    : (value - least) / (most - least);
            return Math.max(0, Math.min(1, height));
        }

        /** The next of 1, 2, 5, 10, 20, 50 and so on, up. */
        static double round(double value) {
            double ten = Math.pow(10, Math.floor(Math.log10(value)));
            for (double digit : new double[] {1, 2, 5}) {
                if (value <= digit * ten * (1 + 1e-9)) {
                    return digit * ten;
                }
            }
            return 10 * ten;
        }

        static String number(double value) {
            if (value == Math.rint(value)) {
                return Figures.format("%,.0f", value);
            }
            return Figures.format(Math.abs(value) < 0.1 ? "%.3f" : Math.abs(value) < 10 ? "%.2f" : "%,.1f", value)
                    .replaceAll("(\\.\\d*?)0+$", "$1");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.internal.Html;
import java.util.Arrays;
import java.util.Map;

/**
 * What the policies of one run did: for each of their meters a small line, by second, and what it came to. Those that only grow are shown as
 * what was added in each second. What stayed at zero is left out.
 */
final class Meters {
    private static final String PREFIX = "holdfast.";

    private Meters() {}

    /** Nothing, where there are no policies. */
    static String html(String name, String kind, Run run) {
        StringBuilder rows = new StringBuilder();
        int left = 0;
        for (Map.Entry<String, double[]> meter : run.meters().entrySet()) {
            double[] values = meter.getValue();
            if (Arrays.stream(values).allMatch(value -> value == 0 || Double.isNaN(value))) {
                left++;
            } else {
                row(rows, meter.getKey(), kind, run, values);
            }
        }
        if (run.meters().isEmpty()) {
            return "";
        }
        return "<details open><summary>What <b>" + Html.escape(name) + "</b> did, added up over all clients</summary>\n"
                + "<table class=\"meters\">\n" + rows + "</table>\n"
                + (left == 0 ? "" : "<p class=\"note\">Left out: " + left + " meters that stayed at zero.</p>\n")
                + "</details>\n";
    }

    private static void row(StringBuilder rows, String name, String kind, Run run, double[] values) {
        boolean isGauge = run.isGauge(name);
        double[] shown = isGauge ? values : increases(values);
        double most = Arrays.stream(shown).filter(Double::isFinite).max().orElse(1);
        double least = Arrays.stream(shown).filter(Double::isFinite).min().orElse(0);
        double last = values[values.length - 1];
        String total = isGauge
                ? number(least) + (least == most ? "" : " to " + number(most)) + ", at the end " + number(last)
                : number(last) + " in all, at most " + number(most) + " a second";
        Plot.Scale scale = new Plot.Scale(Math.min(0, least), Math.max(most, 1e-9), false, Map.of());
        rows.append("<tr>").append(Html.element("th", label(name))).append("<td class=\"spark\">");
        rows.append(Plot.opening(label(name) + " by second"))
                .append(Plot.shades(run.world(), values.length))
                .append("<path class=\"line ")
                .append(kind)
                .append("\" d=\"")
                .append(Plot.path(shown, scale))
                .append("\"/></svg></td>")
                .append(Html.element("td", total))
                .append("</tr>\n");
    }

    private static double[] increases(double[] values) {
        double[] increases = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            increases[i] = values[i] - (i == 0 ? 0 : values[i - 1]);
        }
        return increases;
    }

    /** All are Holdfast's, and what is said of a policy has its name. */
    private static String label(String name) {
        String label = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
        return label.replace("{", " ").replace("}", "").replace(PREFIX, "");
    }

    private static String number(double value) {
        return Double.isFinite(value) ? Plot.Scale.number(value) : "none";
    }
}

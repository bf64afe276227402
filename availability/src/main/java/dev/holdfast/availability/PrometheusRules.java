// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** An objective as rules for Prometheus, by the multiwindow form of the SRE workbook. */
final class PrometheusRules {
    private PrometheusRules() {}

    static String of(String name, String view, double target, Duration period, List<BurnRate> rates) {
        String label = "holdfast_policy=\"" + escaped(name) + "\",holdfast_view=\"" + view + "\"";
        StringBuilder out =
                new StringBuilder("groups:\n  - name: " + quoted("holdfast objective " + name) + "\n    rules:\n");
        Set<Duration> windows = new LinkedHashSet<>();
        for (BurnRate rate : rates) {
            windows.add(rate.window());
            windows.add(Duration.ofNanos(rate.shortNanos()));
        }
        for (Duration window : windows) {
            String calls = "sum(rate(holdfast_objective_calls_total{" + label;
            out.append("      - record: ").append(ratio(window)).append('\n');
            out.append("        expr: ")
                    .append(quoted(calls + ",holdfast_outcome=\"bad\"}[" + time(window) + "])) / " + calls + "}["
                            + time(window) + "]))"))
                    .append('\n');
            out.append("        labels: {holdfast_policy: ")
                    .append(quoted(name))
                    .append(", holdfast_view: ")
                    .append(view)
                    .append("}\n");
        }
        for (BurnRate rate : rates) {
            double factor = rate.factor(period);
            String limit = number(factor) + " * " + number(1 - target);
            String burns = ratio(rate.window()) + "{" + label + "} > " + limit + " and "
                    + ratio(Duration.ofNanos(rate.shortNanos())) + "{" + label + "} > " + limit;
            out.append("      - alert: HoldfastBudgetBurns\n");
            out.append("        expr: ").append(quoted(burns)).append('\n');
            out.append("        labels: {severity: ")
                    .append(rate.severity().name().toLowerCase(Locale.ROOT))
                    .append(", window: ")
                    .append(time(rate.window()))
                    .append("}\n");
            out.append("        annotations: {summary: ")
                    .append(quoted(name + " uses up its error budget " + number(factor) + " times too fast"))
                    .append("}\n");
        }
        return out.toString();
    }

    private static String ratio(Duration window) {
        return "holdfast:objective_bad:ratio_rate" + time(window);
    }

    /** As Prometheus writes it: {@code 5m}, {@code 3d}. */
    static String time(Duration duration) {
        long seconds = Math.max(1, duration.toSeconds());
        if (seconds % 86_400 == 0) {
            return seconds / 86_400 + "d";
        }
        if (seconds % 3_600 == 0) {
            return seconds / 3_600 + "h";
        }
        return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
    }

    /** At most ten digits, so that 1 - 0.999 is 0.001. */
    private static String number(double value) {
        String digits = String.format(Locale.ROOT, "%.10f", value).replaceAll("0+$", "");
        return digits.endsWith(".") ? digits.substring(0, digits.length() - 1) : digits;
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    /** In YAML's double quotes. */
    private static String quoted(String text) {
        return "\"" + escaped(text) + "\"";
    }
}

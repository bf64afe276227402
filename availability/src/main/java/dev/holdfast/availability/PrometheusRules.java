// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;
import java.util.regex.Pattern;

/**
 * An objective as rules for Prometheus, by the multiwindow form of the SRE workbook, and only where so many failures are no chance: without
 * that one failed call of ten would be a burn of a hundred.
 *
 * <p>If E failures are expected, as many as b > E come with a probability of at most exp(-(b ln(b / E) - b + E)), whatever the number of calls
 * (Chernoff 1952). The exponent is recorded as the surprise of a window.
 */
final class PrometheusRules {
    private static final Pattern LABEL = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

    private PrometheusRules() {}

    static String of(
            String name, double target, Duration period, List<BurnRate> rates, SortedMap<String, String> matchers) {
        StringBuilder label = new StringBuilder("holdfast_policy=\"" + escaped(name) + "\"");
        StringBuilder labels = new StringBuilder("holdfast_policy: " + quoted(name));
        matchers.forEach((key, value) -> {
            if (!LABEL.matcher(key).matches() || key.equals("holdfast_policy")) {
                throw new IllegalArgumentException(
                        "matchers: " + key + " (expected: names of Prometheus labels, other than holdfast_policy)");
            }
            label.append(',').append(key).append("=\"").append(escaped(value)).append('"');
            labels.append(", ").append(key).append(": ").append(quoted(value));
        });
        StringBuilder out =
                new StringBuilder("groups:\n  - name: " + quoted("holdfast objective " + name) + "\n    rules:\n");
        Set<String> windows = new LinkedHashSet<>();
        for (BurnRate rate : rates) {
            windows.add(time(rate.window()));
            windows.add(time(Duration.ofNanos(rate.shortNanos())));
        }
        for (String window : windows) {
            String bad = calls(label + ",holdfast_outcome=\"bad\"", window);
            String all = calls(label, window);
            record(out, "ratio_rate" + window, "sum(rate(" + bad + ")) / sum(rate(" + all + "))", labels);
        }
        String budget = number(BigDecimal.ONE.subtract(BigDecimal.valueOf(target)));
        for (String window :
                rates.stream().map(rate -> time(rate.window())).distinct().toList()) {
            String failures = "sum(increase(" + calls(label + ",holdfast_outcome=\"bad\"", window) + "))";
            String expected = budget + " * sum(increase(" + calls(label, window) + "))";
            record(
                    out,
                    "surprise" + window,
                    "(" + failures + " > " + expected + ") * ln(" + failures + " / (" + expected + ")) - " + failures
                            + " + " + expected,
                    labels);
        }
        for (BurnRate rate : rates) {
            double factor = rate.factor(period);
            String limit = number(factor) + " * " + budget;
            String window = time(rate.window());
            String burns = series("ratio_rate" + window, label) + " > " + limit + " and "
                    + series("ratio_rate" + time(Duration.ofNanos(rate.shortNanos())), label) + " > " + limit + " and "
                    + series("surprise" + window, label) + " >= " + number(-Math.log(BurnWatch.CHANCE));
            out.append("      - alert: HoldfastBudgetBurns\n");
            out.append("        expr: ").append(quoted(burns)).append('\n');
            out.append("        labels: {severity: ")
                    .append(rate.severity().name().toLowerCase(Locale.ROOT))
                    .append(", window: ")
                    .append(window)
                    .append("}\n");
            out.append("        annotations: {summary: ")
                    .append(quoted(literal(name) + " uses up its error budget " + number(factor) + " times too fast"))
                    .append("}\n");
        }
        return out.toString();
    }

    private static void record(StringBuilder out, String name, String expression, CharSequence labels) {
        out.append("      - record: holdfast:objective_bad:").append(name).append('\n');
        out.append("        expr: ").append(quoted(expression)).append('\n');
        out.append("        labels: {").append(labels).append("}\n");
    }

    private static String calls(CharSequence label, String window) {
        return "holdfast_objective_calls_total{" + label + "}[" + window + "]";
    }

    private static String series(String name, CharSequence label) {
        return "holdfast:objective_bad:" + name + "{" + label + "}";
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

    /** At most ten digits, so that 0.02 * 30 * 24 is 14.4. */
    private static String number(double value) {
        return number(new BigDecimal(value).round(new MathContext(10)));
    }

    private static String number(BigDecimal value) {
        return value.stripTrailingZeros().toPlainString();
    }

    /** In the double quotes of Prometheus, and in those of YAML: both know these escapes. */
    private static String escaped(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' || c == '"') {
                out.append('\\').append(c);
            } else if (c == '\n') {
                out.append("\\n");
            } else if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029' || c == '\ufeff') {
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    /** No template of Prometheus. */
    private static String literal(String text) {
        return text.replace("{{", "{{ \"{{\" }}");
    }

    /** In YAML's double quotes. */
    private static String quoted(String text) {
        return "\"" + escaped(text) + "\"";
    }
}

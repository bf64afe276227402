// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.internal.Html;
import dev.holdfast.internal.Require;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Report} as a page: the verdict, the facts, and a chart of each probe and of the faults over time, the time of faults shaded. Drawings are
 * stretched to whatever room there is, their words are text of the page around them. Colours come from classes, so that the page's style decides on
 * light and dark.
 */
final class ReportPage {
    private static final double UNITS = 1000;

    private final Report report;
    private final long length;
    private final StringBuilder html = new StringBuilder();

    ReportPage(Report report) {
        this.report = report;
        this.length = Math.max(1, report.facts.tookNanos());
    }

    String write() {
        html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .append("<meta name=\"color-scheme\" content=\"light dark\">\n")
                .append(Html.element("title", report.experiment()))
                .append("\n<style>\n")
                .append(css())
                .append("</style></head><body>\n")
                .append(Html.element("h1", report.experiment()))
                .append("<p class=\"verdict ")
                .append(report.verdict().name().toLowerCase(Locale.ROOT))
                .append("\">")
                .append(Html.element("b", report.verdict().name().replace('_', ' ')))
                .append(Html.escape(report.because()))
                .append("</p>\n");
        facts();
        List<Probe> hypothesis = report.facts.settings().hypothesis;
        for (int i = 0; i < hypothesis.size(); i++) {
            int index = i;
            Probe probe = hypothesis.get(i);
            if (probe instanceof ValueProbe value) {
                chart(
                        probe.toString(),
                        sample -> valueOf(sample, index),
                        value::words,
                        finite(value.most, value.least));
            } else {
                chart(probe.toString(), sample -> valueOf(sample, index), Percents::of, ((RatioProbe) probe).target);
            }
        }
        chart("faults injected so far", Sample::injected, faults -> String.format(Locale.ROOT, "%.0f", faults), null);
        return html.append(
                        "<footer>Shaded: faults are injected. Dashed: what the hypothesis says.</footer>\n</body></html>\n")
                .toString();
    }

    private static double valueOf(Sample sample, int probe) {
        return sample.readings().get(probe).value();
    }

    private static double finite(double first, double second) {
        return Double.isInfinite(first) ? second : first;
    }

    private void facts() {
        ExperimentBuilder settings = report.facts.settings();
        html.append("<div class=\"scroll\"><table><tbody>\n");
        row("owner", settings.owner);
        row("reason", settings.reason);
        row(
                "took",
                Evidence.time(report.facts.tookNanos()) + ", seed " + report.seed()
                        + (report.facts.dry() ? ", dry run" : ""));
        report.parts.forEach(part -> row("injected", part.name() + ": " + report.injectedBy(part)));
        report.during.forEach(finding -> row("probe", finding.probe() + ": " + report.words(finding)));
        Comparison.Result compared = report.compared;
        if (compared != null) {
            row("compared", compared.words());
        }
        if (report.facts.faultsEnded() >= 0 && !report.facts.dry()) {
            row("recovered", report.recoveredWords());
        }
        report.facts.notUndone().forEach(thrown -> row("not undone", thrown.toString()));
        html.append("</tbody></table></div>\n");
    }

    private void row(String name, String text) {
        html.append("<tr>")
                .append(Html.element("th", name))
                .append(Html.element("td", text))
                .append("</tr>\n");
    }

    // ---- Charts -----------------------------------------------------------------------------------------------------

    private void chart(
            String title, ToDoubleFunction<Sample> of, DoubleFunction<String> words, @Nullable Double limit) {
        double low = limit == null ? 0 : limit;
        double high = limit == null ? 1 : limit;
        for (Sample sample : report.samples) {
            double value = of.applyAsDouble(sample);
            if (!Double.isNaN(value) && !Double.isInfinite(value)) {
                low = Math.min(low, value);
                high = Math.max(high, value);
            }
        }
        if (high <= low) {
            high = low + Math.max(1e-3, Math.abs(low) * 0.1);
        }
        html.append("<figure class=\"plot\">")
                .append(Html.element("figcaption", title))
                .append("<div class=\"frame\"><div class=\"y\">");
        for (double at : new double[] {0, 0.5, 1}) {
            html.append(format("<span style=\"bottom:%.0f%%\">", 100 * at))
                    .append(Html.escape(words.apply(low + at * (high - low))))
                    .append("</span>");
        }
        html.append("</div><svg viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"")
                .append(Html.escape(title))
                .append("\">\n");
        shade();
        html.append("<path class=\"grid\" d=\"M0 0H1000M0 500H1000M0 1000H1000\"/>\n");
        if (limit != null) {
            html.append(
                    format("<path class=\"limit\" d=\"M0 %.1fH1000\"/>%n", UNITS * (1 - (limit - low) / (high - low))));
        }
        html.append("<path class=\"line\" d=\"")
                .append(path(of, low, high))
                .append("\"/>\n</svg></div><div class=\"x\">");
        for (int i = 0; i <= 4; i++) {
            html.append(format("<span style=\"left:%d%%\">", 25 * i))
                    .append(Evidence.time(length / 4 * i / 1_000_000 * 1_000_000))
                    .append("</span>");
        }
        html.append("</div></figure>\n");
    }

    private void shade() {
        long from = report.facts.faultsBegan();
        if (from >= 0) {
            long to = report.facts.faultsEnded() < 0 ? length : report.facts.faultsEnded();
            html.append(format(
                    "<rect class=\"fault\" x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"1000\"/>%n",
                    x(from), x(to) - x(from)));
        }
    }

    private String path(ToDoubleFunction<Sample> of, double low, double high) {
        StringBuilder path = new StringBuilder();
        boolean drawing = false;
        for (Sample sample : report.samples) {
            double value = of.applyAsDouble(sample);
            boolean isThere = !Double.isNaN(value) && !Double.isInfinite(value);
            if (isThere) {
                String point = format("%.1f %.1f", x(sample.atNanos()), UNITS * (1 - (value - low) / (high - low)));
                // A line of its own for the first, so that one alone is seen, too.
                path.append(drawing ? "L" + point : "M" + point + "L" + point);
            }
            drawing = isThere;
        }
        return path.toString();
    }

    private double x(long nanos) {
        return UNITS * Math.min(length, nanos) / length;
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    // ---- Pieces of a page -------------------------------------------------------------------------------------------

    private static String css() {
        try (InputStream css = Require.nonNull(ReportPage.class.getResourceAsStream("report.css"), "report.css")) {
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** One page with everything in it: charts of both runs, tables, checks, and where it was measured. */
final class Report {
    private final Result result;
    private final List<Check> checks;
    private final StringBuilder html = new StringBuilder();

    private Report(Result result, List<Check> checks) {
        this.result = result;
        this.checks = checks;
    }

    /** Finds out before the demo runs whether its report can be written. */
    static Path prepare(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        try {
            Files.createDirectories(absolute.getParent());
            Files.newOutputStream(absolute, StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
            return absolute;
        } catch (IOException e) {
            throw new DemoException("cannot write the report " + absolute + ": " + e, e);
        }
    }

    static void write(Path path, Result result, List<Check> checks) {
        try {
            Files.writeString(path, html(result, checks, ZonedDateTime.now()));
        } catch (IOException e) {
            throw new DemoException("cannot write the report " + path + ": " + e, e);
        }
    }

    static String html(Result result, List<Check> checks, ZonedDateTime date) {
        Report report = new Report(result, checks);
        report.page(date);
        return report.html.toString();
    }

    private void page(ZonedDateTime date) {
        html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .append("<meta name=\"color-scheme\" content=\"light dark\">\n")
                .append("<title>Holdfast demo</title>\n<style>\n").append(css()).append("</style></head><body>\n")
                .append("<header><h1>Holdfast demo</h1><p>Two sets of callers of a stock service that becomes flaky, "
                        + "slow, broken, frozen and dead. Each set has a service of its own, in a process of its own; "
                        + "both get the same faults at the same time. <b>Bare</b> callers use an HTTP client with a "
                        + "timeout of 500 ms. <b>Guarded</b> callers use the same client through a retry and a circuit "
                        + "breaker, and fall back to the last known stock.</p></header>\n<main>\n");
        tiles();
        charts();
        html.append("<div class=\"pair\">\n<section><h2>Whole run</h2>\n").append(Html.table(Summary.totals(result)))
                .append("</section>\n<section>");
        checks();
        html.append("</section>\n</div>\n");
        html.append("<h2>Phase by phase</h2>\n").append(Html.table(Summary.phases(result)));
        notes();
        machine(date);
        html.append("</main></body></html>\n");
    }

    private void tiles() {
        Tally bare = result.bare().total();
        Tally guarded = result.guarded().total();
        html.append("<div class=\"tiles\">\n");
        tile("calls answered", bare, guarded, tally -> Units.percent(tally.answeredPercent()));
        tile("time lost waiting", bare, guarded, tally -> Units.seconds(tally.lostNanos()));
        tile("latency p99", bare, guarded, tally -> Units.duration(tally.percentile(0.99)));
        tile("requests while the service was out", result.requestsWhileOut(result.bare()) + "",
                result.requestsWhileOut(result.guarded()) + "");
        html.append("</div>\n");
    }

    private void tile(String label, Tally bare, Tally guarded, Function<Tally, String> value) {
        tile(label, value.apply(bare), value.apply(guarded));
    }

    private void tile(String label, String bare, String guarded) {
        html.append("<div class=\"tile\">").append(Html.element("h3", label))
                .append("<p><span>").append(Html.escape(bare)).append("</span> bare</p>")
                .append("<p class=\"strong\"><span>").append(Html.escape(guarded)).append("</span> guarded</p>")
                .append("</div>\n");
    }

    private void charts() {
        html.append("<ul class=\"legend\">");
        String[][] legend = {
            {"fresh", "fresh answer"}, {"degraded", "degraded: last known answer"}, {"failed", "failed"},
            {"missed", "missed: caller still waiting"}, {"line-p50", "p50"}, {"line-p99", "p99"},
            {"line-limit", "request timeout"}, {"closed", "breaker closed"}, {"half-open", "half-open"},
            {"open", "open"}};
        for (String[] entry : legend) {
            html.append("<li><i class=\"").append(entry[0]).append("\"></i>").append(entry[1]).append("</li>");
        }
        html.append("</ul>\n<div class=\"charts\">\n<section><h2>Bare</h2>\n")
                .append(new RunChart(result, "bare", result.bare(), null).draw())
                .append("</section>\n<section><h2>Guarded</h2>\n")
                .append(new RunChart(result, "guarded", result.guarded(), result.breaker()).draw())
                .append("</section>\n</div>\n");
    }

    private void notes() {
        html.append("<p class=\"note\">A call belongs to the phase in which it began. <b>Missed</b> calls were due "
                + "while their caller still waited for an earlier one. <b>Lost</b> is the time that all callers "
                + "together spent in calls that brought nothing new, or took longer than 250 ms to bring it. "
                + "<b>Sent</b> are HTTP requests, retries included. <b>Recovery</b> is the time from the end of the "
                + "fault to the first of " + RecoveryWatch.IN_A_ROW + " fresh and fast answers in a row: a breaker "
                + "tries again only when its wait is over, and its callers get degraded answers until then.</p>\n");
    }

    private void checks() {
        html.append("<h2>Checks</h2>\n<ul class=\"checks\">\n");
        for (Check check : checks) {
            html.append("<li class=\"").append(check.passed() ? "passed" : "not-passed").append("\">")
                    .append(Html.escape(check.claim() + ": " + check.actual())).append("</li>\n");
        }
        html.append("</ul>\n");
    }

    private void machine(ZonedDateTime date) {
        html.append("<h2>Setting</h2>\n<dl>\n");
        entry("Policies", result.policies());
        entry("Callers", Units.format("%d in each run, %.0f calls a second together", Run.CALLERS, Run.duePerSecond()));
        entry("JDK", System.getProperty("java.vm.name") + " " + Runtime.version());
        entry("System", System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
                + Runtime.getRuntime().availableProcessors() + " cores");
        entry("Date", date.format(DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm z", Locale.ROOT)));
        html.append("</dl>\n");
    }

    private void entry(String term, String text) {
        html.append(Html.element("dt", term)).append(Html.element("dd", text)).append('\n');
    }

    private static String css() {
        try (InputStream css = Report.class.getResourceAsStream("report.css")) {
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

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

/** One page with everything in it: a {@link ReportSection} for each scenario, and where it was measured. */
final class Report {
    private final List<Result> results;
    private final StringBuilder html = new StringBuilder();

    private Report(List<Result> results) {
        this.results = results;
    }

    /** Finds out before the demo runs whether its report can be written. */
    static Path prepare(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        try {
            Files.createDirectories(absolute.getParent());
            Files.newOutputStream(absolute, StandardOpenOption.CREATE, StandardOpenOption.APPEND)
                    .close();
            return absolute;
        } catch (IOException e) {
            throw new DemoException("cannot write the report " + absolute + ": " + e, e);
        }
    }

    static void write(Path path, List<Result> results) {
        try {
            Files.writeString(path, html(results, ZonedDateTime.now()));
        } catch (IOException e) {
            throw new DemoException("cannot write the report " + path + ": " + e, e);
        }
    }

    static String html(List<Result> results, ZonedDateTime date) {
        Report report = new Report(results);
        report.page(date);
        return report.html.toString();
    }

    private void page(ZonedDateTime date) {
        html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .append("<meta name=\"color-scheme\" content=\"light dark\">\n")
                .append("<title>Holdfast demo</title>\n<style>\n")
                .append(css())
                .append("</style></head><body>\n")
                .append("<header><h1>Holdfast demo</h1><p>Three sets of callers of a stock service. Each set has a "
                        + "service of its own, in a process of its own; all get the same faults and the same load at "
                        + "the same time. <b>Bare</b> callers use an HTTP client with a timeout of 500 ms. Those of the "
                        + "<b>pipeline</b> use the same client through a fallback to the last known stock, a "
                        + "retry with a budget, a circuit breaker, a rate limiter, a timeout and an adaptive "
                        + "bulkhead, each set by hand. Those of the <b>guard</b> use it through "
                        + "<code>Guard.of(\"stock\")</code>, of which nothing is set, and which knows no other answer."
                        + "</p></header>\n<main>\n");
        for (Result result : results) {
            html.append(ReportSection.html(result));
        }
        notes();
        machine(date);
        html.append("</main></body></html>\n");
    }

    private void notes() {
        html.append("<h2>Reading it</h2>\n")
                .append("<p class=\"note\">A call belongs to the phase in which it began. <b>Goodput</b> "
                        + "are fresh answers a second that came before their callers had lost patience; what came later is "
                        + "<b>failed</b>. <b>Missed</b> calls were due while their caller still waited for an earlier one. "
                        + "<b>Lost</b> is the time that all callers together spent in calls that brought nothing new, or took "
                        + "longer than 250 ms to bring it. <b>Sent</b> are HTTP requests, retries included. <b>Recovery</b> is "
                        + "the time from the end of the fault to the first of "
                        + RecoveryWatch.IN_A_ROW + " good seconds in a row, in each of which at least "
                        + Math.round(100 * RecoveryWatch.GOOD)
                        + " of 100 calls get a fresh answer; <b>&gt;</b> where the next fault "
                        + "came, or the end, before there were five.</p>\n");
    }

    private void machine(ZonedDateTime date) {
        html.append("<h2>Setting</h2>\n<dl>\n");
        for (Result result : results) {
            String scenario = result.scenario().title().toLowerCase(Locale.ROOT);
            entry("Pipeline, " + scenario, result.side(Callers.PIPELINE).policies());
        }
        entry("Guard", results.get(0).side(Callers.GUARD).policies());
        entry("JDK", System.getProperty("java.vm.name") + " " + Runtime.version());
        entry(
                "System",
                System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
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

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.Locale;
import java.util.function.Function;

/** What the report says of one scenario: the main numbers, charts of all runs, tables and checks. */
final class ReportSection {
    private final Result result;
    private final StringBuilder html = new StringBuilder();

    private ReportSection(Result result) {
        this.result = result;
    }

    static String html(Result result) {
        ReportSection section = new ReportSection(result);
        section.write();
        return section.html.toString();
    }

    private void write() {
        Scenario scenario = result.scenario();
        html.append("<section class=\"scenario\" id=\"")
                .append(scenario.name().toLowerCase(Locale.ROOT))
                .append("\">")
                .append(Html.element("h2", scenario.title()))
                .append("<p class=\"intro\">")
                .append(Html.escape(scenario.description()))
                .append("</p>\n");
        tiles();
        charts();
        html.append("<div class=\"pair\">\n<section><h3>Whole run</h3>\n")
                .append(Html.table(Summary.totals(result)))
                .append("</section>\n<section>");
        checks();
        html.append("</section>\n</div>\n");
        html.append("<h3>Phase by phase</h3>\n")
                .append(Html.table(Summary.phases(result)))
                .append("</section>\n");
    }

    private void tiles() {
        html.append("<div class=\"tiles\">\n");
        switch (result.scenario()) {
            case FAULTS -> faultTiles();
            case OVERLOAD -> overloadTiles(result.faults().get(0));
        }
        html.append("</div>\n");
    }

    private void faultTiles() {
        tile("calls answered", recorder -> Units.percent(recorder.total().answeredPercent()));
        tile("time lost waiting", recorder -> Units.seconds(recorder.total().lostNanos()));
        tile("fresh answers", recorder -> "" + recorder.total().count(Outcome.FRESH));
        tile("recovery, at worst", recorder -> result.worstRecovery(recorder).toString());
        tile("requests while it was out", recorder -> "" + result.requestsWhileOut(recorder));
    }

    private void overloadTiles(Span overload) {
        tile("goodput under overload", recorder -> Units.perSecond(result.goodput(recorder, overload)));
        tile("goodput after it", recorder -> Units.perSecond(result.goodput(recorder, result.after(overload))));
        tile("recovery", recorder -> result.worstRecovery(recorder).toString());
        tile("time lost waiting", recorder -> Units.seconds(recorder.total().lostNanos()));
        tile(
                "requests under overload",
                recorder -> "" + recorder.phase(overload.index()).requests());
    }

    private void tile(String label, Function<Recorder, String> value) {
        html.append("<div class=\"tile\">").append(Html.element("h4", label));
        for (Side side : result.sides()) {
            html.append(side.callers() == Callers.BARE ? "<p>" : "<p class=\"strong\">")
                    .append("<span>")
                    .append(Html.escape(value.apply(side.recorder())))
                    .append("</span> ")
                    .append(side.label())
                    .append("</p>");
        }
        html.append("</div>\n");
    }

    private void charts() {
        html.append("<ul class=\"legend\">");
        String[][] legend = {
            {"fresh", "fresh answer"}, {"degraded", "degraded: last known answer"}, {"failed", "failed or refused"},
            {"missed", "missed: caller still waiting"}, {"line-p50", "p50"}, {"line-p99", "p99"},
            {"line-limit", "request timeout"}, {"closed", "breaker closed"}, {"half-open", "half-open"},
            {"open", "open"}, {"line-learned", "limit of calls in flight"}
        };
        for (String[] entry : legend) {
            legend(entry[0], entry[1]);
        }
        if (result.scenario() == Scenario.OVERLOAD) {
            legend("line-offered", "offered load");
            legend("line-capacity", "capacity of the service");
        }
        html.append("</ul>\n<div class=\"charts\">\n");
        for (Side side : result.sides()) {
            html.append("<section>")
                    .append(Html.element("h3", side.callers().title()))
                    .append("\n")
                    .append(new RunChart(result, side).draw())
                    .append("</section>\n");
        }
        html.append("</div>\n");
    }

    private void legend(String kind, String text) {
        html.append("<li><i class=\"")
                .append(kind)
                .append("\"></i>")
                .append(text)
                .append("</li>");
    }

    private void checks() {
        html.append("<h3>Checks</h3>\n<ul class=\"checks\">\n");
        for (Check check : Check.all(result)) {
            html.append("<li class=\"")
                    .append(check.passed() ? "passed" : "not-passed")
                    .append("\">")
                    .append(Html.escape(check.claim() + ": " + check.actual()))
                    .append("</li>\n");
        }
        html.append("</ul>\n");
    }
}

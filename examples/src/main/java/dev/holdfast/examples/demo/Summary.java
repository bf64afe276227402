// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.function.Function;

/** The closing tables. */
final class Summary {
    private Summary() {}

    /** Both runs side by side. */
    static Table totals(Result result) {
        Table table = Table.of(1, "whole run", "bare", "guarded");
        Tally bare = result.bare().total();
        Tally guarded = result.guarded().total();
        Row row = (label, value) -> table.row(label, value.apply(bare), value.apply(guarded));
        row.add("calls due", tally -> "" + tally.due());
        row.add("answered", tally -> "" + tally.answered());
        row.add("  of the calls due", tally -> Units.percent(tally.answeredPercent()));
        row.add("  fresh", tally -> "" + tally.count(Outcome.FRESH));
        row.add("  degraded (last known)", tally -> "" + tally.count(Outcome.DEGRADED));
        row.add("failed", tally -> "" + tally.count(Outcome.FAILED));
        row.add("missed (caller still waiting)", tally -> "" + tally.count(Outcome.MISSED));
        row.add("latency p50", tally -> Units.duration(tally.percentile(0.5)));
        row.add("latency p99", tally -> Units.duration(tally.percentile(0.99)));
        row.add("time lost waiting, all callers", tally -> Units.seconds(tally.lostNanos()));
        row.add("HTTP requests sent", tally -> "" + tally.requests());
        if (result.hasOutages()) {
            table.row(
                    "  while the service was out",
                    "" + result.requestsWhileOut(result.bare()),
                    "" + result.requestsWhileOut(result.guarded()));
        }
        return table;
    }

    /** Two rows a phase. */
    static Table phases(Result result) {
        Table table = Table.of(
                2,
                "phase",
                "run",
                "answered",
                "goodput",
                "fresh",
                "degraded",
                "failed",
                "missed",
                "p50",
                "p99",
                "lost",
                "sent",
                "recovery");
        for (Span span : result.spans()) {
            double due = result.scenario().script().duePerSecond(span.index());
            String label = Units.format("%s %s, %.0f/s", span.fault().label(), Units.seconds(span.length()), due);
            addPhase(table, label, "bare", result, result.bare(), span);
            addPhase(table, "", "guarded", result, result.guarded(), span);
        }
        return table;
    }

    private static void addPhase(Table table, String label, String run, Result result, Recorder recorder, Span span) {
        Tally tally = recorder.phase(span.index());
        table.row(
                label,
                run,
                Units.percent(tally.answeredPercent()),
                Units.perSecond(result.goodput(recorder, span)),
                "" + tally.count(Outcome.FRESH),
                "" + tally.count(Outcome.DEGRADED),
                "" + tally.count(Outcome.FAILED),
                "" + tally.count(Outcome.MISSED),
                Units.duration(tally.percentile(0.5)),
                Units.duration(tally.percentile(0.99)),
                Units.seconds(tally.lostNanos()),
                "" + tally.requests(),
                span.fault() == Fault.HEALTHY ? "" : Units.duration(recorder.recoveryNanos(span.index())));
    }

    /** A row with the same reading of both runs. */
    private interface Row {
        void add(String label, Function<Tally, String> value);
    }
}

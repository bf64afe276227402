// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.function.Function;
import java.util.stream.Stream;

/** The closing tables. */
final class Summary {
    private Summary() {}

    /** All runs side by side. */
    static Table totals(Result result) {
        String[] head = Stream.concat(
                        Stream.of("whole run"), result.sides().stream().map(Side::label))
                .toArray(String[]::new);
        Table table = Table.of(1, head);
        Row row = (label, value) -> table.row(Stream.concat(
                        Stream.of(label),
                        result.sides().stream().map(Side::recorder).map(value))
                .toArray(String[]::new));
        row.add("calls due", run -> "" + run.total().due());
        row.add("answered", run -> "" + run.total().answered());
        row.add("  of the calls due", run -> Units.percent(run.total().answeredPercent()));
        row.add("  fresh", run -> "" + run.total().count(Outcome.FRESH));
        row.add("  degraded (last known)", run -> "" + run.total().count(Outcome.DEGRADED));
        row.add("failed or refused", run -> "" + run.total().count(Outcome.FAILED));
        row.add("missed (caller still waiting)", run -> "" + run.total().count(Outcome.MISSED));
        row.add("latency p50", run -> Units.duration(run.total().percentile(0.5)));
        row.add("latency p99", run -> Units.duration(run.total().percentile(0.99)));
        row.add(
                "time lost waiting, all callers",
                run -> Units.seconds(run.total().lostNanos()));
        row.add("HTTP requests sent", run -> "" + run.total().requests());
        if (result.hasOutages()) {
            row.add("  while the service was out", run -> "" + result.requestsWhileOut(run));
        }
        for (Span span : result.outages()) {
            row.add(
                    "recovery after '" + span.fault().label() + "'",
                    run -> run.recovery(span.index()).toString());
        }
        return table;
    }

    /** A row for each run in a phase. */
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
            for (Side side : result.sides()) {
                addPhase(table, label, side, result, span);
                // Said once.
                label = "";
            }
        }
        return table;
    }

    private static void addPhase(Table table, String label, Side side, Result result, Span span) {
        Recorder recorder = side.recorder();
        Tally tally = recorder.phase(span.index());
        table.row(
                label,
                side.label(),
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
                result.outages().contains(span)
                        ? recorder.recovery(span.index()).toString()
                        : "");
    }

    /** A row with the same reading of all runs. */
    private interface Row {
        void add(String label, Function<Recorder, String> value);
    }
}

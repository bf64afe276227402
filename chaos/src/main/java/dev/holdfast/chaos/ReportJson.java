// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * A {@link Report} as a journal, by the keys that the Chaos Toolkit's has: experiment, status, deviated, steady_states, run, rollbacks. What it has no key
 * for is under {@code holdfast}.
 */
final class ReportJson {
    private final Report report;
    private final Json json = new Json();

    ReportJson(Report report) {
        this.report = report;
    }

    String write() {
        Report.Facts facts = report.facts;
        json.object();
        // The toolkit's own is not there, but readers of journals expect the key.
        json.key("chaoslib-version").text("none");
        json.key("platform").text("jvm");
        json.key("node").text("");
        experiment();
        json.key("start").text(date(0));
        json.key("status").text(report.verdict().status);
        json.key("deviated").value(report.verdict() == Verdict.REFUTED);
        steadyStates();
        run();
        rollbacks();
        json.key("end").text(date(facts.tookNanos()));
        json.key("duration").value(facts.tookNanos() / 1e9);
        own();
        return json.end().toString();
    }

    private String date(long sinceBeginning) {
        Instant at = report.facts.date().plusNanos(sinceBeginning);
        String text = at.toString();
        return text.substring(0, text.length() - 1);
    }

    private void experiment() {
        ExperimentBuilder settings = report.facts.settings();
        json.key("experiment").object();
        json.key("version").text("1.0.0");
        json.key("title").text(settings.name);
        json.key("description").text(settings.reason);
        json.key("tags").array().end();
        json.key("contributions").object().end();
        json.key("dry").value(report.facts.dry());
        json.key("steady-state-hypothesis").object();
        json.key("title").text(settings.name);
        json.key("probes").array();
        settings.hypothesis.forEach(this::probe);
        json.end().end();
        json.key("method").array();
        settings.injections.forEach(injection -> action(injection.name()));
        json.end();
        json.key("rollbacks").array();
        settings.injections.forEach(injection -> action("end " + injection.name()));
        json.end().end();
    }

    private void probe(Probe probe) {
        json.object();
        json.key("type").text("probe");
        json.key("name").text(probe.name());
        json.key("tolerance");
        if (probe instanceof ValueProbe value) {
            json.object().key("type").text("range").key("range").array();
            json.value(value.least).value(value.most).end().end();
        } else {
            json.object().key("type").text("range").key("range").array();
            json.value(((RatioProbe) probe).target).value(1).end().end();
        }
        provider(probe.name());
        json.end();
    }

    private void action(String name) {
        json.object();
        json.key("type").text("action");
        json.key("name").text(name);
        provider(name);
        json.end();
    }

    private void provider(String name) {
        json.key("provider").object();
        json.key("type")
                .text("process")
                .key("path")
                .text("dev.holdfast.chaos")
                .key("arguments")
                .text(name);
        json.end();
    }

    // ---- What was seen ----------------------------------------------------------------------------------------------

    private void steadyStates() {
        json.key("steady_states").object();
        Sample before = last(Phase.BEFORE);
        json.key("before");
        state(before);
        json.key("during").array();
        report.samples.stream().filter(sample -> sample.phase() == Phase.DURING).forEach(this::state);
        json.end();
        json.key("after");
        state(last(Phase.AFTER));
        json.end();
    }

    private Sample last(Phase phase) {
        List<Sample> of = report.samples.stream()
                .filter(sample -> sample.phase() == phase)
                .toList();
        return of.isEmpty() ? new Sample(-1, phase, List.of(), 0) : of.get(of.size() - 1);
    }

    private void state(Sample sample) {
        if (sample.atNanos() < 0) {
            json.none();
            return;
        }
        json.object();
        json.key("steady_state_met").value(sample.readings().stream().allMatch(Sample.Reading::isMet));
        json.key("probes").array();
        for (int i = 0; i < sample.readings().size(); i++) {
            Sample.Reading reading = sample.readings().get(i);
            json.object();
            json.key("activity");
            probe(report.facts.settings().hypothesis.get(i));
            json.key("output").value(reading.value());
            json.key("status").text("succeeded");
            json.key("start").text(date(sample.atNanos()));
            json.key("end").text(date(sample.atNanos()));
            json.key("duration").value(0);
            json.key("tolerance_met").value(reading.isMet());
            json.end();
        }
        json.end().end();
    }

    private void run() {
        json.key("run").array();
        for (Report.Part part : report.parts) {
            activity(part.name(), report.facts.faultsBegan(), report.facts.faultsEnded(), "succeeded");
            json.key("output").object();
            json.key("entered").value(part.entered());
            json.key("matched").value(part.matched());
            json.key("injected").value(part.sum());
            json.key("overflow").value(part.overflow());
            for (Fault fault : Fault.values()) {
                if (part.by(fault) > 0) {
                    json.key(fault.label()).value(part.by(fault));
                }
            }
            json.end().end();
        }
        json.end();
    }

    private void rollbacks() {
        json.key("rollbacks").array();
        for (Report.Part part : report.parts) {
            long at = report.facts.faultsEnded();
            activity("end " + part.name(), at, at, report.facts.notUndone().isEmpty() ? "succeeded" : "failed");
            json.key("output").none().end();
        }
        json.end();
    }

    /** Without its end. */
    private void activity(String name, long from, long to, String status) {
        long begin = from < 0 ? report.facts.tookNanos() : from;
        long end = to < begin ? report.facts.tookNanos() : to;
        json.object();
        json.key("activity");
        action(name);
        json.key("start").text(date(begin));
        json.key("end").text(date(end));
        json.key("duration").value((end - begin) / 1e9);
        json.key("status").text(status);
    }

    private void own() {
        ExperimentBuilder settings = report.facts.settings();
        json.key("holdfast").object();
        json.key("verdict").text(report.verdict().name());
        json.key("because").text(report.because());
        json.key("owner").text(settings.owner);
        json.key("reason").text(settings.reason);
        json.key("seed").text(Long.toString(report.seed()));
        json.key("injected").value(report.injected());
        json.key("overflow").value(report.overflow());
        json.key("recovered_after");
        report.timeToRecover().ifPresentOrElse(time -> json.value(time.toNanos() / 1e9), json::none);
        json.key("probes").array();
        for (Evidence.Finding finding : report.during) {
            json.object();
            json.key("name").text(finding.probe().name());
            json.key("verdict").text(finding.verdict().name().toLowerCase(Locale.ROOT));
            json.key("good").value(finding.good());
            json.key("calls").value(finding.calls());
            json.key("at_least").value(finding.least());
            json.end();
        }
        json.end().end();
    }
}

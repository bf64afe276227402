// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Event;
import dev.holdfast.internal.Names;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a run of an {@link Experiment} came to. Immutable. */
public final class Report {
    final Facts facts;
    final List<Sample> samples;
    final List<Evidence.Finding> during;
    final List<Part> parts;
    final Comparison.@Nullable Result compared;

    Report(Facts facts) {
        this.facts = facts;
        this.samples = List.copyOf(facts.evidence.samples());
        List<Evidence.Finding> found = facts.evidence.during;
        this.during = found == null ? List.of() : found;
        this.compared = facts.evidence.compared;
        this.parts = facts.armed.stream().map(Part::of).toList();
    }

    /** What a run knows; the evidence is read once, under the run's lock. Times are since the beginning, -1 for what did not happen. */
    record Facts(
            ExperimentBuilder settings,
            Evidence.Ruling ruling,
            Evidence evidence,
            List<ExperimentRun.Held> armed,
            boolean dry,
            long seed,
            Instant date,
            long tookNanos,
            long faultsBegan,
            long faultsEnded,
            @Nullable Long recovered,
            List<Throwable> notUndone) {}

    /** What one injection did, as it counted it itself. */
    record Part(String name, long entered, long matched, Map<Fault, Long> injected, long overflow) {
        static Part of(ExperimentRun.Held held) {
            Armed armed = held.armed();
            Map<Fault, Long> byFault = new EnumMap<>(Fault.class);
            for (Fault fault : Fault.values()) {
                byFault.put(fault, armed.injected(fault));
            }
            return new Part(held.injection().name(), armed.entered(), armed.matched(), byFault, armed.overflow());
        }

        long sum() {
            return injected.values().stream().mapToLong(Long::longValue).sum();
        }

        long by(Fault fault) {
            return injected.getOrDefault(fault, 0L);
        }
    }

    /**
     * Which experiment.
     *
     * @return its name
     */
    public String experiment() {
        return facts.settings.name;
    }

    /**
     * What it came to.
     *
     * @return the verdict
     */
    public Verdict verdict() {
        return facts.ruling.verdict();
    }

    /**
     * Why.
     *
     * @return some words
     */
    public String because() {
        return facts.ruling.because();
    }

    /**
     * What decided by lot.
     *
     * @return that of the experiment, or what was drawn for this run
     */
    public long seed() {
        return facts.seed;
    }

    /**
     * How many faults were injected, of all kinds, by all injections.
     *
     * @return from 0 up
     */
    public long injected() {
        return parts.stream().mapToLong(Part::sum).sum();
    }

    /**
     * How many faults of a kind were injected.
     *
     * @param fault which
     * @return from 0 up
     */
    public long injected(Fault fault) {
        return parts.stream().mapToLong(part -> part.by(fault)).sum();
    }

    /**
     * How many faults there was no room for, by {@link ExperimentBuilder#atMost} and {@link ExperimentBuilder#atMostAtOnce}. Of a dry run: how
     * many there would have been.
     *
     * @return from 0 up
     */
    public long overflow() {
        return parts.stream().mapToLong(Part::overflow).sum();
    }

    /**
     * How long it took until the hypothesis held again after the faults.
     *
     * @return zero if it was never seen not to; empty if it was not looked for, or did not in time
     */
    public Optional<Duration> timeToRecover() {
        Long nanos = facts.recovered;
        return nanos == null ? Optional.empty() : Optional.of(Duration.ofNanos(nanos));
    }

    /**
     * How long the whole run took.
     *
     * @return by the environment's clock
     */
    public Duration took() {
        return Duration.ofNanos(facts.tookNanos);
    }

    // ---- Forms ------------------------------------------------------------------------------------------------------

    /**
     * The report for people, some lines of it. Has no date.
     *
     * @return lines, each with an end
     */
    public String text() {
        StringBuilder out = new StringBuilder();
        line(out, verdict() + ": " + because());
        line(out, "experiment   " + experiment() + (facts.dry ? " (dry run)" : ""));
        line(out, "owner        " + facts.settings.owner);
        line(out, "reason       " + facts.settings.reason);
        line(out, "took         " + Evidence.time(facts.tookNanos) + ", seed " + seed());
        for (Part part : parts) {
            line(out, "injected     " + part.name() + ": " + injectedBy(part));
        }
        for (Evidence.Finding finding : during) {
            line(out, "probe        " + finding.probe() + ": " + words(finding));
        }
        if (compared != null) {
            line(out, "compared     " + compared.words());
        }
        if (facts.faultsEnded >= 0 && !facts.dry) {
            line(out, "recovered    " + recoveredWords());
        }
        for (Throwable thrown : facts.notUndone) {
            line(out, "not undone   " + thrown);
        }
        return out.toString();
    }

    private static void line(StringBuilder out, String text) {
        out.append(Names.oneLine(text)).append('\n');
    }

    String injectedBy(Part part) {
        StringBuilder out = new StringBuilder();
        if (facts.dry) {
            out.append(Math.min(part.overflow(), facts.settings.atMost)).append(" would have been");
        } else {
            out.append(part.sum());
            String separator = " (";
            for (Fault fault : Fault.values()) {
                long count = part.by(fault);
                if (count > 0) {
                    out.append(separator).append(fault.label()).append(' ').append(count);
                    separator = ", ";
                }
            }
            out.append(part.sum() > 0 ? ")" : "");
        }
        out.append(", of ")
                .append(part.matched())
                .append(" calls that match and ")
                .append(part.entered())
                .append(" in all");
        if (part.overflow() > 0 && !facts.dry) {
            out.append("; ").append(part.overflow()).append(" more had no room");
        }
        return out.toString();
    }

    String words(Evidence.Finding finding) {
        String bound = finding.calls() == 0
                ? ""
                : String.format(
                        Locale.ROOT,
                        ", at least %s with a confidence of %s",
                        Percents.of(finding.least()),
                        Percents.of(facts.settings.confidence));
        return finding.words() + bound + ": " + finding.verdict().name().toLowerCase(Locale.ROOT);
    }

    String recoveredWords() {
        Long nanos = facts.recovered;
        return nanos == null
                ? "not seen within " + Evidence.time(facts.settings.recoverNanos)
                : nanos == 0 ? "at once" : "after " + Evidence.time(nanos);
    }

    /**
     * The report for machines: a journal with the keys of the Chaos Toolkit's. Its date is that of {@link ExperimentBuilder#clock}.
     *
     * @return JSON in ASCII
     */
    public String json() {
        return new ReportJson(this).write();
    }

    /**
     * The report as a page with a chart: all in one file, which loads nothing and runs nothing. Has no date.
     *
     * @return HTML
     */
    public String html() {
        return new ReportPage(this).write();
    }

    @Override
    public String toString() {
        return "Report[" + Event.quoted(experiment()) + ", " + verdict() + ", because " + Names.line(because()) + "]";
    }
}

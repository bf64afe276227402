// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.chaos.RatioProbe.Counts;
import dev.holdfast.internal.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a run has seen, and what that shows. Guarded by the run's lock, but for {@link #watches}, whose readings are the reading thread's until
 * they are taken.
 */
final class Evidence {
    /** As many points as a chart has room for. */
    private static final int MOST_SAMPLES = 600;

    final List<Watch> watches;
    private final ExperimentBuilder settings;
    private final List<@Nullable Cusum> sums = new ArrayList<>();
    private final List<Sample> samples = new ArrayList<>();
    /** Since when each probe has been what it has to be, in this phase; what was before the phase does not count. */
    private final long[] steadySince;
    /** Of the faults; {@code null} as long as there are none. */
    @Nullable List<Finding> during;

    Comparison.@Nullable Result compared;
    private Phase phase = Phase.BEFORE;
    private boolean wasOff;

    Evidence(ExperimentBuilder settings) {
        this.settings = settings;
        this.watches = settings.hypothesis.stream().map(Probe::watch).toList();
        this.steadySince = new long[watches.size()];
        for (Watch watch : watches) {
            AbortGuard guard = settings.guard;
            sums.add(guard == null || !(watch instanceof RatioWatch) ? null : new Cusum(guard));
        }
    }

    Phase phase() {
        return phase;
    }

    List<Sample> samples() {
        return samples;
    }

    /** A phase begins with what comes after the last reading. */
    void begin(Phase next, long now) {
        phase = next;
        for (int i = 0; i < watches.size(); i++) {
            watches.get(i).begin();
            steadySince[i] = now;
        }
    }

    /** Makes the readings of all probes count. */
    void take(long now, long start, long injected) {
        List<Sample.Reading> readings = new ArrayList<>();
        for (int i = 0; i < watches.size(); i++) {
            Watch watch = watches.get(i);
            watch.take(now);
            if (watch instanceof RatioWatch ratio) {
                Counts fresh = ratio.fresh();
                boolean isMet = fresh.all() == 0 || fresh.share() >= ratio.probe().target;
                readings.add(new Sample.Reading(ratio.last(), fresh.all(), fresh.good(), isMet));
                Cusum sum = sums.get(i);
                if (sum != null && phase == Phase.DURING) {
                    sum.add(fresh.good(), fresh.bad());
                }
                if (phase == Phase.AFTER && ratio.isHopeless()) {
                    ratio.begin();
                    steadySince[i] = now;
                    wasOff = true;
                }
            } else {
                boolean isMet = watch.doubt() == null;
                readings.add(new Sample.Reading(watch.last(), 0, 0, isMet));
                if (!isMet) {
                    steadySince[i] = now;
                    wasOff |= phase == Phase.AFTER;
                }
            }
        }
        add(new Sample(now - start, phase, List.copyOf(readings), injected));
    }

    private void add(Sample sample) {
        samples.add(sample);
        if (samples.size() < 2 * MOST_SAMPLES) {
            return;
        }
        List<Sample> halves = new ArrayList<>();
        for (int i = 0; i < samples.size(); i++) {
            boolean isPair = i + 1 < samples.size()
                    && samples.get(i).phase() == samples.get(i + 1).phase();
            halves.add(isPair ? samples.get(i).with(samples.get(i + 1)) : samples.get(i));
            i += isPair ? 1 : 0;
        }
        samples.clear();
        samples.addAll(halves);
    }

    /** Why the hypothesis does not hold, by a single reading; {@code null} if it does. */
    @Nullable String offence(long now) {
        return first(watches.stream().map(watch -> watch.offence(now)).toList());
    }

    /** Why it cannot be said that it held since the phase began, or {@code null}. */
    @Nullable String doubt() {
        return first(watches.stream().map(Watch::doubt).toList());
    }

    private static @Nullable String first(List<@Nullable String> all) {
        return all.stream().filter(Objects::nonNull).findFirst().orElse(null);
    }

    /** Which guard has had enough, or {@code null}. */
    @Nullable String harm() {
        for (int i = 0; i < watches.size(); i++) {
            Cusum sum = sums.get(i);
            if (sum != null && sum.isOver()) {
                return watches.get(i).probe().name() + " is " + watches.get(i).words()
                        + ", and the guard says too many bad ones: " + settings.guard;
            }
        }
        return null;
    }

    /** The faults are over: what was seen while they were there. */
    void close(long now) {
        List<Finding> findings = new ArrayList<>();
        for (Watch watch : watches) {
            findings.add(finding(watch, now));
        }
        during = List.copyOf(findings);
    }

    private Finding finding(Watch watch, long now) {
        if (!(watch instanceof RatioWatch ratio)) {
            boolean isMet = watch.offence(now) == null;
            return new Finding(
                    watch.probe(), watch.words(), isMet ? Verdict.CONFIRMED : Verdict.REFUTED, 0, 0, Double.NaN);
        }
        Counts seen = ratio.seen();
        Verdict verdict = ratio.isShown(settings.confidence)
                ? Verdict.CONFIRMED
                : ratio.isRefuted(settings.confidence) ? Verdict.REFUTED : Verdict.INCONCLUSIVE;
        double least = seen.all() == 0 ? 0 : 1 - Chances.mostBad(seen.bad(), seen.all(), settings.confidence);
        return new Finding(ratio.probe(), ratio.words(), verdict, seen.good(), seen.all(), least);
    }

    // ---- Recovering -------------------------------------------------------------------------------------------------

    /** Whether it was seen, after the faults, that something is not as before. */
    boolean wasOff() {
        return wasOff;
    }

    /** Since when all has been as before. */
    long steadySince(long faultsEnded) {
        long latest = 0;
        for (long since : steadySince) {
            latest = Math.max(latest, since - faultsEnded);
        }
        return faultsEnded + latest;
    }

    // ---- The verdict ------------------------------------------------------------------------------------------------

    /** Of what was seen during the faults, whatever came after. */
    Ruling ruling(long injected) {
        List<Finding> found = during;
        if (found == null) {
            return new Ruling(Verdict.INCONCLUSIVE, "nothing was seen");
        }
        if (injected == 0) {
            return new Ruling(Verdict.INCONCLUSIVE, "nothing was injected");
        }
        for (Finding each : found) {
            if (each.verdict() == Verdict.REFUTED) {
                return refuted(each);
            }
        }
        for (Finding each : found) {
            if (each.verdict() == Verdict.INCONCLUSIVE) {
                return new Ruling(
                        Verdict.INCONCLUSIVE,
                        each.probe().name() + " is " + each.words() + ", which shows neither that it is "
                                + each.probe().tolerance() + " nor that it is not");
            }
        }
        return new Ruling(Verdict.CONFIRMED, "the hypothesis held");
    }

    private Ruling refuted(Finding by) {
        String what = by.probe().name() + " is " + by.words() + " (expected: "
                + by.probe().tolerance() + ")";
        Comparison.Result groups = compared;
        if (groups != null && by.calls() > 0 && !groups.differ(settings.confidence)) {
            return new Ruling(
                    Verdict.INCONCLUSIVE, what + ", but the control group did hardly better: " + groups.words());
        }
        return new Ruling(Verdict.REFUTED, what);
    }

    /**
     * A verdict with its reason.
     *
     * @param verdict what it came to
     * @param because why
     */
    record Ruling(Verdict verdict, String because) {}

    /**
     * What one probe showed during the faults.
     *
     * @param probe which
     * @param words what it was
     * @param verdict what that shows of it
     * @param good of a ratio probe
     * @param calls of a ratio probe
     * @param least of a ratio probe: the share of good calls that it is at least, with the confidence asked for
     */
    record Finding(Probe probe, String words, Verdict verdict, long good, long calls, double least) {}

    static String time(long nanos) {
        // To the millisecond, because nobody reads the rest.
        return Durations.write(Duration.ofMillis(Math.round(nanos / 1e6)));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What is known of an availability at one moment. Immutable.
 *
 * <p>{@code up() + down() + unobserved()} is the time since watching began, to the nanosecond.
 */
public final class AvailabilityReport {
    private final Duration up;
    private final Duration down;
    private final Duration unobserved;
    private final boolean isDown;
    private final long outagesBegun;
    private final long outagesEnded;
    private final Duration detecting;
    private final List<Outage> outages;
    private final Evidence calls;
    private final Duration withoutAnswer;
    private final Duration withoutOwnAnswer;
    private final List<RecoveryObjective> recovery;

    AvailabilityReport(Timeline timeline, Evidence calls, List<RecoveryObjective> recovery) {
        this.up = Duration.ofNanos(timeline.up());
        this.down = Duration.ofNanos(timeline.down());
        this.unobserved = Duration.ofNanos(timeline.unobserved());
        this.isDown = timeline.isDown();
        this.outagesBegun = timeline.begun();
        this.outagesEnded = timeline.ended();
        this.detecting = Duration.ofNanos(timeline.detecting());
        this.outages = timeline.outages();
        this.calls = calls;
        this.withoutAnswer = Duration.ofNanos(timeline.withoutAnswer().longest());
        this.withoutOwnAnswer = Duration.ofNanos(timeline.withoutOwnAnswer().longest());
        this.recovery = List.copyOf(recovery);
    }

    /**
     * How long it was up.
     *
     * @return not negative
     */
    public Duration up() {
        return up;
    }

    /**
     * How long it was down.
     *
     * @return not negative
     */
    public Duration down() {
        return down;
    }

    /**
     * How long it is not known what it was: nobody asked, or nobody looked.
     *
     * @return not negative
     */
    public Duration unobserved() {
        return unobserved;
    }

    /**
     * Whether it is down now.
     *
     * @return {@code true} from the detection of an outage to that of its end
     */
    public boolean isDown() {
        return isDown;
    }

    /**
     * How many outages have begun.
     *
     * @return from 0 up
     */
    public long outages() {
        return outagesBegun;
    }

    /**
     * The last outages.
     *
     * @return 100 at most, the oldest first; unmodifiable
     */
    public List<Outage> lastOutages() {
        return outages;
    }

    /**
     * Calls since watching began.
     *
     * @return totals
     */
    public Evidence calls() {
        return calls;
    }

    /**
     * The longest time from one who had no answer to the last who asked, while nobody had one: the recovery time that was reached. Answers
     * from elsewhere, as from a fallback, are answers.
     *
     * @return to within a slice; not negative
     */
    public Duration longestWithoutAnswer() {
        return withoutAnswer;
    }

    /**
     * The longest time in which somebody asked and nobody had an answer of its own: answers from elsewhere do not count.
     *
     * @return to within a slice; not less than {@link #longestWithoutAnswer}
     */
    public Duration longestWithoutOwnAnswer() {
        return withoutOwnAnswer;
    }

    /**
     * How well the recovery time objective was kept.
     *
     * @return empty where there is none
     */
    public Optional<RecoveryObjective> recoveryTime() {
        return recovery(RecoveryObjective.Kind.TIME);
    }

    /**
     * How well the recovery point objective was kept.
     *
     * @return empty where there is none
     */
    public Optional<RecoveryObjective> recoveryPoint() {
        return recovery(RecoveryObjective.Kind.POINT);
    }

    private Optional<RecoveryObjective> recovery(RecoveryObjective.Kind kind) {
        return recovery.stream().filter(each -> each.kind() == kind).findFirst();
    }

    /**
     * The part of the observed time in which it was up.
     *
     * @return 0 to 1; empty while nothing was observed
     */
    public OptionalDouble byTime() {
        Duration observed = up.plus(down);
        return observed.isZero()
                ? OptionalDouble.empty()
                : OptionalDouble.of((double) up.toNanos() / observed.toNanos());
    }

    /**
     * The part of the calls that got an answer of their own.
     *
     * @return 0 to 1; empty without calls
     */
    public OptionalDouble byCalls() {
        long all = calls.good() + calls.bad();
        return all == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) calls.good() / all);
    }

    /**
     * How sure {@link #byCalls} is, exactly.
     *
     * @param confidence more than 0 and less than 1, such as 0.95
     * @return 0 to 1 without calls
     */
    public Interval byCallsBounds(double confidence) {
        return Bounds.exactShare(calls.good(), calls.good() + calls.bad(), confidence);
    }

    /**
     * How sure {@link #byTime} is, if times to fail and to repair are exponential.
     *
     * @param confidence more than 0 and less than 1
     * @return 0 to 1 without outages
     */
    public Interval byTimeBounds(double confidence) {
        return Bounds.availability(up.toNanos() / 1e9, down.toNanos() / 1e9, outagesBegun, confidence);
    }

    /**
     * The mean time to fail: how long it was up, by outages that have begun; the time since the last one counts.
     *
     * @return empty without outages: then only {@link #meanTimeToFailBounds} says something
     */
    public Optional<Duration> meanTimeToFail() {
        return mean(up, outagesBegun);
    }

    /**
     * How sure {@link #meanTimeToFail} is, if failures come at a constant rate.
     *
     * @param confidence more than 0 and less than 1, two-sided
     * @return in seconds; without an upper end if there was no outage
     */
    public Interval meanTimeToFailBounds(double confidence) {
        return Bounds.timeToFail(up.toNanos() / 1e9, outagesBegun, confidence);
    }

    /**
     * The mean time to repair: how long it was down, with the outage that goes on, by outages that have ended. Time that nobody has observed is
     * in no outage.
     *
     * @return empty while none has ended
     */
    public Optional<Duration> meanTimeToRepair() {
        return mean(down, outagesEnded);
    }

    /**
     * The mean time between failures: to fail and to repair.
     *
     * @return empty while no outage has ended
     */
    public Optional<Duration> meanTimeBetweenFailures() {
        return meanTimeToFail().flatMap(fail -> meanTimeToRepair().map(fail::plus));
    }

    /**
     * The mean time from the first failure of an outage until it was known to be one.
     *
     * @return empty without outages
     */
    public Optional<Duration> meanTimeToDetect() {
        return mean(detecting, outagesBegun);
    }

    private static Optional<Duration> mean(Duration sum, long count) {
        return count == 0 ? Optional.empty() : Optional.of(sum.dividedBy(count));
    }

    /**
     * How many nines the availability by calls has: 3 for 99.9 %, 2.3 for 99.5 %. Never more than so many calls can show: without any
     * failure, 299 calls show with 95 % confidence that it is at least 99 %, so they are two nines.
     *
     * @return not negative; empty without calls
     */
    public OptionalDouble nines() {
        OptionalDouble known = byCalls();
        if (known.isEmpty()) {
            return known;
        }
        double shown = 1 - Math.pow(0.05, 1.0 / (calls.good() + calls.bad()));
        return OptionalDouble.of(nines(Math.min(known.getAsDouble(), 1 - shown)));
    }

    /**
     * How many nines an availability has.
     *
     * @param availability 0 to 1
     * @return 0 for 0, infinity for 1
     */
    public static double nines(double availability) {
        // Plus zero: of nothing, the logarithm's opposite is -0.
        return -Math.log10(1 - availability) + 0.0;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%s, up %s, down %s, unobserved %s, %d outages, %d of %d calls answered",
                isDown ? "down" : "up",
                up,
                down,
                unobserved,
                outagesBegun,
                calls.good(),
                calls.good() + calls.bad());
    }
}

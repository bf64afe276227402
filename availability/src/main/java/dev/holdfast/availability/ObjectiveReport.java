// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** What is known of an objective at one moment. Immutable. */
public final class ObjectiveReport {
    /**
     * How fast the budget burns, as one alert looks at it: 1 uses up exactly the budget of the period.
     *
     * @param rate the alert
     * @param longBurn over its window
     * @param shortBurn over the last twelfth of it
     * @param burning whether it is on
     */
    public record Burn(BurnRate rate, double longBurn, double shortBurn, boolean burning) {}

    private final double target;
    private final long calls;
    private final long bad;
    private final long emptySlices;
    private final History.Totals hour;
    private final List<Burn> burns;

    ObjectiveReport(double target, long emptySlices, History.Totals period, History.Totals hour, List<Burn> burns) {
        this.target = target;
        this.emptySlices = emptySlices;
        this.calls = Math.round(period.calls());
        this.bad = Math.round(period.bad());
        this.hour = hour;
        this.burns = List.copyOf(burns);
    }

    /**
     * The calls that all of this rests on: those of the period, or since watching began. Slices of time, where {@link Budgeting} says so.
     *
     * @return from 0 up
     */
    public long calls() {
        return calls;
    }

    /**
     * Those of them that were bad.
     *
     * @return from 0 up
     */
    public long bad() {
        return bad;
    }

    /**
     * The slices of time without calls since watching began, which count as good: none where calls count.
     *
     * @return from 0 up
     */
    public long slicesWithoutCalls() {
        return emptySlices;
    }

    /**
     * How many more calls may fail.
     *
     * @return below 0 where the budget is overdrawn
     */
    public double callsLeft() {
        return calls * (1 - target) - bad;
    }

    /**
     * The part of the budget that is used up, by the calls so far.
     *
     * @return 1 where all of it is, more where it is overdrawn; empty without calls
     */
    public OptionalDouble budgetUsed() {
        return calls == 0 ? OptionalDouble.empty() : OptionalDouble.of(bad / (calls * (1 - target)));
    }

    /**
     * The part of the budget that is left, by the calls so far.
     *
     * @return below 0 where it is overdrawn; empty without calls
     */
    public OptionalDouble budgetLeft() {
        OptionalDouble used = budgetUsed();
        return used.isEmpty() ? used : OptionalDouble.of(1 - used.getAsDouble());
    }

    /**
     * In how long the budget is used up if it goes on as in the last hour.
     *
     * @return zero where it is used up; empty where it never is
     */
    public Optional<Duration> exhaustedIn() {
        if (callsLeft() <= 0 && calls > 0) {
            return Optional.of(Duration.ZERO);
        }
        double perNano = hour.time() == 0 ? 0 : (hour.bad() - hour.calls() * (1 - target)) / hour.time();
        double nanos = callsLeft() / perNano;
        return perNano > 0 && nanos < Long.MAX_VALUE ? Optional.of(Duration.ofNanos((long) nanos)) : Optional.empty();
    }

    /**
     * How fast the budget burns.
     *
     * @return for each alert, in their order; unmodifiable
     */
    public List<Burn> burns() {
        return burns;
    }

    @Override
    public String toString() {
        return bad + " of " + calls + " calls bad, " + Math.round(callsLeft()) + " left, burning " + burns;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What an {@link Objective} is to be. Its last step says what of. Not safe for use by several threads. */
public final class ObjectiveBuilder {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    final String name;
    final double target;
    Environment environment = Environment.standard();
    Duration period = Duration.ofDays(30);
    long everyNanos = Duration.ofSeconds(5).toNanos();
    Budgeting budgeting = Budgeting.occurrences();
    InstantSource clock = InstantSource.system();

    @Nullable String snapshot;

    private List<BurnRate> rates = BurnRate.usual();

    ObjectiveBuilder(String name, double target) {
        this.name = Require.name(name);
        if (!(target > 0 && target < 1)) {
            throw new IllegalArgumentException("target: " + target + " (expected: more than 0 and less than 1)");
        }
        this.target = target;
    }

    /**
     * Where time, timers and threads come from.
     *
     * @param value default: {@link Environment#standard()}
     * @return this builder
     */
    public ObjectiveBuilder environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * Over how long the error budget is.
     *
     * @param value longer than zero, and at most 518,400 times as long as it looks {@link #every}, which is 30 days at 5 seconds; default:
     *     30 days
     * @return this builder
     */
    public ObjectiveBuilder over(Duration value) {
        Require.positiveNanos(value, "over");
        period = value;
        return this;
    }

    /**
     * How often it looks, which is how exact windows are at their older end, if they are at most 60 times as long: 5 minutes. Up to 4,320 times,
     * 6 hours, they are exact to 60 of these slices, 5 minutes; up to 51,840 times, 3 days, to 720, an hour; longer ones to 17,280, a day.
     *
     * @param value from 1 ms up; default: 5 seconds, for which the times above are
     * @return this builder
     */
    public ObjectiveBuilder every(Duration value) {
        everyNanos = Require.nanosAtLeast(value, Duration.ofMillis(1), "every");
        return this;
    }

    /**
     * When the budget burns too fast.
     *
     * @param values any number; default: {@link BurnRate#usual()}
     * @return this builder
     */
    public ObjectiveBuilder alerts(BurnRate... values) {
        rates = List.of(values);
        return this;
    }

    /**
     * What the error budget is made of.
     *
     * @param value default: {@link Budgeting#occurrences()}, calls. A slice of time has to be {@link #every} or a multiple of it, and at most
     *     a twelfth of the shortest window of the {@link #alerts}: 5 minutes for those of {@link BurnRate#usual()}
     * @return this builder
     */
    public ObjectiveBuilder budgeting(Budgeting value) {
        budgeting = Require.nonNull(value, "budgeting");
        return this;
    }

    /**
     * The time of day, for snapshots.
     *
     * @param value default: the system's
     * @return this builder
     */
    public ObjectiveBuilder clock(InstantSource value) {
        clock = Require.nonNull(value, "clock");
        return this;
    }

    /**
     * Goes on from what an earlier process knew. The time between is covered by nobody.
     *
     * @param text what {@link Objective#snapshot} gave, of an objective of the same name, view, target, period, alerts and budgeting that looks
     *     as often
     * @return this builder; the last step refuses, with an {@link IllegalArgumentException}, what is no such snapshot
     */
    public ObjectiveBuilder restore(String text) {
        snapshot = Require.nonNull(text, "snapshot");
        return this;
    }

    /**
     * Of what callers get: who is refused, or gives up, has no answer.
     *
     * @param gate the outermost policy, best an {@link Indicator}: others take refusals of policies further in for no matter of theirs, so
     *     that the budget of an outage would hardly burn while a breaker is open
     * @return it watches from now on
     * @throws IllegalArgumentException if an alert can never fire, or would not stay on, or settings do not belong together
     */
    public Objective callers(Gate gate) {
        Require.nonNull(gate, "gate");
        return new Objective(this, "callers", Evidence.growing(() -> Evidence.ofCallers(gate)));
    }

    /**
     * Of any totals.
     *
     * @param evidence reads them; only ever grow, and where they begin anew, so does the difference; asked once now, and then for each
     *     sample, on a thread of the environment or of who asks for a report; while it does not come back nothing is known
     * @return it watches from now on
     * @throws IllegalArgumentException if an alert can never fire, or would not stay on, or settings do not belong together
     */
    public Objective counting(Supplier<Evidence> evidence) {
        return new Objective(this, "counted", Require.nonNull(evidence, "evidence"));
    }

    /** Checks what belongs together. Alerts have to be able to fire: when all calls fail, the budget burns at most 1 / (1 - target) times as fast as it may. */
    List<BurnRate> checkedRates() {
        Duration reach = Duration.ofNanos(new History(everyNanos).reach());
        if (period.compareTo(reach) > 0) {
            throw new IllegalArgumentException("over: " + period + " (expected: at most " + reach
                    + ", or to look less often than every " + Duration.ofNanos(everyNanos) + ")");
        }
        if (budgeting.windowNanos() % everyNanos != 0) {
            throw new IllegalArgumentException("budgeting: " + budgeting + " (expected: slices of once, twice, ... "
                    + Duration.ofNanos(everyNanos) + ", as often as it looks)");
        }
        double highest = 1 / (1 - target);
        Set<String> named = new HashSet<>();
        for (BurnRate rate : rates) {
            if (rate.shortNanos() < SECOND || rate.window().toNanos() % SECOND != 0) {
                throw new IllegalArgumentException(
                        "alerts: " + rate + " (expected: a window of whole seconds, of which there are at least 12)");
            }
            if (budgeting.windowNanos() > rate.shortNanos()) {
                throw new IllegalArgumentException("budgeting: " + budgeting + " (expected: slices of at most "
                        + Duration.ofNanos(rate.shortNanos()) + ", which is the last twelfth of the window of " + rate
                        + "; otherwise it ends and begins with each slice)");
            }
            if (!named.add(rate.severity() + " " + PrometheusRules.time(rate.window()))) {
                throw new IllegalArgumentException(
                        "alerts: " + rate + " (expected: one of each severity and window, there is another)");
            }
            double factor = rate.factor(period);
            if (factor >= highest) {
                throw new IllegalArgumentException(String.format(
                        Locale.ROOT,
                        "alerts: %s fires at a burn of more than %.2f (expected: less than %.2f, the burn of target %s when all calls fail)",
                        rate,
                        factor,
                        highest,
                        target));
            }
            if (rate.window().compareTo(period) > 0) {
                throw new IllegalArgumentException(
                        "alerts: " + rate + " (expected: a window of at most " + period + ", the objective's period)");
            }
        }
        return rates;
    }
}

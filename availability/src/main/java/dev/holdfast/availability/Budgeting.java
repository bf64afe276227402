// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.Locale;

/**
 * What an error budget is made of: calls, or stretches of time in which enough calls were good. The names are those of OpenSLO.
 */
public final class Budgeting {
    private enum Method {
        OCCURRENCES,
        TIMESLICES,
        RATIO_TIMESLICES
    }

    private static final Budgeting OCCURRENCES = new Budgeting(Method.OCCURRENCES, Duration.ZERO, 0);

    private final Method method;
    private final Duration window;
    private final double target;

    private Budgeting(Method method, Duration window, double target) {
        this.method = method;
        this.window = window;
        this.target = target;
    }

    /**
     * Good calls by all calls. Busy hours count for more.
     *
     * @return the default
     */
    public static Budgeting occurrences() {
        return OCCURRENCES;
    }

    /**
     * Good slices of time by all slices: an hour at night counts as much as one at noon. A slice is good if enough of its calls were, or if
     * there were none.
     *
     * @param window how long a slice is; from 1 ms up, usually 1 minute
     * @param target which share of a slice's calls has to be good; more than 0 and at most 1
     * @return a method
     */
    public static Budgeting timeslices(Duration window, double target) {
        return new Budgeting(Method.TIMESLICES, checked(window), Require.fraction(target, "target"));
    }

    /**
     * The mean over slices of time of their shares of good calls. A slice without calls counts as good.
     *
     * @param window how long a slice is; from 1 ms up, usually 1 minute
     * @return a method
     */
    public static Budgeting ratioTimeslices(Duration window) {
        return new Budgeting(Method.RATIO_TIMESLICES, checked(window), 0);
    }

    private static Duration checked(Duration window) {
        return Duration.ofNanos(Require.nanosAtLeast(window, Duration.ofMillis(1), "window"));
    }

    /** How long a slice is, in nanoseconds; 0 where calls count. */
    long windowNanos() {
        return window.toNanos();
    }

    /** What a slice, or some calls, count for: the bad part of how many. */
    double bad(long good, long bad) {
        if (method == Method.OCCURRENCES) {
            return bad;
        }
        double share = good + bad == 0 ? 1 : (double) good / (good + bad);
        return method == Method.RATIO_TIMESLICES ? 1 - share : share >= target ? 0 : 1;
    }

    double all(long good, long bad) {
        return method == Method.OCCURRENCES ? good + bad : 1;
    }

    @Override
    public String toString() {
        String name = method.name().toLowerCase(Locale.ROOT);
        return method == Method.OCCURRENCES
                ? name
                : name + " of " + window + (method == Method.TIMESLICES ? ", good from " + target + " up" : "");
    }
}

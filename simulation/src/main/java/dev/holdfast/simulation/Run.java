// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/** What happened in one run of a {@link World}. Immutable. */
public final class Run {
    /** So many good seconds in a row are a recovery. */
    private static final int STEADY = 5;

    private static final double GOOD = 0.95;
    private static final long SECOND = 1_000_000_000L;

    private final World world;
    private final Tally tally;
    private final List<Second> seconds;
    private final Watched watched;

    Run(World world, Tally tally, Watched watched) {
        this.world = world;
        this.tally = tally;
        this.seconds =
                IntStream.range(0, tally.seconds()).mapToObj(tally::second).toList();
        this.watched = watched;
    }

    /**
     * What it happened in.
     *
     * @return the world
     */
    public World world() {
        return world;
    }

    /**
     * What became of calls, by the second in which they were made.
     *
     * @return one for each second
     */
    public List<Second> seconds() {
        return seconds;
    }

    /**
     * Calls made.
     *
     * @return how many
     */
    public long offered() {
        return sum(Second::offered);
    }

    /**
     * Calls answered.
     *
     * @return how many
     */
    public long answered() {
        return sum(Second::answered);
    }

    /**
     * Calls that policies refused.
     *
     * @return how many
     */
    public long refused() {
        return sum(Second::refused);
    }

    private long sum(ToLongFunction<Second> count) {
        return seconds.stream().mapToLong(count).sum();
    }

    /**
     * The share of calls that were answered by the service.
     *
     * @return 0 to 1
     */
    public double goodput() {
        return offered() == 0 ? 1 : (double) answered() / offered();
    }

    /**
     * The share of the calls made in a part of the run that were answered by the service.
     *
     * @param from the beginning of the part, to whole seconds
     * @param to its end, to whole seconds
     * @return 0 to 1; 1 where no call was made
     */
    public double goodput(Duration from, Duration to) {
        Require.nonNull(from, "from");
        Require.nonNull(to, "to");
        long offered = 0;
        long answered = 0;
        for (Second second : seconds) {
            if (second.index() >= from.toSeconds() && second.index() < to.toSeconds()) {
                offered += second.offered();
                answered += second.answered();
            }
        }
        return offered == 0 ? 1 : (double) answered / offered;
    }

    /**
     * How long after the last fault's end it took until all was well: until the first of five seconds in a row, each with a goodput of
     * at least 0.95. Seconds without a call are good. The second in which the fault ends is the fault's. Without a fault it is counted from
     * the beginning of the run.
     *
     * @return whole seconds; zero if already the first was well; empty if the run ended before, with less than five good seconds
     */
    public Optional<Duration> recovery() {
        long end = world.faults().stream().mapToLong(Fault::endNanos).max().orElse(0);
        if (end >= world.lengthNanos() && end > 0) {
            return Optional.empty(); // It may go on for ever.
        }
        int first = (int) ((end + SECOND - 1) / SECOND);
        for (int at = first; at + STEADY <= seconds.size(); at++) {
            if (seconds.subList(at, at + STEADY).stream().allMatch(second -> second.goodput() >= GOOD)) {
                return Optional.of(Duration.ofSeconds(at - first));
            }
        }
        return Optional.empty();
    }

    /**
     * Requests sent for each call that was made, of the service that was sent the most.
     *
     * @return 1 where each call is one request, less where calls are refused, more where they are repeated
     */
    public double amplification() {
        long most = tally.sent().values().stream()
                .mapToLong(sent -> Arrays.stream(sent).sum())
                .max()
                .orElse(0);
        return offered() == 0 ? 0 : (double) most / offered();
    }

    /**
     * Requests sent to a service while calls were made. What is sent after the end, by retries say, is only in {@link #amplification}.
     *
     * @param service its name
     * @return one number for each second
     * @throws IllegalArgumentException if the world has no such service
     */
    public long[] sent(String service) {
        world.requireKnown(service);
        return Arrays.copyOf(tally.sent().getOrDefault(service, new long[0]), seconds.size());
    }

    /**
     * How long answered calls took, with all attempts and waits.
     *
     * @param quantile 0 to 1
     * @return to 5 %; zero where none was answered
     */
    public Duration latency(double quantile) {
        return tally.latencies().quantile(quantile);
    }

    /**
     * What each policy did: its {@linkplain dev.holdfast.Policy#meters meters}, added up over all clients, at the end of each second. Those that
     * are no number are left out of the sum.
     *
     * @return by name and labels, one number for each second
     */
    public Map<String, double[]> meters() {
        Map<String, double[]> copy = new LinkedHashMap<>();
        watched.series().forEach((name, values) -> copy.put(name, values.clone()));
        return copy;
    }

    /** Whether a meter goes up and down; others only grow. */
    boolean isGauge(String meter) {
        return watched.gauges().contains(meter);
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "goodput %.3f, recovery %s, amplification %.2f",
                goodput(),
                recovery().map(time -> time.toSeconds() + " s").orElse("not seen"),
                amplification());
    }
}

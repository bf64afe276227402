// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Environment;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Builds {@link Heartbeats}. Without a rule it is phi accrual with a threshold of 8. Not thread-safe.
 *
 * @param <N> what the nodes are
 */
public final class HeartbeatsBuilder<N> {
    private static final int MOST_SAMPLES = 10_000;
    /** As many of them as beats may be lost fit into a long. */
    private static final long LONGEST_INTERVAL = Duration.ofDays(6).toNanos();

    final String name;
    Environment environment = Environment.standard();
    long longestNanos = Long.MAX_VALUE;
    long ownPauseNanos = Duration.ofSeconds(2).toNanos();
    int maximumNodes = 10_000;

    private double threshold = 8;
    private long minDeviation = Duration.ofMillis(100).toNanos();
    private long pause = Duration.ofSeconds(3).toNanos();
    private long interval = Duration.ofSeconds(1).toNanos();
    private int window = 200;
    /** {@code null}: phi, by the settings above. */
    private @Nullable Supplier<Arrivals> rule;

    HeartbeatsBuilder(String name) {
        this.name = Require.name(name);
    }

    /**
     * Suspects a node when phi comes to a threshold: the negative decimal logarithm of how likely it is that its next beat is still to come,
     * by a normal distribution of the intervals so far. At 8 that is one in 100 million. It follows what is usual for each node, where
     * beats come at irregular times.
     *
     * @param value 0.1 to 300; default 8. Some detectors are built on an exponential distribution: their thresholds mean something else
     * @param minStdDeviation the least standard deviation that is believed, longer than zero; default 100 ms. Without it, a node whose beats come like
     *     clockwork would be suspected when one is a microsecond late
     * @return this builder
     */
    public HeartbeatsBuilder<N> phi(double value, Duration minStdDeviation) {
        threshold = Require.range(value, 0.1, 300, "threshold");
        minDeviation = Require.positiveNanos(minStdDeviation, "minStdDeviation");
        rule = null;
        return this;
    }

    /**
     * How much longer than usual a node may be silent before phi begins to rise: a garbage collection, a short trouble of the network.
     *
     * @param acceptable zero or longer; default 3 s. Of the node, not of this process: that is {@link #ignoreOwnPauses}
     * @return this builder
     */
    public HeartbeatsBuilder<N> pause(Duration acceptable) {
        pause = Require.nanosAtLeast(acceptable, Duration.ZERO, "acceptable");
        return this;
    }

    /**
     * What phi takes for the usual interval of a node of which it has seen one beat only. It counts as two intervals, a quarter above and below, until
     * others have taken their place.
     *
     * @param expected longer than zero; default 1 s
     * @return this builder
     */
    public HeartbeatsBuilder<N> interval(Duration expected) {
        interval = Require.positiveNanos(expected, "expected");
        return this;
    }

    /**
     * From how many of the last intervals phi learns.
     *
     * @param samples 2 to 10,000; default 200. Each takes 8 bytes a node
     * @return this builder
     */
    public HeartbeatsBuilder<N> window(int samples) {
        window = Require.range(samples, 2, MOST_SAMPLES, "samples");
        return this;
    }

    /**
     * Suspects a node when it was silent for so long, whatever is usual: as soon as that time has passed since its last beat. A crash is known of after the deadline
     * at most, and after the deadline without an interval at least.
     *
     * @param longest longer than zero
     * @return this builder
     */
    public HeartbeatsBuilder<N> deadline(Duration longest) {
        long nanos = Require.positiveNanos(longest, "deadline");
        rule = () -> new Arrivals.Deadline(nanos);
        return this;
    }

    /**
     * Suspects a node when its next beat is later than expected by more than {@code alpha}. When that is comes from the last beats, so delays
     * that are usual count for nothing: the NFD-E of Chen and others. Give beats their {@linkplain Heartbeats#beat(Object, long, long) numbers},
     * and one that is lost moves nothing; without, the number is made of the time that has passed.
     *
     * @param every the interval at which beats are sent, longer than zero, at most 6 days
     * @param alpha how late one may be, longer than zero, at most 6 days
     * @param lastBeats from how many of the last beats it learns: 1 to 10,000
     * @return this builder
     */
    public HeartbeatsBuilder<N> expectedArrival(Duration every, Duration alpha, int lastBeats) {
        long eta = Require.positiveNanos(every, "every");
        long late = Require.positiveNanos(alpha, "alpha");
        Require.range(lastBeats, 1, MOST_SAMPLES, "lastBeats");
        Require.range(Math.max(eta, late), 1, LONGEST_INTERVAL, "nanoseconds of every, and of alpha");
        rule = () -> new Arrivals.Expected(eta, late, lastBeats);
        return this;
    }

    /**
     * Above this, an interval is no example of what is usual, and nothing is learned from it. In any case nothing is while a node is
     * suspected.
     *
     * @param longest longer than zero; default: none
     * @return this builder
     */
    public HeartbeatsBuilder<N> learnUpTo(Duration longest) {
        longestNanos = Require.positiveNanos(longest, "longest");
        return this;
    }

    /**
     * When this process itself has stood still for longer than that, it suspects nobody for as long again: what has come meanwhile is still to be read. A
     * timer looks every half of it.
     *
     * @param longerThan at least 10 ms, or zero, which looks for none; default 2 s
     * @return this builder
     */
    public HeartbeatsBuilder<N> ignoreOwnPauses(Duration longerThan) {
        ownPauseNanos = Require.nonNull(longerThan, "longerThan").isZero()
                ? 0
                : Require.nanosAtLeast(longerThan, Duration.ofMillis(10), "longerThan");
        return this;
    }

    /**
     * How many nodes it knows at most, because who beats may be somebody else's choice. Those that come when there is no room are refused, and counted.
     *
     * @param nodes 1 to 1,000,000; default 10,000
     * @return this builder
     */
    public HeartbeatsBuilder<N> maximumNodes(int nodes) {
        maximumNodes = Require.range(nodes, 1, 1_000_000, "nodes");
        return this;
    }

    /**
     * Where time, timers and threads come from.
     *
     * @param value default: {@link Environment#standard()}
     * @return this builder
     */
    public HeartbeatsBuilder<N> environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * Builds it.
     *
     * @return it knows no node yet, and has no timer until it does
     */
    public Heartbeats<N> build() {
        HeartbeatsBuilder<N> fixed = new HeartbeatsBuilder<>(name);
        fixed.environment = environment;
        fixed.longestNanos = longestNanos;
        fixed.ownPauseNanos = ownPauseNanos;
        fixed.maximumNodes = maximumNodes;
        Arrivals.Phi.Settings phi =
                new Arrivals.Phi.Settings(threshold, Normal.y(threshold), minDeviation, pause, interval, window);
        fixed.rule = rule == null ? () -> new Arrivals.Phi(phi) : rule;
        return new Heartbeats<>(fixed);
    }

    /** Of one node; for what was built. */
    Arrivals arrivals() {
        return Require.nonNull(rule, "rule").get();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Environment;
import dev.holdfast.internal.Durations;
import dev.holdfast.internal.Require;
import java.time.Duration;

/**
 * When a node of {@link Replicas} gets no more calls for a time: after failures in a row, or where it succeeds less often than the others.
 *
 * <pre>{@code
 * Ejection.afterFailures(5).orWorseThanOthers(1.9, 0.05).below(0.5).lasting(ofSeconds(10), ofMinutes(5)).atMost(0.5)
 * }</pre>
 *
 * <p><b>Worse than others.</b> Every ten seconds, of the nodes that had enough calls in that time: a node is ejected whose success rate is
 * less than {@code mean - factor * standard deviation} of all, as Envoy does it, and that is less than the mean by a minimum. Alone, that rule ejects one node
 * of five or more however little it lacks, and none of three of ten however bad they are: hence the minimum, and the floor of {@link #below}, beneath
 * which a node is ejected whatever the others do. The worst go first, as far as {@link #atMost} allows.
 *
 * <p><b>How long.</b> The first time for {@code base}, the m-th time in a row for {@code min(m * base, max)}, and a random part more, so that
 * not all clients try again at the same moment. m falls by one for each ten seconds in which the node has served a call. After that time a single call
 * goes there: if it succeeds, the node is up again, and warms up. Where none would go there, as to a standby that gets no calls, it is up by time alone.
 *
 * <p>Immutable.
 */
public final class Ejection {
    private static final double MOST_FACTOR = 100;
    private static final int MOST_NODES = 10_000;

    private static final Ejection NEVER = new Ejection(0, 0, 0, 0);

    final int failures;
    final double factor;
    final double deficit;
    final double floor;
    private int nodes = 5;
    private int calls = 100;
    private long base = Duration.ofSeconds(10).toNanos();
    private long max = Duration.ofMinutes(5).toNanos();
    private double jitter = 0.2;
    private double share = 0.5;

    private Ejection(int failures, double factor, double deficit, double floor) {
        this.failures = failures;
        this.factor = factor;
        this.deficit = deficit;
        this.floor = floor;
    }

    private Ejection(int failures, double factor, double deficit, double floor, Ejection rest) {
        this(failures, factor, deficit, floor);
        nodes = rest.nodes;
        calls = rest.calls;
        base = rest.base;
        max = rest.max;
        jitter = rest.jitter;
        share = rest.share;
    }

    private Ejection copy() {
        return new Ejection(failures, factor, deficit, floor, this);
    }

    /**
     * Five failures in a row, or 1.9 standard deviations and 5 % worse than the others, or less than half of the calls succeed; for 10 seconds
     * at first and five minutes at most; half of the nodes at most.
     *
     * @return the default
     */
    public static Ejection ofDefaults() {
        return afterFailures(5).orWorseThanOthers(1.9, 0.05).below(0.5);
    }

    /**
     * After failures in a row, and for nothing else.
     *
     * @param value how many, from 1 up
     * @return an ejection
     */
    public static Ejection afterFailures(int value) {
        return new Ejection(Require.range(value, 1, Integer.MAX_VALUE, "failures"), 0, 0, 0);
    }

    /**
     * Ejects no node: where something else takes them out.
     *
     * @return an ejection that never happens
     */
    public static Ejection never() {
        return NEVER;
    }

    /**
     * Ejects a node also where it succeeds less often than the others.
     *
     * @param deviations how many standard deviations below the mean, more than 0 and at most 100; 1.9 is usual
     * @param minimum by how much less than the mean at least, more than 0 and at most 1
     * @return another ejection
     */
    public Ejection orWorseThanOthers(double deviations, double minimum) {
        Require.range(deviations, Double.MIN_VALUE, MOST_FACTOR, "deviations");
        return new Ejection(failures, deviations, Require.fraction(minimum, "minimum"), floor, this);
    }

    /**
     * Ejects a node also where less than a share of its calls succeeds, whatever the others do.
     *
     * @param successRate from 0, which is never, to 1
     * @return another ejection
     */
    public Ejection below(double successRate) {
        return new Ejection(failures, factor, deficit, Require.range(successRate, 0.0, 1.0, "successRate"), this);
    }

    /**
     * How much has to be known to compare nodes.
     *
     * @param leastNodes how many nodes have had enough calls, 2 to 10,000; default: 5; the floor needs none but the node itself
     * @param leastCalls how many calls in ten seconds are enough, 1 or more; default: 100
     * @return another ejection
     */
    public Ejection comparing(int leastNodes, int leastCalls) {
        Ejection copy = copy();
        copy.nodes = Require.range(leastNodes, 2, MOST_NODES, "leastNodes");
        copy.calls = Require.range(leastCalls, 1, Integer.MAX_VALUE, "leastCalls");
        return copy;
    }

    /**
     * How long a node is out.
     *
     * @param first the first time, longer than zero; default: 10 s
     * @param most no shorter; default: 5 min
     * @return another ejection
     */
    public Ejection lasting(Duration first, Duration most) {
        Ejection copy = copy();
        copy.base = Require.positiveNanos(first, "first");
        copy.max = Require.nanosAtLeast(most, first, "most");
        return copy;
    }

    /**
     * How much longer a node may be out, at random, so that many clients do not all try it at the same moment.
     *
     * @param part of the time, 0 to 1; default: 0.2
     * @return another ejection
     */
    public Ejection jitter(double part) {
        Ejection copy = copy();
        copy.jitter = Require.range(part, 0.0, 1.0, "jitter");
        return copy;
    }

    /**
     * How many nodes may be out at a time: {@code max(1, floor(part * nodes))}, and never all of them.
     *
     * @param part of all nodes, more than 0 and at most 1; default: 0.5
     * @return another ejection
     */
    public Ejection atMost(double part) {
        Ejection copy = copy();
        copy.share = Require.fraction(part, "atMost");
        return copy;
    }

    // ---- For replicas -----------------------------------------------------------------------------------------------

    boolean comparesRates() {
        return factor > 0 || floor > 0;
    }

    double share() {
        return share;
    }

    int leastNodes() {
        return nodes;
    }

    int leastCalls() {
        return calls;
    }

    /** A call that goes to a node on trial may hang: after this another one may. */
    long patience() {
        return base;
    }

    /** The factor of the next ejection, after one with this factor. */
    int grown(int m) {
        long most = max / base + (max % base == 0 ? 0 : 1);
        return (int) Math.min(Math.min(m + 1L, most), Integer.MAX_VALUE);
    }

    /** How long the ejection with a factor lasts, without what is drawn. */
    long nanos(int m) {
        return base > max / m ? max : base * m;
    }

    long drawn(int m, Environment environment) {
        long nanos = nanos(m);
        long most = (long) (nanos * jitter);
        return nanos + (most == 0 ? 0 : environment.nextLong(most + 1));
    }

    @Override
    public String toString() {
        if (this == NEVER) {
            return "never";
        }
        return "after " + failures + " failures"
                + (factor > 0 ? ", " + factor + " sd and " + deficit + " below the mean" : "")
                + (floor > 0 ? ", below " + floor : "")
                + ", for " + Durations.write(Duration.ofNanos(base)) + " to " + Durations.write(Duration.ofNanos(max))
                + ", at most " + share;
    }
}

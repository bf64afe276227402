// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.internal.Require;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A service that is called: nodes with workers, and a line in front of each. Immutable: each method gives another service.
 *
 * <pre>{@code
 * Service.of("stock", 8, Times.exponential(Duration.ofMillis(20))).line(200)
 * }</pre>
 *
 * <p>As most servers do, it knows nothing of its callers' patience: what nobody waits for any more is worked on all the same, unless
 * {@link #dropsWhatNobodyWaitsFor} is said.
 */
public final class Service {
    private final String name;
    private final int workers;
    private final Times times;
    private int nodes = 1;
    private int line = Integer.MAX_VALUE;
    private boolean newestFirst;
    private boolean drops;
    private Times delay = Times.constant(Duration.ZERO);
    private double loss;
    private @Nullable String next;

    private Service(String name, int workers, Times times) {
        this.name = name;
        this.workers = workers;
        this.times = times;
    }

    private Service(Service other) {
        this(other.name, other.workers, other.times);
        nodes = other.nodes;
        line = other.line;
        newestFirst = other.newestFirst;
        drops = other.drops;
        delay = other.delay;
        loss = other.loss;
        next = other.next;
    }

    /**
     * A service of one node, with a line without bounds, first come first served, on a network that takes no time.
     *
     * @param name 1 to 256 characters, not blank
     * @param workers how many calls a node works on at once: 1 to 100,000
     * @param times how long a worker takes for a call
     * @return a service
     */
    public static Service of(String name, int workers, Times times) {
        return new Service(
                Require.name(name), Require.range(workers, 1, 100_000, "workers"), Require.nonNull(times, "times"));
    }

    /**
     * Several nodes, which are called in turns.
     *
     * @param count 1 to 1,000; default: 1
     * @return another service
     */
    public Service nodes(int count) {
        Service other = new Service(this);
        other.nodes = Require.range(count, 1, 1_000, "nodes");
        return other;
    }

    /**
     * How many calls may wait for a worker of a node; one more is answered at once by an error.
     *
     * @param length from 0 up; default: without bounds
     * @return another service
     */
    public Service line(int length) {
        Service other = new Service(this);
        other.line = Require.range(length, 0, Integer.MAX_VALUE, "line");
        return other;
    }

    /**
     * Works on the call that came last, and not on the one that has waited longest.
     *
     * @return another service
     */
    public Service newestFirst() {
        Service other = new Service(this);
        other.newestFirst = true;
        return other;
    }

    /**
     * Calls carry their deadline along, and a worker leaves out those whose caller has gone.
     *
     * @return another service
     */
    public Service dropsWhatNobodyWaitsFor() {
        Service other = new Service(this);
        other.drops = true;
        return other;
    }

    /**
     * The network in front of it.
     *
     * @param delay how long a message takes, in each direction; default: no time
     * @param loss the share of calls whose answer never comes, 0 to 1; default: 0
     * @return another service
     */
    public Service network(Times delay, double loss) {
        Service other = new Service(this);
        other.delay = Require.nonNull(delay, "delay");
        other.loss = Require.range(loss, 0.0, 1.0, "loss");
        return other;
    }

    /**
     * A worker that is done calls another service once, through policies of its node's own, and is busy until that call has ended.
     *
     * @param service the name of a service of the same world
     * @return another service
     */
    public Service calling(String service) {
        Service other = new Service(this);
        other.next = Require.name(service);
        return other;
    }

    /**
     * How many calls a second it can answer when all is well, by its workers alone.
     *
     * @return calls a second
     */
    public double capacity() {
        return nodes * workers / Math.max(1e-9, times.meanNanos() / 1e9);
    }

    String name() {
        return name;
    }

    int workers() {
        return workers;
    }

    Times times() {
        return times;
    }

    int nodes() {
        return nodes;
    }

    int line() {
        return line;
    }

    boolean isNewestFirst() {
        return newestFirst;
    }

    boolean drops() {
        return drops;
    }

    Times delay() {
        return delay;
    }

    double loss() {
        return loss;
    }

    @Nullable String next() {
        return next;
    }

    @Override
    public String toString() {
        return name + ": " + (nodes == 1 ? "" : nodes + " x ") + workers + " workers of " + times
                + (line == Integer.MAX_VALUE ? "" : ", line of " + line)
                + (newestFirst ? ", newest first" : "")
                + (drops ? ", drops what nobody waits for" : "")
                + (delay.meanNanos() == 0 ? "" : ", network " + delay)
                + (loss == 0 ? "" : ", loses " + loss)
                + (next == null ? "" : ", calls " + next);
    }
}

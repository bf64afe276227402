// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.internal.Durations;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * What goes wrong, from when, for how long. Immutable: each method gives another fault. Faults of one service may overlap.
 *
 * <pre>{@code
 * Fault.brownout("stock", 4).from(Duration.ofSeconds(10)).lasting(Duration.ofSeconds(30))
 * }</pre>
 */
public final class Fault {
    private static final Duration USUAL_START = Duration.ofSeconds(10);
    private static final Duration USUAL_LENGTH = Duration.ofSeconds(10);

    private final String text;
    private final String service;
    private final Effect effect;
    private int node = -1;
    private Duration from = USUAL_START;
    private Duration length = USUAL_LENGTH;

    private Fault(String text, String service, Effect effect) {
        this.text = text;
        this.service = Require.name(service);
        this.effect = effect;
    }

    /**
     * It stands still, as a stopped process or a long collection of garbage: calls are taken and wait, none is answered, not even by an
     * error, and all goes on afterwards.
     *
     * @param service which
     * @return a fault
     */
    public static Fault stall(String service) {
        return of("stall", service, Node::stall, Node::goOn, 0);
    }

    /**
     * It takes longer for each call.
     *
     * @param service which
     * @param factor so many times as long: 1 to 10,000
     * @return a fault
     */
    public static Fault brownout(String service, double factor) {
        Require.range(factor, 1.0, 10_000.0, "factor");
        return new Fault(
                "brownout x " + factor,
                service,
                new Effect(node -> node.slow(factor), node -> node.slowNoMore(factor), 1, factor, 1));
    }

    /**
     * A share of calls is answered by an error at once, without any work.
     *
     * @param service which
     * @param share 0 to 1
     * @return a fault
     */
    public static Fault errors(String service, double share) {
        Require.range(share, 0.0, 1.0, "share");
        // Workers have as much time as ever: who asks often enough gets answers, unless there are none.
        return of(
                "errors " + share,
                service,
                node -> node.quickErrors().add(share),
                node -> node.quickErrors().remove(share),
                share < 1 ? 1 : 0);
    }

    /**
     * A share of calls is worked on, and then answered by an error.
     *
     * @param service which
     * @param share 0 to 1
     * @return a fault
     */
    public static Fault lateErrors(String service, double share) {
        Require.range(share, 0.0, 1.0, "share");
        return of(
                "late errors " + share,
                service,
                node -> node.lateErrors().add(share),
                node -> node.lateErrors().remove(share),
                1 - share);
    }

    /**
     * It takes no connections: calls fail at once with a {@link java.net.ConnectException}. What it works on is finished.
     *
     * @param service which
     * @return a fault
     */
    public static Fault refused(String service) {
        return of("refused", service, Node::refuse, Node::refuseNoMore, 0);
    }

    /**
     * It is gone: what it worked on and what waited is lost, connections are refused, and when it is back it is slow at first.
     *
     * @param service which
     * @param cold so many times as long it takes for a call right after its restart, falling evenly to once: 1 to 10,000
     * @param warmUp how long that lasts; zero or longer
     * @return a fault
     */
    public static Fault crash(String service, double cold, Duration warmUp) {
        Require.range(cold, 1.0, 10_000.0, "cold");
        long nanos = Require.nanosAtLeast(warmUp, Duration.ZERO, "warmUp");
        return of("crash", service, Node::crash, node -> node.restart(cold, nanos), 0);
    }

    /**
     * Its clients call it more often. Says nothing to clients in a closed loop.
     *
     * @param service which
     * @param factor so many times as often: 1 to 10,000
     * @return a fault
     */
    public static Fault flood(String service, double factor) {
        Require.range(factor, 1.0, 10_000.0, "factor");
        return new Fault("flood x " + factor, service, new Effect(node -> {}, node -> {}, 1, 1, factor));
    }

    private static Fault of(String text, String service, Consumer<Node> begin, Consumer<Node> end, double whatIsLeft) {
        return new Fault(text, service, new Effect(begin, end, whatIsLeft, 1, 1));
    }

    /**
     * When it begins.
     *
     * @param start from the beginning of the run; zero or later; default: 10 seconds
     * @return another fault
     */
    public Fault from(Duration start) {
        Require.nanosAtLeast(start, Duration.ZERO, "from");
        Fault other = copy();
        other.from = start;
        return other;
    }

    /**
     * How long it lasts.
     *
     * @param time longer than zero; default: 10 seconds
     * @return another fault
     */
    public Fault lasting(Duration time) {
        Require.positiveNanos(time, "lasting");
        Fault other = copy();
        other.length = time;
        return other;
    }

    /**
     * Happens to one node only.
     *
     * @param number from 0 up; default: all nodes
     * @return another fault
     */
    public Fault ofNode(int number) {
        Require.range(number, 0, Integer.MAX_VALUE, "node");
        Fault other = copy();
        other.node = number;
        return other;
    }

    private Fault copy() {
        Fault other = new Fault(text, service, effect);
        other.node = node;
        other.from = from;
        other.length = length;
        return other;
    }

    String service() {
        return service;
    }

    int node() {
        return node;
    }

    boolean happensTo(int number) {
        return node < 0 || node == number;
    }

    long startNanos() {
        return Require.saturatedNanos(from);
    }

    long endNanos() {
        long end = startNanos() + Require.saturatedNanos(length);
        return end < 0 ? Long.MAX_VALUE : end;
    }

    boolean isOn(long nanos) {
        return startNanos() <= nanos && nanos < endNanos();
    }

    void begin(Node at) {
        effect.begin.accept(at);
    }

    void end(Node at) {
        effect.end.accept(at);
    }

    /** The share of what a node's workers do that is of use while it lasts. */
    double whatIsLeft() {
        return effect.whatIsLeft;
    }

    /** So many times as long a worker takes for a call that begins while it lasts. */
    double slowness() {
        return effect.slowness;
    }

    /** So many times as many calls come while it lasts. */
    double load() {
        return effect.load;
    }

    @Override
    public String toString() {
        return text + " of " + service + (node < 0 ? "" : " node " + node) + " from " + Durations.write(from) + " for "
                + Durations.write(length);
    }

    private record Effect(Consumer<Node> begin, Consumer<Node> end, double whatIsLeft, double slowness, double load) {}
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Lease;
import dev.holdfast.internal.Lateness;
import dev.holdfast.internal.Require;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * One node of a {@link Roster}. What it has done so far goes over to the node of the same target in the next roster.
 *
 * @param <T> what the node is
 */
final class Node<T> {
    /** What its answers have come to, for its counters. */
    enum Answer {
        ACCEPTED,
        DISSENTING,
        FAILED,
        ABSENT,
        LATE
    }

    /** What is known of a target, whatever roster it is in. */
    private static final class Known {
        final Map<Answer, LongAdder> counts = new EnumMap<>(Answer.class);
        final AtomicInteger running = new AtomicInteger();

        Known() {
            for (Answer answer : Answer.values()) {
                counts.put(answer, new LongAdder());
            }
        }
    }

    /** Says by {@link Lease#owner} that it is this node's, and so in which roster. */
    final Lease<T> lease;
    /** Its place in the list. */
    final int place;

    final int weight;
    /** Whether it is there only for others that fail. */
    final boolean isStandIn;
    /** What it needs to answer. */
    final Lateness late;

    private final Known known;
    /** Set by the roster, before anybody is asked. */
    private @Nullable Roster<T> roster;

    Node(Lease<T> lease, int place, int weight, boolean isStandIn, Lateness late, @Nullable Node<T> before) {
        this.lease = lease.ownedBy(this);
        this.place = place;
        this.weight = weight;
        this.isStandIn = isStandIn;
        this.late = late;
        this.known = before == null ? new Known() : before.known;
    }

    /** The node whose lease that is. */
    @SuppressWarnings("unchecked") // Each poll has leases of its own nodes only.
    static <T> Node<T> of(@Nullable Lease<?> lease) {
        return (Node<T>) Require.nonNull(Require.nonNull(lease, "lease").owner(), "node");
    }

    void isIn(Roster<T> given) {
        roster = given;
    }

    Roster<T> roster() {
        return Require.nonNull(roster, "roster");
    }

    String name() {
        return lease.name();
    }

    T target() {
        return lease.target();
    }

    // ---- Who is there -----------------------------------------------------------------------------------------------

    /** A thread is going to ask it; {@code false} if as many as that are at it. */
    boolean goesIn(int most) {
        if (known.running.incrementAndGet() > most) {
            known.running.decrementAndGet();
            return false;
        }
        return true;
    }

    void goesOut() {
        known.running.decrementAndGet();
    }

    // ---- Counters ---------------------------------------------------------------------------------------------------

    NodeCounts counts() {
        return new NodeCounts(
                sum(Answer.ACCEPTED), sum(Answer.DISSENTING), sum(Answer.FAILED), sum(Answer.ABSENT), sum(Answer.LATE));
    }

    void count(Answer answer) {
        adder(answer).increment();
    }

    long sum(Answer answer) {
        return adder(answer).sum();
    }

    private LongAdder adder(Answer answer) {
        return Require.nonNull(known.counts.get(answer), "adder");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Lease;
import dev.holdfast.internal.Lateness;
import dev.holdfast.internal.Require;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** One node of a {@link Roster}, and what it has done so far, which stays when the roster changes. */
final class Node<T> {
    /** What its answers have come to, for its counters. */
    enum Answer {
        ACCEPTED,
        DISSENTING,
        FAILED,
        ABSENT,
        LATE
    }

    final Lease<T> lease;
    /** Its place in the list. */
    final int place;

    final int weight;
    /** Whether it is there only for others that fail. */
    final boolean isStandIn;
    /** What it needs to answer. */
    final Lateness late;

    private final Map<Answer, LongAdder> counts;

    Node(Lease<T> lease, int place, int weight, boolean isStandIn, Lateness late, Map<Answer, LongAdder> counts) {
        this.lease = lease;
        this.place = place;
        this.weight = weight;
        this.isStandIn = isStandIn;
        this.late = late;
        this.counts = counts;
    }

    static Map<Answer, LongAdder> newCounts() {
        Map<Answer, LongAdder> counts = new EnumMap<>(Answer.class);
        for (Answer answer : Answer.values()) {
            counts.put(answer, new LongAdder());
        }
        return counts;
    }

    String name() {
        return lease.name();
    }

    T target() {
        return lease.target();
    }

    /** Another node of the same target goes on with them. */
    Map<Answer, LongAdder> adders() {
        return counts;
    }

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
        return Require.nonNull(counts.get(answer), "adder");
    }
}

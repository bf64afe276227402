// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The members of a tier that may be picked now, and how much of it each gets. Immutable but for whose turn it is.
 *
 * @param <T> what the nodes are
 */
final class Tier<T> {
    /** Parts of a weight, where nodes warm up. */
    private static final int PARTS = 1_000;

    private static final double GOLDEN = 0.6180339887498949;

    final List<Member<T>> members;
    /** How much each and those before it get together; {@code null} if all get the same. */
    private final long @Nullable [] upTo;

    private final long total;
    /** What points are apart that follow each other in turn: all points come, and those of one member far from each other. */
    private final long stride;

    private final AtomicInteger turn;
    private final LongAdder underWay;
    private final int weight;
    /** Of all of the tier, also those that may not be picked; {@code null} if nobody picks by key. */
    final @Nullable Ring<T> ring;
    /** Whether a member may be picked, by its place. */
    private final boolean[] in;

    private final ToDoubleFunction<Member<T>> warmth;

    Tier(
            List<Member<T>> members,
            ToDoubleFunction<Member<T>> warmth,
            AtomicInteger turn,
            LongAdder underWay,
            @Nullable Ring<T> ring) {
        this.members = members;
        this.warmth = warmth;
        this.turn = turn;
        this.underWay = underWay;
        this.weight = members.stream().mapToInt(Member::weight).sum();
        this.ring = ring;
        long[] sums = new long[members.size()];
        boolean warms = members.stream().anyMatch(member -> warmth.applyAsDouble(member) < 1);
        boolean same =
                !warms && members.stream().mapToInt(Member::weight).distinct().count() <= 1;
        long sum = 0;
        int most = 0;
        for (int i = 0; i < sums.length; i++) {
            Member<T> member = members.get(i);
            sum += warms
                    ? Math.max(1, Math.round(member.weight() * PARTS * warmth.applyAsDouble(member)))
                    : member.weight();
            sums[i] = sum;
            most = Math.max(most, member.place());
        }
        this.upTo = same ? null : sums;
        this.total = same ? sums.length : sum;
        this.stride = same ? 1 : stride(total);
        this.in = new boolean[ring == null ? 0 : most + 1];
        if (ring != null) {
            members.forEach(member -> in[member.place()] = true);
        }
    }

    /** Near the golden section, without a divisor in common. */
    private static long stride(long total) {
        long stride = Math.max(1, Math.round(total * GOLDEN));
        while (divisor(stride, total) != 1) {
            stride++;
        }
        return stride;
    }

    private static long divisor(long a, long b) {
        return b == 0 ? a : divisor(b, a % b);
    }

    /** The same without some. */
    Tier<T> of(List<Member<T>> some) {
        return new Tier<>(some, warmth, turn, underWay, ring);
    }

    int size() {
        return members.size();
    }

    boolean isEmpty() {
        return members.isEmpty();
    }

    boolean has(Member<T> member) {
        return member.place() < in.length && in[member.place()];
    }

    double warmth(Member<T> member) {
        return warmth.applyAsDouble(member);
    }

    /** Of all members together. */
    int weight() {
        return weight;
    }

    /** How many calls are under way; counted only where keys are picked by. */
    long underWay() {
        return underWay.sum();
    }

    /** How many points there are; each member has as many as its share. */
    long total() {
        return total;
    }

    boolean isEven() {
        return upTo == null;
    }

    /** Whose a point is. */
    Member<T> at(long point) {
        if (upTo == null) {
            return members.get((int) point);
        }
        int found = Arrays.binarySearch(upTo, point);
        return members.get(found < 0 ? -found - 1 : found + 1);
    }

    /** The point whose turn it is. */
    long next() {
        return Math.floorMod(turn.getAndIncrement() * stride, total);
    }
}

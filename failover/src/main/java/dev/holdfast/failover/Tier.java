// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
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
    /** The same without regard to how warm they are. */
    private final long @Nullable [] upToByWeight;
    /** What points are apart that follow each other in turn: all points come, and those of one member far from each other. */
    private final long stride;

    private final AtomicInteger turn;
    private final int weight;
    /** Of all of the tier, also those that may not be picked; {@code null} if nobody picks by key. */
    final @Nullable Ring<T> ring;
    /** Whether a member may be picked, by its place. */
    private final boolean[] in;

    private final ToDoubleFunction<Member<T>> warmth;

    Tier(List<Member<T>> members, ToDoubleFunction<Member<T>> warmth, AtomicInteger turn, @Nullable Ring<T> ring) {
        this.members = members;
        this.warmth = warmth;
        this.turn = turn;
        this.weight = members.stream().mapToInt(Member::weight).sum();
        this.ring = ring;
        long[] sums = new long[members.size()];
        boolean warms = members.stream().anyMatch(member -> warmth.applyAsDouble(member) < 1);
        boolean weighsSame =
                members.stream().mapToInt(Member::weight).distinct().count() <= 1;
        boolean same = !warms && weighsSame;
        long[] weights = new long[members.size()];
        long sum = 0;
        int most = 0;
        for (int i = 0; i < sums.length; i++) {
            Member<T> member = members.get(i);
            sum += warms
                    ? Math.max(1, Math.round(member.weight() * PARTS * warmth.applyAsDouble(member)))
                    : member.weight();
            sums[i] = sum;
            weights[i] = member.weight() + (i == 0 ? 0 : weights[i - 1]);
            most = Math.max(most, member.place());
        }
        this.upTo = same ? null : sums;
        this.upToByWeight = weighsSame ? null : weights;
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
        return new Tier<>(some, warmth, turn, ring);
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

    /** How many calls are under way at the members: those that hang elsewhere say nothing of how many there should be here. */
    long underWay() {
        long sum = 0;
        for (int i = 0; i < members.size(); i++) {
            sum += members.get(i).node().inFlight();
        }
        return sum;
    }

    /** How many points there are; each member has as many as its share. */
    long total() {
        return total;
    }

    /** Whose a point is. */
    Member<T> at(long point) {
        return at(upTo, point);
    }

    /** Whether all have the same weight, however warm they are. */
    boolean isEven() {
        return upToByWeight == null;
    }

    /** Whose a point is where there is one for each unit of {@link #weight}. */
    Member<T> byWeight(long point) {
        return at(upToByWeight, point);
    }

    private Member<T> at(long @Nullable [] sums, long point) {
        if (sums == null) {
            return members.get((int) point);
        }
        int found = Arrays.binarySearch(sums, point);
        return members.get(found < 0 ? -found - 1 : found + 1);
    }

    /** The point whose turn it is. */
    long next() {
        return Math.floorMod(turn.getAndIncrement() * stride, total);
    }
}

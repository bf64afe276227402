// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * One list of nodes, tier by tier. Immutable but for what its nodes count.
 *
 * @param <T> what the nodes are
 */
final class Members<T> {
    private final List<Member<T>> all;
    private final List<List<Member<T>>> tiers = new ArrayList<>();
    private final List<AtomicInteger> turns = new ArrayList<>();
    private final List<@Nullable Ring<T>> rings = new ArrayList<>();
    private final Map<String, Member<T>> byName = new HashMap<>();

    Members(List<Member<T>> all, int tiers, boolean hasRings) {
        this.all = List.copyOf(all);
        for (int tier = 0; tier < tiers; tier++) {
            int wanted = tier;
            List<Member<T>> members =
                    this.all.stream().filter(member -> member.tier() == wanted).toList();
            this.tiers.add(members);
            turns.add(new AtomicInteger());
            rings.add(hasRings && !members.isEmpty() ? new Ring<>(members) : null);
        }
        this.all.forEach(member -> byName.put(member.name(), member));
    }

    List<Member<T>> all() {
        return all;
    }

    int tiers() {
        return tiers.size();
    }

    int size() {
        return all.size();
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    List<Member<T>> of(int tier) {
        return tiers.get(tier);
    }

    Tier<T> tier(int tier, List<Member<T>> candidates, ToDoubleFunction<Member<T>> warmth) {
        return new Tier<>(candidates, warmth, turns.get(tier), rings.get(tier));
    }

    @Nullable Member<T> named(String name) {
        return byName.get(name);
    }

    boolean has(Member<T> member) {
        Member<T> there = byName.get(member.name());
        return there != null && there.node() == member.node();
    }
}

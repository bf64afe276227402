// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Environment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which nodes may be picked now: made anew whenever one of them changes, so that a pick only reads. Immutable but for what {@link Node}s count.
 *
 * <p><b>Tiers.</b> A tier that is healthy to h percent can carry 1.4 times that, 100 at most. The first tier gets what it can carry, each further one what it
 * can of the rest, in whole percent (as Envoy's priority levels). A node that has been away counts in this only after a hold time, and then as it
 * warms up: a standby does not give back to what has just come, nor all at once, as long as it carries the rest. A cold standby whose start has failed, or takes
 * longer than calls wait for it, carries nothing until another start is due.
 *
 * <p><b>Panic.</b> Where fewer nodes of a tier are up than a share, and all tiers together cannot carry all calls, each node of it is a
 * candidate: what little is known of nodes is then worth less than all of them together.
 *
 * @param <T> what the nodes are
 */
final class View<T> {
    private static final int ALL = 100;
    /** How much of the nodes of a tier may be away before others take over, in percent of the healthy ones. */
    private static final int FACTOR = 140;

    private static final int PARTS = 1_000;
    /** How often it is looked how warm nodes are while they warm up. */
    private static final int STEPS = 64;

    private static final long LEAST_STEP = 1_000_000;

    private final Members<T> list;
    final List<Tier<T>> tiers;
    /** Of which no call may be sent to others, because a single one decides how they are. */
    final List<Member<T>> trials;
    /** What each tier gets, in percent. */
    final List<Integer> percent;
    /** By tier. */
    final List<Panic> panics;
    /** The tier that gets all; -1 if there are several. */
    private final int only;
    /** Whether there is anything that time changes. */
    final boolean isTimed;
    /** When that is next: a reading of the clock. */
    final long until;

    /**
     * How a tier stands.
     *
     * @param up how many nodes are up
     * @param nodes of how many
     * @param panics whether all are candidates
     */
    record Panic(int up, int nodes, boolean panics) {}

    private View(
            Members<T> list,
            List<Tier<T>> tiers,
            List<Member<T>> trials,
            List<Integer> percent,
            List<Panic> panics,
            boolean isTimed,
            long until) {
        this.list = list;
        this.tiers = tiers;
        this.trials = trials;
        this.percent = percent;
        this.panics = panics;
        this.isTimed = isTimed;
        this.until = until;
        this.only = percent.indexOf(ALL);
    }

    static <T> View<T> of(Members<T> all, Replicas<T> of, long now) {
        List<List<Member<T>>> there = new ArrayList<>();
        List<Panic> panics = new ArrayList<>();
        int[] carries = new int[all.tiers()];
        int[] healthy = new int[all.tiers()];
        for (int tier = 0; tier < all.tiers(); tier++) {
            List<Member<T>> members = all.of(tier).stream()
                    .filter(member -> !member.node().isDraining())
                    .toList();
            int up = (int)
                    members.stream().filter(member -> member.node().isUp()).count();
            there.add(members);
            panics.add(new Panic(up, members.size(), false));
            if (!of.isWithout(tier, now)) {
                healthy[tier] = health(members, of, now, false);
                carries[tier] = health(members, of, now, all.tiers() > 1);
            }
        }
        List<Integer> percent = percent(sum(healthy) > 0 ? filled(carries, healthy) : firstOf(there));
        boolean isShort = sum(healthy) < ALL;
        List<Tier<T>> tiers = new ArrayList<>();
        for (int tier = 0; tier < all.tiers(); tier++) {
            Panic found = panics.get(tier);
            boolean panic = isShort && found.up < of.panicBelow() * found.nodes;
            panics.set(tier, new Panic(found.up, found.nodes, panic));
            List<Member<T>> candidates = panic
                    ? there.get(tier)
                    : there.get(tier).stream().filter(m -> m.node().isUp()).toList();
            // In a panic all count as they are.
            tiers.add(all.tier(tier, candidates, member -> panic ? 1 : warmth(member, of, now)));
        }
        int last = lastUsed(percent);
        List<Member<T>> trials = all.all().stream()
                .filter(member -> member.tier() <= last && member.node().isOnTrial())
                .toList();
        return timed(tiers, trials, percent, panics, all, of, now);
    }

    private static <T> View<T> timed(
            List<Tier<T>> tiers,
            List<Member<T>> trials,
            List<Integer> percent,
            List<Panic> panics,
            Members<T> all,
            Replicas<T> of,
            long now) {
        long soonest = of.nextStart(now);
        for (Member<T> member : all.all()) {
            Stay stay = member.node().stay();
            if (stay.kind == Stay.Kind.EJECTED) {
                soonest = Math.min(soonest, Math.max(0, stay.until - now));
            }
            Node.Warming warming = member.node().warming();
            if (warming != null) {
                long window = of.ramp().window();
                soonest = window == 0 ? soonest : Math.min(soonest, Math.max(LEAST_STEP, window / STEPS));
                long hold = of.failbackNanos() - (now - warming.since());
                soonest = warming.hasBeenAway() && hold > 0 ? Math.min(soonest, hold) : soonest;
            }
        }
        boolean isTimed = soonest != Long.MAX_VALUE || !trials.isEmpty();
        // Half of the clock's range, so that a difference of readings does not overflow.
        return new View<>(all, tiers, trials, percent, panics, isTimed, now + Math.min(soonest, Long.MAX_VALUE / 2));
    }

    /** What nodes cannot carry that are given back to already goes to those that are to wait for it: to hold them back must not cost calls. */
    private static int[] filled(int[] carries, int[] healthy) {
        int rest = ALL - sum(carries);
        int[] filled = carries.clone();
        for (int tier = 0; tier < filled.length; tier++) {
            int more = Math.min(rest, healthy[tier] - carries[tier]);
            filled[tier] += more;
            rest -= more;
        }
        return filled;
    }

    /** Percent of the weight that is up, times 1.4, but 100 at most. */
    private static <T> int health(List<Member<T>> members, Replicas<T> of, long now, boolean asGivenBack) {
        long weight = 0;
        long up = 0;
        for (Member<T> member : members) {
            weight += member.weight();
            if (member.node().isUp()) {
                double part = asGivenBack ? givenBack(member, of, now) : 1;
                up += Math.round(member.weight() * PARTS * part);
            }
        }
        if (weight == 0 || up == 0) {
            return 0;
        }
        // A tier of which next to nothing is up is still worth more than one that is out.
        return (int) Math.max(1, Math.min(ALL, FACTOR * up / (weight * PARTS)));
    }

    /** How much calls go back to a node that had been away. */
    private static <T> double givenBack(Member<T> member, Replicas<T> of, long now) {
        Node.Warming warming = member.node().warming();
        if (warming == null || !warming.hasBeenAway()) {
            return 1;
        }
        long held = now - warming.since() - of.failbackNanos();
        return held < 0 ? 0 : of.ramp().at(held);
    }

    static <T> double warmth(Member<T> member, Replicas<T> of, long now) {
        Node.Warming warming = member.node().warming();
        return warming == null ? 1 : of.ramp().at(Math.max(0, now - warming.since()));
    }

    /** Where nothing is healthy, the first tier that has any nodes. */
    private static <T> int[] firstOf(List<List<Member<T>>> there) {
        int[] carries = new int[there.size()];
        for (int tier = 0; tier < carries.length; tier++) {
            if (!there.get(tier).isEmpty()) {
                carries[tier] = ALL;
                return carries;
            }
        }
        return carries;
    }

    private static int sum(int[] percents) {
        int sum = 0;
        for (int each : percents) {
            sum += each;
        }
        return Math.min(ALL, sum);
    }

    /** What each tier gets, by what it can carry. */
    static List<Integer> percent(int... carries) {
        int all = sum(carries);
        List<Integer> percent = new ArrayList<>();
        int rest = ALL;
        for (int each : carries) {
            int share = all == 0 ? 0 : Math.min(rest, each * ALL / all);
            percent.add(share);
            rest -= share;
        }
        // What rounding leaves; and all if nothing can carry anything.
        for (int tier = 0; rest > 0 && tier < carries.length; tier++) {
            if (all == 0 || carries[tier] > 0) {
                percent.set(tier, percent.get(tier) + rest);
                rest = 0;
            }
        }
        return List.copyOf(percent);
    }

    /** What a tier can carry of which so many percent are healthy. */
    static int carries(int healthy) {
        return Math.min(ALL, FACTOR * healthy / ALL);
    }

    private static int lastUsed(List<Integer> percent) {
        int last = 0;
        for (int tier = 0; tier < percent.size(); tier++) {
            last = percent.get(tier) > 0 ? tier : last;
        }
        return last;
    }

    /** Whether it is of this list of nodes. */
    boolean isOf(Members<T> nodes) {
        return list == nodes;
    }

    boolean isUsed(int tier) {
        return percent.get(tier) > 0;
    }

    boolean isNext(long now) {
        return isTimed && now - until >= 0;
    }

    /** The tier of a first attempt. */
    Tier<T> draw(Environment environment) {
        if (only >= 0) {
            return tiers.get(only);
        }
        long drawn = environment.nextLong(ALL);
        int tier = 0;
        for (int i = 0; i < percent.size() && drawn >= 0; i++) {
            drawn -= percent.get(i);
            tier = i;
        }
        return tiers.get(tier);
    }

    /** A node that a call has to try, which is that call's from now on. */
    @Nullable Member<T> trial(long now, long patience) {
        for (int i = 0; i < trials.size(); i++) {
            Member<T> member = trials.get(i);
            if (member.node().takesTrial(now, patience)) {
                return member;
            }
        }
        return null;
    }

    boolean tries(Member<T> member) {
        return trials.contains(member);
    }

    int up() {
        return panics.stream().mapToInt(Panic::up).sum();
    }

    @Override
    public String toString() {
        return panics.stream().map(panic -> panic.up + "/" + panic.nodes).collect(Collectors.joining(" + "));
    }
}

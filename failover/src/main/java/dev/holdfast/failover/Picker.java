// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Call;
import dev.holdfast.Environment;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The ways to {@link Pick} a member of a tier that is not empty. They hold settings only: what changes is in the tier and its nodes. */
abstract class Picker {
    /** How much more than its share a node may have under way before a key goes to the next. */
    private static final double BOUND = 1.25;

    private static final int PARTS = 1_000;

    final String text;

    private Picker(String text) {
        this.text = text;
    }

    abstract <T> @Nullable Member<T> of(Tier<T> tier, @Nullable Call call, Environment environment);

    /** Of those that were not tried, for a further attempt after the one at a place in the list. */
    <T> @Nullable Member<T> again(Tier<T> tier, @Nullable Call call, Environment environment, int last) {
        return of(tier, call, environment);
    }

    /** How fast the cost of a node decays, in nanoseconds; 0 if nobody asks for it. */
    long decay() {
        return 0;
    }

    /** What a failure costs at least, in nanoseconds. */
    long penalty() {
        return 0;
    }

    /** Whether it has to know the call. */
    boolean looksAtCalls() {
        return false;
    }

    static final class RoundRobin extends Picker {
        RoundRobin() {
            super("round robin");
        }

        @Override
        <T> Member<T> of(Tier<T> tier, @Nullable Call call, Environment environment) {
            return tier.at(tier.next());
        }

        /** The next of the list: whose turn it is next in the first place stays. */
        @Override
        <T> Member<T> again(Tier<T> tier, @Nullable Call call, Environment environment, int last) {
            for (Member<T> member : tier.members) {
                if (member.place() > last) {
                    return member;
                }
            }
            return tier.members.get(0);
        }
    }

    static final class Random extends Picker {
        Random() {
            super("random");
        }

        @Override
        <T> Member<T> of(Tier<T> tier, @Nullable Call call, Environment environment) {
            return tier.at(environment.nextLong(tier.total()));
        }
    }

    static final class InOrder extends Picker {
        InOrder() {
            super("in order");
        }

        @Override
        <T> Member<T> of(Tier<T> tier, @Nullable Call call, Environment environment) {
            List<Member<T>> members = tier.members;
            for (int i = 0; i < members.size() - 1; i++) {
                double warmth = tier.warmth(members.get(i));
                if (warmth >= 1 || environment.nextLong(PARTS) < warmth * PARTS) {
                    return members.get(i);
                }
            }
            return members.get(members.size() - 1);
        }
    }

    static final class LeastLoaded extends Picker {
        /** Where one of two has nearly all of the weight, two different ones are not drawn for ever. */
        private static final int DRAWS = 4;

        private final long decay;
        private final long penalty;

        LeastLoaded(long decay, long penalty) {
            super("least loaded");
            this.decay = decay;
            this.penalty = penalty;
        }

        @Override
        long decay() {
            return decay;
        }

        @Override
        long penalty() {
            return penalty;
        }

        @Override
        <T> Member<T> of(Tier<T> tier, @Nullable Call call, Environment environment) {
            int size = tier.size();
            if (size == 1) {
                return tier.members.get(0);
            }
            Member<T> first;
            Member<T> second;
            if (tier.isEven()) {
                // One draw for both; of whole numbers of 32 bits where that will do, which divide faster.
                long pairs = (long) size * (size - 1);
                long drawn = environment.nextLong(pairs);
                int a = pairs <= Integer.MAX_VALUE ? (int) drawn / (size - 1) : (int) (drawn / (size - 1));
                int b = (int) (drawn - (long) a * (size - 1));
                first = tier.members.get(a);
                second = tier.members.get(b >= a ? b + 1 : b);
            } else {
                first = tier.byWeight(environment.nextLong(tier.weight()));
                second = first;
                for (int i = 0; i < DRAWS && second.node() == first.node(); i++) {
                    second = tier.byWeight(environment.nextLong(tier.weight()));
                }
            }
            return prefersFirst(first, second)
                    ? asWarm(tier, first, second, environment)
                    : asWarm(tier, second, first, environment);
        }

        /** One that warms up gets, of what falls to it beside another one that does not fail, as much as it is warm. */
        private static <T> Member<T> asWarm(
                Tier<T> tier, Member<T> preferred, Member<T> other, Environment environment) {
            // Else nodes that cannot carry all without it would never recover: each ejection of one begins another
            // warm-up.
            if (preferred.node().warming() == null || other.node().isFailing()) {
                return preferred;
            }
            double warmth = tier.warmth(preferred);
            double ofOther = tier.warmth(other);
            return warmth >= ofOther || environment.nextLong(PARTS) * ofOther < warmth * PARTS ? preferred : other;
        }

        /** Of a further attempt, which is rare: the least loaded of all. */
        @Override
        <T> Member<T> again(Tier<T> tier, @Nullable Call call, Environment environment, int last) {
            Member<T> best = of(tier, call, environment);
            for (Member<T> each : tier.members) {
                best = prefersFirst(best, each) ? best : each;
            }
            return best;
        }

        private boolean prefersFirst(Member<?> first, Member<?> second) {
            if (first.node().hasRefused() || second.node().hasRefused()) {
                boolean refusesFirst = first.node().refuses();
                if (refusesFirst != second.node().refuses()) {
                    return !refusesFirst;
                }
            }
            double ofFirst = first.node().cost.level();
            double ofSecond = second.node().cost.level();
            int underFirst = first.node().inFlight();
            int underSecond = second.node().inFlight();
            double crowdOfFirst = 1 + (double) underFirst / first.weight();
            double crowdOfSecond = 1 + (double) underSecond / second.weight();
            if (ofFirst == ofSecond) {
                return crowdOfFirst <= crowdOfSecond;
            }
            if (ofFirst == Cost.UNKNOWN) {
                return guess(first) * crowdOfFirst <= crowdOfSecond;
            }
            if (ofSecond == Cost.UNKNOWN) {
                return guess(second) * crowdOfSecond > crowdOfFirst;
            }
            // Where both say the same, or one says nothing, there is nothing to multiply.
            if (crowdOfFirst == crowdOfSecond || ofFirst < ofSecond == crowdOfFirst < crowdOfSecond) {
                return ofFirst < ofSecond;
            }
            return Math.exp(ofFirst - ofSecond) * crowdOfFirst <= crowdOfSecond;
        }

        /**
         * What a node costs that has not answered yet, in parts of what the other one does: nothing as long as nobody has called it, so that one call
         * finds out. From then on as if it had cost the same at that time and sunk since, so that a call which never ends keeps others away for a time only.
         */
        private double guess(Member<?> member) {
            long tried = member.node().sinceTried();
            return tried < 0 ? 0 : Math.exp(-tried / (double) decay);
        }
    }

    static final class ByKey extends Picker {
        private final Function<Object, ? extends @Nullable Object> key;

        ByKey(Function<Object, ? extends @Nullable Object> key) {
            super("by key");
            this.key = key;
        }

        @Override
        boolean looksAtCalls() {
            return true;
        }

        @Override
        <T> @Nullable Member<T> of(Tier<T> tier, @Nullable Call call, Environment environment) {
            Ring<T> ring = tier.ring;
            boolean isKnown = false;
            long hash = 0;
            try {
                Object own = keyOf(call);
                if (own != null) {
                    hash = Ring.hash(own);
                    isKnown = true;
                }
            } catch (Throwable thrown) {
                // A key that says nothing.
            }
            return ring != null && isKnown ? of(tier, ring, hash) : tier.at(environment.nextLong(tier.total()));
        }

        private static <T> @Nullable Member<T> of(Tier<T> tier, Ring<T> ring, long hash) {
            long underWay = -1;
            Member<T> fallback = null;
            int from = ring.first(hash);
            for (int i = 0; i < ring.size(); i++) {
                Member<T> member = ring.at(from + i);
                if (!tier.has(member)) {
                    continue;
                }
                fallback = fallback == null ? member : fallback;
                double warmth = tier.warmth(member);
                boolean isWarm = warmth >= 1
                        || Math.floorMod(Ring.mixed(hash ^ Ring.hash(member.name())), (long) PARTS) < warmth * PARTS;
                if (!isWarm) {
                    continue;
                }
                int ofMember = member.node().inFlight();
                if (ofMember == 0) {
                    return member;
                }
                // Only now, and once: it takes longer the more members there are.
                underWay = underWay < 0 ? tier.underWay() : underWay;
                if (ofMember < bound(tier, member, underWay)) {
                    return member;
                }
            }
            return fallback;
        }

        /** What a node may have under way, of which this is the first that it may not. */
        private static double bound(Tier<?> tier, Member<?> member, long underWay) {
            return Math.ceil(BOUND * (underWay + 1) * member.weight() / tier.weight());
        }

        private @Nullable Object keyOf(@Nullable Call call) {
            Object given = call == null ? null : call.argument().orElse(null);
            if (!(given instanceof List<?> two) || two.size() != 2) {
                return null;
            }
            Object argument = two.get(1);
            return argument == null ? null : key.apply(argument);
        }
    }
}

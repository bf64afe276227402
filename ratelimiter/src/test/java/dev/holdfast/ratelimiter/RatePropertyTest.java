// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static dev.holdfast.ratelimiter.LimiterTest.assertBound;
import static dev.holdfast.ratelimiter.LimiterTest.in;
import static dev.holdfast.ratelimiter.LimiterTest.retryAfter;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.ratelimiter.LimiterTest.Grant;
import dev.holdfast.testkit.VirtualTime;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Limits of any kind and rate, callers who come at any time, and what went in over every stretch of time. */
class RatePropertyTest {
    private static final int MOST_PERMITS = 4;

    /** So many permits in so many nanoseconds; a token bucket saves up to {@code burst}, a window has no more than that. */
    private record Limited(Limit.Kind kind, long permits, long period, long burst) {
        static Limited window(Limit.Kind kind, long permits, long period) {
            return new Limited(kind, permits, period, permits);
        }

        RateLimiterBuilder addTo(RateLimiterBuilder builder, boolean first) {
            Duration each = Duration.ofNanos(period);
            RateLimiterBuilder added = first ? builder.limit(permits, each) : builder.and(permits, each);
            return switch (kind) {
                case TOKENS -> added.burst(burst);
                case SLIDING_WINDOW -> added.slidingWindow();
                case FIXED_WINDOW -> added.fixedWindow();
            };
        }

        /** What this limit promises, at whatever times it let calls in. */
        void assertKept(List<Grant> grants, long start) {
            switch (kind) {
                case TOKENS -> assertBound(grants, permits, period, burst, period % permits == 0 ? 0 : 1);
                case SLIDING_WINDOW -> assertBound(grants, permits, period, burst, 0, period);
                case FIXED_WINDOW -> {
                    Map<Long, Long> counts = new HashMap<>();
                    for (Grant grant : grants) {
                        counts.merge((grant.at() - start) / period, grant.permits(), Long::sum);
                    }
                    assertThat(counts.values()).allMatch(count -> count <= permits);
                }
            }
        }
    }

    /**
     * A call for some permits. Refused, it comes again so many nanoseconds before the time that it was told, unless that is
     * negative. The next call comes after some thousandths of the time between two permits.
     */
    private record Arrival(int permits, int early, int pause) {}

    @Provide
    Arbitrary<Limited> buckets() {
        return Combinators.combine(
                        Arbitraries.longs().between(1, 1L << 24),
                        Arbitraries.longs().between(1, 1L << 42),
                        Arbitraries.longs().between(1, 40))
                .as((permits, period, burst) -> new Limited(Limit.Kind.TOKENS, permits, period, burst));
    }

    @Provide
    Arbitrary<Limited> slidingWindows() {
        return Combinators.combine(
                        Arbitraries.longs().between(1, 20), Arbitraries.longs().between(1, 1L << 42))
                .as((permits, period) -> Limited.window(Limit.Kind.SLIDING_WINDOW, permits, period));
    }

    /** Rates that are near to each other, so that now one of them holds calls back and now another. */
    @Provide
    Arbitrary<Limited> limits() {
        return Arbitraries.randomValue(random -> {
            Limit.Kind kind = Limit.Kind.values()[random.nextInt(3)];
            int permits = 1 + random.nextInt(20);
            long period = permits * (1L + random.nextInt(5)) + random.nextInt(permits);
            return kind == Limit.Kind.TOKENS
                    ? new Limited(kind, permits, period, 1 + random.nextInt(20))
                    : Limited.window(kind, permits, period);
        });
    }

    @Provide
    Arbitrary<Arrival> arrivals() {
        return Arbitraries.randomValue(random -> new Arrival(
                1 + random.nextInt(MOST_PERMITS),
                random.nextInt(6) - 3,
                random.nextBoolean() ? 0 : random.nextInt(random.nextInt(8) == 0 ? 6_000 : 600)));
    }

    @Property(seed = "1")
    @Label("RL-1 a token bucket lets in no more than burst + w * rate in any stretch w, to a nanosecond")
    void tokenBucket(
            @ForAll("buckets") Limited limit,
            @ForAll long start,
            @ForAll @Size(max = 60) List<@From("arrivals") Arrival> arrivals) {
        assertKept(List.of(limit), start, arrivals);
    }

    @Property(seed = "1")
    @Label("RL-1 a sliding window lets in no more than N * (1 + w / period) in any stretch w up to a period")
    void slidingWindow(
            @ForAll("slidingWindows") Limited limit,
            @ForAll long start,
            @ForAll @Size(max = 60) List<@From("arrivals") Arrival> arrivals) {
        assertKept(List.of(limit), start, arrivals);
    }

    @Property(seed = "1")
    @Label("RL-1 of several limits of any kinds, each keeps what it promises alone")
    void severalLimits(
            @ForAll @Size(min = 2, max = 4) List<@From("limits") Limited> limits,
            @ForAll long start,
            @ForAll @Size(max = 60) List<@From("arrivals") Arrival> arrivals) {
        assertKept(limits, start, arrivals);
    }

    @Property(seed = "1")
    @Label(
            "RL-1 whenever settings change, no stretch w below a period sees more than the largest burst + w * the largest rate")
    void changing(
            @ForAll @Size(min = 2, max = 4) List<@From("limitsWithoutEdges") Limited> limits,
            @ForAll @Size(min = 1, max = 60) List<@From("arrivals") Arrival> arrivals,
            @ForAll long seed) {
        VirtualTime clock = VirtualTime.create(0, seed);
        RateLimiter limiter = limiter(limits.subList(0, 1), clock).build();
        List<Grant> grants = new ArrayList<>();
        for (Arrival arrival : arrivals) {
            while (in(limiter)) {
                grants.add(new Grant(clock.nanoTime(), 1));
            }
            clock.advance(Duration.ofNanos(arrival.pause / 100));
            Limited next = limits.get((int) clock.nextLong(limits.size()));
            limiter.reconfigure(settings -> next.addTo(settings, true));
        }
        long shortest = limits.stream().mapToLong(Limited::period).min().orElseThrow();
        long most = limits.stream().mapToLong(Limited::burst).max().orElseThrow();
        Limited fastest = limits.stream()
                .max(Comparator.comparingDouble(limit -> (double) limit.permits / limit.period))
                .orElseThrow();
        assertBound(grants, fastest.permits, fastest.period, most, 1, shortest - 1);
    }

    /** A fixed window starts anew at an edge of its own, whatever was there before. */
    @Provide
    Arbitrary<Limited> limitsWithoutEdges() {
        return limits().filter(limit -> limit.kind != Limit.Kind.FIXED_WINDOW);
    }

    private static void assertKept(List<Limited> limits, long start, List<Arrival> arrivals) {
        VirtualTime clock = VirtualTime.create(start, 0);
        RateLimiter limiter = limiter(limits, clock).build();
        long interval = limits.stream()
                .mapToLong(limit -> Math.max(1, limit.period / limit.permits))
                .max()
                .orElseThrow();
        List<RateLimiter> views = views(limiter);
        List<Grant> grants = new ArrayList<>();
        for (Arrival arrival : arrivals) {
            int permits = Math.min(arrival.permits, views.size());
            if (isLetIn(views.get(permits - 1), arrival.early, clock)) {
                grants.add(new Grant(reading(clock), permits));
            }
            clock.advance(Duration.ofNanos(interval * arrival.pause / 1_000));
        }
        limits.forEach(limit -> limit.assertKept(grants, start));
    }

    private static RateLimiterBuilder limiter(List<Limited> limits, VirtualTime clock) {
        RateLimiterBuilder builder = RateLimiter.builder("any").environment(clock);
        for (int i = 0; i < limits.size(); i++) {
            limits.get(i).addTo(builder, i == 0);
        }
        return builder;
    }

    /** The limiter for calls that cost one permit, two, and so on, as far as calls and the limiter go. */
    private static List<RateLimiter> views(RateLimiter limiter) {
        return LongStream.rangeClosed(1, Math.min(limiter.available(), MOST_PERMITS))
                .mapToObj(limiter::permits)
                .toList();
    }

    /** Now, or when the refusal said; at that time it must be so, and never before. */
    private static boolean isLetIn(RateLimiter limiter, int early, VirtualTime clock) {
        if (in(limiter)) {
            return true;
        }
        if (early < 0) {
            return false;
        }
        long told = reading(clock) + retryAfter(limiter);
        clock.advance(Duration.ofNanos(Math.max(0, told - early - clock.nanoTime())));
        boolean in = in(limiter);
        if (in != reading(clock) - told >= 0) {
            throw new AssertionError(
                    (in ? "let in " : "refused ") + (told - reading(clock)) + " ns before the time told");
        }
        return in;
    }

    /** As a gate has it, for which one number is no reading. */
    private static long reading(VirtualTime clock) {
        return Math.max(Long.MIN_VALUE + 1, clock.nanoTime());
    }

    @Provide
    Arbitrary<Limited> slowBuckets() {
        return buckets().filter(limit -> limit.permits <= limit.period);
    }

    @Property(seed = "1")
    @Label("RL-2 agrees with an algorithm in exact fractions about every call that is not within 3 ns of the border")
    void exactModel(
            @ForAll("slowBuckets") Limited limit, @ForAll @Size(max = 60) List<@From("arrivals") Arrival> arrivals) {
        VirtualTime clock = VirtualTime.create();
        RateLimiter limiter = limiter(List.of(limit), clock).build();
        List<RateLimiter> views = views(limiter);
        BigInteger permits = BigInteger.valueOf(limit.permits);
        BigInteger period = BigInteger.valueOf(limit.period);
        // Times are in fractions of a nanosecond, of which there are as many as permits in a period.
        BigInteger full = BigInteger.ZERO;
        for (Arrival arrival : arrivals) {
            int asked = Math.min(arrival.permits, views.size());
            BigInteger cost = BigInteger.valueOf(asked);
            BigInteger now = BigInteger.valueOf(clock.nanoTime()).multiply(permits);
            BigInteger slack = BigInteger.valueOf(limit.burst).subtract(cost).multiply(period);
            BigInteger missing = full.subtract(slack).subtract(now);
            boolean in = in(views.get(asked - 1));
            if (missing.abs().compareTo(permits.multiply(BigInteger.valueOf(3))) > 0) {
                assertThat(in).isEqualTo(missing.signum() <= 0);
            }
            if (in) {
                full = full.max(now).add(cost.multiply(period));
            }
            clock.advance(Duration.ofNanos(limit.period / limit.permits * arrival.pause / 1_000));
        }
    }

    @Property(seed = "1")
    @Label("RL-2 callers who always ask wait for (n - burst) / rate, to two nanoseconds, however large n is")
    void longRun(
            @ForAll("slowBuckets") Limited limit, @ForAll long start, @ForAll @IntRange(min = 1, max = 200) int calls) {
        VirtualTime clock = VirtualTime.create(start, 0);
        RateLimiter limiter =
                limiter(List.of(limit), clock).waitUpTo(Duration.ofDays(1)).build();
        long first = reading(clock);
        for (int i = 0; i < calls; i++) {
            limiter.run(() -> {});
        }
        double expected = Math.max(0, calls - limit.burst) * ((double) limit.period / limit.permits);
        assertThat((double) (clock.nanoTime() - first)).isBetween(expected - 1, expected + 2);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.fuzz;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.code_intelligence.jazzer.mutation.annotation.NotNull;
import com.code_intelligence.jazzer.mutation.annotation.Positive;
import dev.holdfast.RejectedException;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.ratelimiter.RateLimiterBuilder;
import dev.holdfast.testkit.VirtualTime;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A limiter of any rate, from one permit in 292 years to 2^63 in a nanosecond, over up to 292 years in all. */
class LimiterFuzzTest {
    private static final BigInteger ROUNDING = BigInteger.valueOf(8);
    /** What readings can tell apart. */
    private static final BigInteger LONGEST = BigInteger.valueOf(Long.MAX_VALUE);

    private enum Kind {
        TOKENS,
        WARM_UP,
        SLIDING_WINDOW,
        FIXED_WINDOW
    }

    /** So many permits went in, so long after the start. */
    private record Grant(BigInteger at, long permits) {}

    static Stream<Arguments> seeds() {
        long second = 1_000_000_000L;
        long max = Long.MAX_VALUE;
        long[] idle = {0, 0, second, -1, 0, max / 2, 0, -1, second / 3};
        return Stream.of(
                arguments(Kind.TOKENS, 10L, second, 5L, 3.0, 1L, 0L, idle),
                arguments(Kind.TOKENS, 3L, second, 2L, 3.0, 2L, max, idle),
                arguments(Kind.TOKENS, max, max, max, 3.0, max, -1L, idle),
                arguments(Kind.TOKENS, max, 1L, max, 3.0, 7L, Long.MIN_VALUE, idle),
                arguments(Kind.TOKENS, max, 7_441_582_517_062_872_418L, max, 3.0, 7_088_987_325_630_778_943L, 0L, idle),
                arguments(Kind.TOKENS, 1L, max, 1L, 3.0, 1L, 5L, idle),
                arguments(Kind.WARM_UP, 100L, second, 2 * second, 3.0, 1L, 5L, idle),
                arguments(Kind.WARM_UP, 1L, 31_109_578_515_886_438L, 91L, 296.4801349573014, 1L, 5L, idle),
                arguments(Kind.SLIDING_WINDOW, 5L, 7 * second, 1L, 3.0, 2L, max - 1, idle),
                arguments(Kind.SLIDING_WINDOW, 1_048_575L, max / 2, 1L, 3.0, 1_000_000L, 0L, idle),
                arguments(Kind.FIXED_WINDOW, (1L << 40) - 1, 1000L, 1L, 3.0, 1L << 39, 0L, idle));
    }

    /**
     * @param saved the burst, or how long it takes to warm up
     * @param pauses before each call; negative: until the time that the last refusal gave
     */
    @MethodSource("seeds")
    @DisplayName(
            "RL-5 no overflow, nothing negative, no exception, for any rate, cost, start and idle time; RL-1 is kept")
    @FuzzTest
    void arithmetic(
            @NotNull Kind kind,
            @Positive long permits,
            @Positive long period,
            @Positive long saved,
            double coldFactor,
            @Positive long cost,
            long start,
            long @NotNull [] pauses) {
        VirtualTime clock = VirtualTime.create(start, 0);
        RateLimiterBuilder builder = RateLimiter.builder("any").environment(clock);
        Answers.of(
                        () -> {
                            builder.limit(permits, Duration.ofNanos(period));
                            return switch (kind) {
                                case TOKENS -> builder.burst(saved).build();
                                case WARM_UP ->
                                    builder.warmUp(Duration.ofNanos(saved), coldFactor)
                                            .build();
                                case SLIDING_WINDOW -> builder.slidingWindow().build();
                                case FIXED_WINDOW -> builder.fixedWindow().build();
                            };
                        },
                        "limit",
                        permits,
                        "period",
                        Duration.ofNanos(period),
                        "burst",
                        saved,
                        "warmUp",
                        Duration.ofNanos(saved),
                        "coldFactor",
                        coldFactor,
                        "limit of a window",
                        permits)
                .ifPresent(limiter -> new Run(kind, permits, period, limiter, clock).calls(cost, pauses));
    }

    private static final class Run {
        private final Kind kind;
        private final BigInteger permits;
        private final BigInteger period;
        private final RateLimiter limiter;
        private final VirtualTime clock;
        private final long capacity;
        /** Permits come up to two nanoseconds early; that is at least one where there are so many. */
        private final long inRounding;
        /** A permit is up to a nanosecond early, and another one where readings pass zero, because cells begin anew there. */
        private final BigInteger early;

        private final List<Grant> grants = new ArrayList<>();
        private BigInteger now = BigInteger.ZERO;

        Run(Kind kind, long permits, long period, RateLimiter limiter, VirtualTime clock) {
            this.kind = kind;
            this.permits = BigInteger.valueOf(permits);
            // Longer ones are cut, to leave room for rounding.
            this.period = BigInteger.valueOf(Math.min(period, Long.MAX_VALUE - 9));
            this.limiter = limiter;
            this.clock = clock;
            this.capacity = limiter.available();
            this.early = clock.nanoTime() < 0 ? BigInteger.TWO : BigInteger.ONE;
            BigInteger rounding = BigInteger.TWO.multiply(this.permits).divide(this.period);
            this.inRounding = rounding.min(BigInteger.valueOf(capacity)).longValueExact();
        }

        void calls(long cost, long[] pauses) {
            long asked = 1 + Math.floorMod(cost, capacity);
            RateLimiter asking = limiter.permits(asked);
            long wait = 0;
            for (int i = 0; i < pauses.length && i < 50; i++) {
                long pause = pauses[i] < 0 ? wait : pauses[i];
                if (now.add(BigInteger.valueOf(pause)).compareTo(LONGEST) > 0) {
                    break;
                }
                advance(pause);
                checkIdle(pause);
                boolean told = pauses[i] < 0 && wait > 0;
                long before = available();
                boolean in = asking.tryAcquire() != null;
                require(in || !told, "refused at the time that it was told");
                require(!in || asked - before <= inRounding, "let in more than there was");
                long left = in ? Math.max(0, before - asked) : before;
                require(available() - left <= (in ? inRounding : 0), "has more than before");
                if (in) {
                    grants.add(new Grant(now, asked));
                }
                wait = in ? 0 : retryAfter(asking);
            }
            checkBound();
        }

        private void advance(long nanos) {
            clock.advance(Duration.ofNanos(nanos));
            now = now.add(BigInteger.valueOf(nanos));
            if (clock.nanoTime() == Long.MIN_VALUE) {
                // The one reading that policies take for the next.
                advance(1);
            }
        }

        private long available() {
            long there = limiter.available();
            require(there >= 0 && there <= capacity, "has " + there + " permits");
            return there;
        }

        /** A bucket is full when it has been left alone for long enough. The numbers of windows come round again. */
        private void checkIdle(long nanos) {
            BigInteger full = BigInteger.valueOf(capacity)
                    .multiply(period)
                    .divide(permits)
                    .add(ROUNDING);
            if (kind == Kind.TOKENS && BigInteger.valueOf(nanos).compareTo(full) >= 0) {
                require(available() == capacity, "not full after " + nanos + " ns");
            }
        }

        private long retryAfter(RateLimiter asking) {
            try {
                asking.run(() -> {});
            } catch (RejectedException refused) {
                require(refused.retryAfterNanos() > 0, "come again after " + refused.retryAfterNanos() + " ns");
                return refused.retryAfterNanos();
            }
            throw new AssertionError(limiter + " let in what it has refused");
        }

        /** RL-1, for as long as each kind promises it. */
        private void checkBound() {
            for (int i = 0; i < grants.size(); i++) {
                BigInteger sum = BigInteger.ZERO;
                for (int j = i; j < grants.size(); j++) {
                    sum = sum.add(BigInteger.valueOf(grants.get(j).permits));
                    BigInteger w = grants.get(j).at.subtract(grants.get(i).at);
                    boolean promised = switch (kind) {
                        case TOKENS, WARM_UP -> true;
                        case SLIDING_WINDOW -> w.compareTo(period) <= 0;
                        case FIXED_WINDOW -> false;
                    };
                    BigInteger beyond =
                            sum.subtract(BigInteger.valueOf(capacity)).multiply(period);
                    require(
                            !promised || beyond.compareTo(w.add(early).multiply(permits)) <= 0,
                            sum + " permits in " + w + " ns");
                }
            }
        }

        private void require(boolean holds, String otherwise) {
            if (!holds) {
                throw new AssertionError(limiter + " at " + now + " ns: " + otherwise);
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Threads that are stopped behind a reading of the clock, while time goes on and others call. */
class StaleReadingsTest extends LimiterTest {
    /** A clock at which whoever has read it is stopped, while what comes next happens. */
    private static final class Stopping extends ReadingTime {
        private final List<Runnable> meanwhile = new ArrayList<>();
        private Duration step = Duration.ZERO;

        void atNextReadings(Runnable... each) {
            meanwhile.addAll(List.of(each));
        }

        void afterReadings(int readings, Runnable then) {
            meanwhile.addAll(Collections.nCopies(readings, () -> {}));
            meanwhile.add(then);
        }

        @Override
        public long nanoTime() {
            long now = time.nanoTime();
            time.advance(step);
            if (!meanwhile.isEmpty()) {
                meanwhile.remove(0).run();
            }
            return now;
        }
    }

    private final Stopping stopping = new Stopping();

    static List<UnaryOperator<RateLimiterBuilder>> kinds() {
        return List.of(
                UnaryOperator.identity(),
                RateLimiterBuilder::fixedWindow,
                RateLimiterBuilder::slidingWindow,
                one -> one.fixedWindow().and(5, SECOND).slidingWindow(),
                one -> one.fixedWindow().and(1_000, Duration.ofDays(1)),
                one -> one.and(1_000, Duration.ofMillis(1)).slidingWindow(),
                one -> one.fixedWindow().waitUpTo(Duration.ofMillis(10)),
                one -> one.slidingWindow().waitUpTo(Duration.ofMillis(10)));
    }

    private RateLimiterBuilder five(UnaryOperator<RateLimiterBuilder> kind) {
        return kind.apply(RateLimiter.builder("limiter").environment(stopping).limit(5, SECOND));
    }

    private void goOn(long millis) {
        stopping.time.advance(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    @DisplayName(
            "RL-2 a clock that moves on at each reading, as real ones do, keeps nobody out who has a permit, and no window from beginning")
    void movesOn(UnaryOperator<RateLimiterBuilder> kind) {
        stopping.step = Duration.ofNanos(100);
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
            RateLimiter limiter = five(kind).build();
            for (int period = 0; period < 10; period++) {
                goOn(2_001);
                assertThat(in(limiter, 1))
                        .as("%s, after %s periods", limiter, period)
                        .isOne();
                goOn(2_001);
                assertThat(limiter.callAsync(() -> CompletableFuture.completedFuture("in")))
                        .as("%s, after %s periods", limiter, period)
                        .isCompletedWithValue("in");
            }
        });
    }

    @ParameterizedTest
    @MethodSource("kinds")
    @DisplayName("RL-1 a call that was stopped behind its reading of the clock forgets nothing of what was taken since")
    void stoppedForLong(UnaryOperator<RateLimiterBuilder> kind) {
        for (long millis : new long[] {500, 1_100, 1_900, 2_100, 3_500, 60_000}) {
            RateLimiter limiter = five(kind).build();
            in(limiter);
            goOn(60_000);
            int[] in = new int[1];
            stopping.atNextReadings(() -> {
                goOn(millis);
                in[0] += in(limiter, 20);
            });
            in[0] += in(limiter, 1);
            in[0] += in(limiter, 20);
            assertThat(in[0]).as("%s, stopped for %s ms", limiter, millis).isLessThanOrEqualTo(5);
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    @DisplayName(
            "RL-1 a call that was stopped again behind the reading with which it begins a window forgets nothing either")
    void stoppedTwice(UnaryOperator<RateLimiterBuilder> kind) {
        RateLimiter limiter = five(kind).build();
        in(limiter);
        int[] in = new int[1];
        stopping.atNextReadings(() -> goOn(3_500), () -> {
            goOn(3_500);
            in[0] += in(limiter, 20);
        });
        in[0] += in(limiter, 1);
        in[0] += in(limiter, 20);
        assertThat(in[0]).as("%s", limiter).isLessThanOrEqualTo(5);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    @DisplayName(
            "RL-1 a change of settings, however late it goes on behind its reading, takes over what was taken meanwhile")
    void changedLate(UnaryOperator<RateLimiterBuilder> kind) {
        for (int reading = 0; reading < 4; reading++) {
            RateLimiter limiter = five(kind).build();
            in(limiter);
            goOn(60_000);
            int[] in = new int[1];
            stopping.afterReadings(reading, () -> {
                goOn(3_500);
                in[0] += in(limiter, 20);
            });
            // The period stays: a fixed window with another one begins anew, at the edges of that one.
            limiter.reconfigure(settings -> settings.burst(4));
            in[0] += in(limiter, 20);
            assertThat(in[0]).as("%s, reading %s", limiter, reading).isLessThanOrEqualTo(5);
            stopping.meanwhile.clear();
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    @DisplayName("RL-1 who looks through many places by one reading forgets no key that was asked for since")
    void clearedOutLate(UnaryOperator<RateLimiterBuilder> kind) {
        for (int places : new int[] {1, 10}) {
            for (int reading = 0; reading < 5; reading++) {
                KeyedRateLimiter<String> users = five(kind).keyed(places);
                users.get("other").tryAcquire();
                users.get("asked").tryAcquire();
                goOn(60_000);
                int[] in = new int[1];
                stopping.afterReadings(reading, () -> {
                    goOn(3_500);
                    in[0] += in(users.get("asked"), 20);
                });
                users.keys();
                in[0] += in(users.get("asked"), 20);
                assertThat(in[0]).as("%s, reading %s", users, reading).isLessThanOrEqualTo(5);
                stopping.meanwhile.clear();
            }
        }
    }

    @Test
    @DisplayName("RL-1 a refusal by an old reading does not say that there are permits")
    void refusedLate() {
        RateLimiter limiter = five(RateLimiterBuilder::fixedWindow).build();
        stopping.atNextReadings(() -> {
            goOn(3_500);
            assertThat(in(limiter, 20)).isEqualTo(5);
        });
        assertThat(retryAfter(limiter)).isEqualTo(SECOND.multipliedBy(4).toNanos());
        stopping.atNextReadings(() -> {
            goOn(3_000);
            assertThat(in(limiter, 20)).isEqualTo(5);
        });
        assertThat(limiter.available()).isZero();
        stopping.atNextReadings(() -> {
            goOn(3_000);
            assertThat(in(limiter, 20)).isEqualTo(5);
        });
        assertThat(limiter.drain()).isZero();
    }

    // ---- Any interleaving -------------------------------------------------------------------------------------------

    private static final long PERIOD = 100;

    /** A limit of one or several windows, and what its word promises. */
    private record Limits(Limit.Kind kind, int permits, boolean several, int maxWait) {
        RateLimiterBuilder settings() {
            RateLimiterBuilder builder = RateLimiter.builder("limiter")
                    .limit(permits, Duration.ofNanos(PERIOD))
                    .waitUpTo(Duration.ofNanos(maxWait));
            RateLimiterBuilder one = switch (kind) {
                case TOKENS -> builder;
                case SLIDING_WINDOW -> builder.slidingWindow();
                case FIXED_WINDOW -> builder.fixedWindow();
            };
            return (several ? one.and(permits, Duration.ofNanos(PERIOD * 3 / 2)).slidingWindow() : one).copy();
        }
    }

    /** A call, and what happens while it is stopped behind its first reading, and behind later ones. */
    private record Stopped(int permits, int pause, List<Stopped> first, List<Stopped> later) {}

    /** When a call was let in: at some moment of these. */
    private record In(long from, long to, int permits) {}

    @Provide
    Arbitrary<Limits> limits() {
        return Arbitraries.randomValue(random -> new Limits(
                Limit.Kind.values()[random.nextInt(3)],
                1 + random.nextInt(5),
                random.nextInt(4) == 0,
                random.nextInt(3) == 0 ? random.nextInt(500) : 0));
    }

    @Provide
    Arbitrary<List<Stopped>> programs() {
        return Arbitraries.randomValue(random -> calls(random, 10, 0));
    }

    private static List<Stopped> calls(Random random, int most, int depth) {
        List<Stopped> calls = new ArrayList<>();
        for (int i = random.nextInt(most + 1); i > 0; i--) {
            int pause = switch (random.nextInt(4)) {
                case 0 -> random.nextInt(1000);
                case 1 -> random.nextInt(150);
                default -> 0;
            };
            calls.add(new Stopped(
                    random.nextInt(3) == 0 ? 2 : 1,
                    pause,
                    depth < 3 && random.nextInt(4) == 0 ? calls(random, 6, depth + 1) : List.of(),
                    depth < 3 && random.nextInt(4) == 0 ? calls(random, 6, depth + 1) : List.of()));
        }
        return calls;
    }

    /** One bucket on a clock that stands still but for the pauses of a program. */
    private static final class Run {
        final RateLimiterBuilder settings;
        final Bucket bucket;
        final long maxWait;
        final boolean isStale;
        final List<In> in = new ArrayList<>();
        long now;

        /** @param isStale whether calls go by the reading that they came with alone */
        Run(Limits limits, boolean isStale) {
            settings = limits.settings();
            bucket = Bucket.full(settings, 0);
            maxWait = settings.maxWaitNanos;
            this.isStale = isStale;
        }

        void all(List<Stopped> calls) {
            calls.forEach(this::one);
        }

        private void one(Stopped call) {
            now += call.pause();
            int permits = (int) Math.min(call.permits(), settings.capacity());
            long t = now;
            all(call.first());
            boolean[] again = new boolean[1];
            Clock clock = () -> {
                if (isStale) {
                    return t;
                }
                long reading = now;
                if (!again[0]) {
                    again[0] = true;
                    all(call.later());
                }
                return reading;
            };
            long wait = maxWait == 0
                    ? settings.ask(permits).take(bucket, t, clock)
                    : settings.ask(permits).take(bucket, t, clock, maxWait, new long[2 * settings.limits.length]);
            if (wait <= maxWait) {
                in.add(new In(t + wait, Math.max(t + wait, now), permits));
            }
        }

        /** The most permits beyond what a stretch allows, of calls that were let in wholly within it. */
        long tooMany(Limits limits) {
            in.sort(Comparator.comparingLong(In::to));
            long worst = 0;
            for (In first : in) {
                long sum = 0;
                for (In last : in) {
                    sum += last.from() >= first.from() ? last.permits() : 0;
                    long w = last.to() - first.from();
                    worst = Math.max(worst, w < 0 ? 0 : sum - allowed(limits, first.from(), last.to()));
                }
            }
            return worst;
        }

        private static long allowed(Limits limits, long from, long to) {
            long w = to - from;
            return switch (limits.kind()) {
                case TOKENS -> limits.permits() + (w + 1) * limits.permits() / PERIOD;
                // A stretch that is longer than a period is cut into such as are not.
                case SLIDING_WINDOW ->
                    w < PERIOD ? limits.permits() + w * limits.permits() / PERIOD : limits.permits() * (w / PERIOD + 2);
                case FIXED_WINDOW -> limits.permits() * (to / PERIOD - from / PERIOD + 1);
            };
        }
    }

    @Property(seed = "1")
    @Label(
            "RL-1 wherever calls are stopped behind their readings, in any stretch no more are let in than the limit allows")
    void anyInterleaving(@ForAll("limits") Limits limits, @ForAll("programs") List<Stopped> program) {
        Run run = new Run(limits, false);
        run.all(program);
        assertThat(run.tooMany(limits)).as("%s: %s", limits, run.in).isZero();
    }

    @Test
    @DisplayName(
            "RL-1 negative control: calls that go by the reading that they came with alone are seen to be too many")
    void byStaleReadings() {
        Random random = new Random(1);
        for (Limit.Kind kind : List.of(Limit.Kind.FIXED_WINDOW, Limit.Kind.SLIDING_WINDOW)) {
            int tooMany = 0;
            for (int i = 0; i < 1_000; i++) {
                Limits limits = new Limits(kind, 1 + random.nextInt(5), false, 0);
                Run run = new Run(limits, true);
                run.all(calls(random, 10, 0));
                tooMany += run.tooMany(limits) > 0 ? 1 : 0;
            }
            assertThat(tooMany).as("%s", kind).isPositive();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Calls that find what was written by a later reading of the clock than their own: who may go in by now is not refused. */
class LateReadingsTest extends LimiterTest {
    private static final Duration HOUR = Duration.ofHours(1);

    /** A clock that has moved on whenever somebody looks at it, as those of machines do. */
    private static final class Moving extends ReadingTime {
        private Runnable afterNextReading = () -> {};

        @Override
        public long nanoTime() {
            time.advance(Duration.ofNanos(100));
            long now = time.nanoTime();
            Runnable then = afterNextReading;
            afterNextReading = () -> {};
            then.run();
            return now;
        }
    }

    private final Moving moving = new Moving();

    static List<UnaryOperator<RateLimiterBuilder>> kinds() {
        return List.of(
                one -> one.limit(1, HOUR),
                one -> one.limit(5, HOUR).burst(1),
                one -> one.limit(1, HOUR).and(1, HOUR),
                one -> one.limit(1, HOUR).and(1, HOUR).slidingWindow(),
                one -> one.limit(1, HOUR).fixedWindow().and(1, HOUR).slidingWindow(),
                one -> one.limit(1, HOUR)
                        .slidingWindow()
                        .and(1, HOUR)
                        .fixedWindow()
                        .waitUpTo(Duration.ofNanos(50)),
                one -> one.limit(1, HOUR).warmUp(HOUR, 3),
                one -> one.limit(1, HOUR).slidingWindow(),
                one -> one.limit(1, HOUR).fixedWindow(),
                one -> one.limit(1, HOUR).waitUpTo(Duration.ofNanos(50)));
    }

    private RateLimiterBuilder of(UnaryOperator<RateLimiterBuilder> kind) {
        return kind.apply(RateLimiter.builder("limiter").environment(moving));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    @DisplayName("RL-4 a new key has its first permit at once, also where the clock moves on between two readings")
    void aNewKeyHasItsFirstPermit(UnaryOperator<RateLimiterBuilder> kind) {
        KeyedRateLimiter<Integer> keys = of(kind).keyed(5);
        for (int key = 0; key < 10; key++) { // Half of them have no place of their own.
            assertThat(in(keys.get(key))).as("key %s", key).isTrue();
            assertThat(in(keys.get(key))).as("key %s again", key).isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aLimiterThatIsFullLetsInWhoReadTheClockBeforeOthersWentIn(UnaryOperator<RateLimiterBuilder> kind) {
        RateLimiter limiter = of(one -> kind.apply(one).limit(2, HOUR)).build();
        moving.afterNextReading = () -> assertThat(in(limiter)).isTrue();
        assertThat(in(limiter)).isTrue();
        assertThat(in(limiter)).isFalse();
    }

    @Test
    void whoMayWaitWaitsFromNowAndNotFromItsReading() {
        RateLimiter limiter = of(one -> one.limit(1, Duration.ofMillis(1)).waitUpTo(Duration.ofMillis(1)))
                .build();
        moving.afterNextReading = () -> assertThat(in(limiter)).isTrue();
        limiter.run(() -> {});
        assertThat(limiter.counts().rejected()).isZero();
    }

    @Test
    @DisplayName("RL-4 in real time, each of many new keys has all its permits, whoever asks first")
    void allPermitsOfNewKeysInRealTime() throws Exception {
        int threads = 4;
        KeyedRateLimiter<Integer> keys =
                // With room to spare: where keys take each other's places they inherit what was used.
                RateLimiter.builder("real").limit(threads, HOUR).keyed(100_000);
        AtomicInteger refused = new AtomicInteger();
        CyclicBarrier start = new CyclicBarrier(threads);
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                running.add(pool.submit(() -> {
                    for (int key = 0; key < 1000; key++) {
                        start.await(20, TimeUnit.SECONDS);
                        refused.addAndGet(in(keys.get(key)) ? 0 : 1);
                    }
                    return null;
                }));
            }
            for (Future<?> one : running) {
                one.get(60, TimeUnit.SECONDS);
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(refused).hasValue(0);
    }
}

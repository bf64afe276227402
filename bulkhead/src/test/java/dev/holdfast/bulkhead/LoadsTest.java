// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Adaptive limits under loads that are healthy, and that are not. */
class LoadsTest {
    private static final Map<String, ToDoubleFunction<SplittableRandom>> WORK = Map.of(
            "always the same", random -> 10,
            "exponential", random -> 10 * Load.exponential(random),
            "log-normal", random -> 10 * Load.logNormal(random),
            "two kinds", random -> random.nextBoolean() ? 1 : 19,
            "one cache hit of a hundred", random -> random.nextInt(100) == 0 ? 0.02 : 10,
            "cache hits half of the time", random -> random.nextBoolean() ? 0.02 : 20);

    private static Stream<Arguments> times(Limit... limits) {
        return Stream.of(limits).flatMap(limit -> WORK.keySet().stream().map(work -> Arguments.of(limit, work)));
    }

    static Stream<Arguments> all() {
        Limits bounds = Limits.between(5, 200);
        return times(bounds.aimd(), bounds.vegas(), bounds.gradient2());
    }

    static Stream<Arguments> thatLookAtTimes() {
        Limits bounds = Limits.between(1, 200);
        return times(bounds.vegas(), bounds.gradient2());
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("all")
    @DisplayName("BH-10 a healthy load is let in, however its times vary")
    void healthy(Limit limit, String work) {
        for (int seed = 1; seed <= 3; seed++) {
            // A hundred in flight on average, and five times as many would do no harm.
            Load load = new Load(limit, seed, WORK.get(work)).offer(40_000, 10);
            assertThat(load.offer(60_000, 10).refusedPercent()).as("%s", load).isLessThan(1);
        }
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("thatLookAtTimes")
    @DisplayName(
            "BH-10 when a dependency begins to queue, the limit is near its capacity within 5,000 calls, and back within as many")
    void slowDown(Limit limit, String work) {
        for (int seed = 1; seed <= 3; seed++) {
            Load load = new Load(limit, seed, WORK.get(work)).offer(40_000, 10).capacity(20);
            assertThat(callsUntil(load, 1, 45)).as("%s", load).isLessThan(5000);
            load.offer(20_000, 10);
            assertThat(load.averageLimit()).as("%s", load).isBetween(10.0, 50.0);
            load.capacity(Load.ENDLESS);
            assertThat(callsUntil(load, 150, 200)).as("%s", load).isLessThan(5000);
        }
    }

    private static int callsUntil(Load load, int least, int most) {
        int calls = 0;
        while ((load.limit < least || load.limit > most) && calls < 50_000) {
            load.offer(50, 10);
            calls += load.ended;
        }
        return calls;
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("thatLookAtTimes")
    @DisplayName(
            "BH-10 an overload that does not end, and was there from the start, keeps the limit near the capacity of 5")
    void lastingOverload(Limit limit, String work) {
        Load load = new Load(limit, 5, WORK.get(work)).capacity(5).offer(60_000, 2);
        for (int i = 0; i < 5; i++) {
            load.offer(40_000, 2);
            assertThat(load.averageLimit()).as("%s", load).isBetween(5.0, 16.0);
            assertThat(load.ended / 10_000.0).as("of what it can do: %s", load).isGreaterThan(0.6);
        }
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("thatLookAtTimes")
    @DisplayName("BH-10 a dependency that has become slower for good is believed")
    void slowerForGood(Limit limit, String work) {
        Load load = new Load(limit, 3, WORK.get(work)).offer(40_000, 10);
        for (double factor : new double[] {1.7, 5}) {
            load.work = random -> factor * WORK.get(work).applyAsDouble(random);
            load.offer(60_000, 8 / factor);
            assertThat(load.offer(20_000, 8 / factor).refusedPercent())
                    .as("%s", load)
                    .isLessThan(2);
        }
    }

    @Test
    @DisplayName("BH-10 with an upper bound for healthy times, others' load is not taken for usual")
    void healthyUpTo() {
        Limits bounds = Limits.between(2, 200);
        // Slow whatever we do, from the start.
        Load believed = new Load(bounds.gradient2(), 1, random -> 50).offer(100_000, 2);
        Load known = new Load(bounds.healthyUpTo(Duration.ofMillis(10)).gradient2(), 1, random -> 50).offer(100_000, 2);
        assertThat(believed.limit).isGreaterThan(100);
        assertThat(known.limit).isLessThan(15);
    }

    @Test
    @DisplayName("BH-10 calls that do not fill half of the limit do not make it look for anything")
    void littleLoad() {
        Limit limit = Limits.between(5, 200).gradient2();
        Load load = new Load(limit, 1, random -> 10).offer(10_000, 0.1);
        assertThat(load.limit).isEqualTo(20);
        load.work = random -> 100;
        assertThat(load.offer(10_000, 0.01).refused).isZero();
        assertThat(load.limit).isEqualTo(20);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("thatLookAtTimes")
    @DisplayName("BH-10 one absurd reading changes next to nothing, wherever it comes")
    void outlier(Limit limit, String work) {
        for (long absurd : new long[] {1, Duration.ofHours(1).toNanos()}) {
            Load load = new Load(limit, 4, WORK.get(work));
            for (int i = 0; i < 5; i++) {
                load.estimate.update(absurd, 200, false);
                load.offer(20_000, 10);
            }
            assertThat(load.least).as("%s", load).isGreaterThan(150);
        }
    }

    @Test
    @DisplayName(
            "BH-10 the whole bulkhead in front of a service with five workers: neither idle nor flooded, for as long as it lasts")
    void throughABulkhead() {
        VirtualTime time = VirtualTime.create();
        Bulkhead bulkhead = Bulkhead.builder("b")
                .environment(time)
                .adaptive(Limits.between(1, 200).gradient2())
                .build();
        Deque<CompletableFuture<Object>> waiting = new ArrayDeque<>();
        int[] busy = {0};
        int[] longest = {0};
        for (int i = 0; i < 30_000; i++) {
            bulkhead.callAsync(() -> {
                CompletableFuture<Object> stage = new CompletableFuture<>();
                waiting.add(stage);
                startWork(time, waiting, busy);
                return stage;
            });
            time.advance(Duration.ofMillis(1));
            longest[0] = i > 20_000 ? Math.max(longest[0], waiting.size()) : 0;
        }
        assertThat(longest[0]).isBetween(1, 15);
        assertThat(bulkhead.report().limit()).isLessThan(20);
    }

    private static void startWork(VirtualTime time, Deque<CompletableFuture<Object>> waiting, int[] busy) {
        if (busy[0] == 5 || waiting.isEmpty()) {
            return;
        }
        busy[0]++;
        CompletableFuture<Object> next = waiting.remove();
        time.schedule(
                () -> {
                    busy[0]--;
                    startWork(time, waiting, busy);
                    next.complete("done");
                },
                10_000_000);
    }
}

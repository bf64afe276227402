// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LatenciesTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    @DisplayName("a bucket says a time to 1.6 %; those up to 63 ns are exact")
    void buckets() {
        Random random = new Random(1);
        LongStream.concat(
                        LongStream.rangeClosed(0, 10_000),
                        random.longs(100_000, 0, Duration.ofHours(1).toNanos()))
                .forEach(nanos -> {
                    long middle = Latencies.middle(Latencies.bucket(nanos));
                    if (nanos < 64) {
                        assertThat(middle).isEqualTo(nanos);
                    } else {
                        assertThat((double) middle).isCloseTo(nanos, within(nanos / 64.0));
                    }
                });
    }

    @Test
    @DisplayName("buckets follow each other without a gap")
    void inOrder() {
        int last = -1;
        for (long nanos = 0; nanos < 1_000_000; nanos++) {
            int bucket = Latencies.bucket(nanos);
            assertThat(bucket).isBetween(last, last + 1);
            last = bucket;
        }
    }

    private static void record(Latencies latencies, long nanos, long now) {
        if (latencies.record(nanos)) {
            latencies.update(now);
        }
    }

    @Test
    @DisplayName("HG-8 until a hundred were seen nothing is known")
    void tooFew() {
        Latencies latencies = new Latencies(0.9, 0);
        for (int i = 1; i < Latencies.LEAST; i++) {
            record(latencies, i, 0);
            latencies.update(0);
            assertThat(latencies.value()).isEqualTo(Latencies.UNKNOWN);
        }
        record(latencies, 100, 0);
        assertThat(latencies.value()).isBetween(89L, 91L);
    }

    @Test
    @DisplayName("the quantile is that of the sorted list, to 1.6 %")
    void asSorted() {
        for (double quantile : new double[] {0.01, 0.5, 0.9, 0.95, 0.99, 0.999}) {
            Random random = new Random(7);
            Latencies latencies = new Latencies(quantile, 0);
            long[] all = IntStream.range(0, 6_400)
                    .mapToLong(i -> (long) (-Math.log(1 - random.nextDouble()) * 50_000_000))
                    .peek(nanos -> record(latencies, nanos, 0))
                    .sorted()
                    .toArray();
            long exact = all[(int) Math.ceil(quantile * (all.length + 1)) - 1];
            assertThat((double) latencies.value()).as("%s", quantile).isCloseTo(exact, within(exact / 60.0));
        }
    }

    @Test
    @DisplayName("what is older than the slice before is gone")
    void slices() {
        Latencies latencies = new Latencies(0.5, 0);
        for (int second = 0; second < 30; second++) {
            for (int i = 0; i < 64; i++) {
                record(latencies, 1_000_000, second * SECOND);
            }
        }
        assertThat((double) latencies.value()).isCloseTo(1_000_000, within(20_000.0));
        // A slice of ten seconds ends, and then another one: half of what is known is new after one, all after two.
        for (int second = 30; second < 52; second++) {
            for (int i = 0; i < 64; i++) {
                record(latencies, 5_000_000, second * SECOND);
            }
        }
        assertThat((double) latencies.value()).isCloseTo(5_000_000, within(100_000.0));
    }

    @Test
    @DisplayName("after ten minutes without a call all is forgotten")
    void forgotten() {
        Latencies latencies = new Latencies(0.5, 0);
        for (int i = 0; i < 128; i++) {
            record(latencies, 1_000_000, 0);
        }
        assertThat(latencies.value()).isPositive();
        latencies.update(Latencies.FORGOTTEN_NANOS - 1);
        assertThat(latencies.value()).isPositive();
        latencies.update(2 * Latencies.FORGOTTEN_NANOS);
        assertThat(latencies.value()).isEqualTo(Latencies.UNKNOWN);
    }

    @Test
    @DisplayName("zero, huge times and a clock that goes back do no harm")
    void odd() {
        Latencies latencies = new Latencies(0.99, 5 * SECOND);
        for (int i = 0; i < 200; i++) {
            record(latencies, i % 2 == 0 ? 0 : Long.MAX_VALUE, 0);
        }
        assertThat((double) latencies.value())
                .isCloseTo(
                        Duration.ofHours(1).toNanos(),
                        within(Duration.ofMinutes(1).toNanos() * 1.0));
    }

    @Test
    @DisplayName("eight threads lose none but what comes into a slice that is gone")
    void threads() throws InterruptedException {
        Latencies latencies = new Latencies(0.5, 0);
        Thread[] threads = IntStream.range(0, 8)
                .mapToObj(number -> new Thread(() -> {
                    for (int i = 0; i < 10_000; i++) {
                        record(latencies, 1_000 + i % 1_000, 0);
                    }
                }))
                .toArray(Thread[]::new);
        Arrays.stream(threads).forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        latencies.update(0);
        assertThat((double) latencies.value()).isCloseTo(1_500, within(30.0));
    }
}

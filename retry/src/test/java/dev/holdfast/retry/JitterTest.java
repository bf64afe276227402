// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.Backoff;
import dev.holdfast.Backoff.Jitter;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Clients that contend for one row with optimistic locking: each reads its version and writes, and a write of an old
 * version fails. The model of Marc Brooker's "Exponential Backoff And Jitter" (network 10 +- 2 ms, base 5 ms, cap 2 s);
 * the table has the averages of many runs of it.
 */
class JitterTest {
    private static final int RUNS = 5;
    private static final IOException CONFLICT = new IOException("conflict");

    private record Averages(double millis, double writes) {}

    private static Averages simulate(Backoff backoff, int clients) {
        double millis = 0;
        double writes = 0;
        for (int seed = 0; seed < RUNS; seed++) {
            Row row = new Row(VirtualTime.create(0, seed), new Random(seed));
            Retry<Object> retry = Retry.builder("client")
                    .withoutBudget()
                    .environment(row.time)
                    .maxAttempts(Integer.MAX_VALUE)
                    .backoff(backoff)
                    .build();
            CompletableFuture<?>[] all = new CompletableFuture<?>[clients];
            for (int i = 0; i < clients; i++) {
                all[i] = retry.callAsync(row::readAndWrite);
            }
            row.time.join(CompletableFuture.allOf(all));
            millis += row.time.nanoTime() / 1e6 / RUNS;
            writes += (double) row.writes / RUNS;
            assertThat(row.version).isEqualTo(clients);
        }
        return new Averages(millis, writes);
    }

    private static final class Row {
        final VirtualTime time;
        private final Random random;
        private int version;
        private int writes;

        Row(VirtualTime time, Random random) {
            this.time = time;
            this.random = random;
        }

        private void afterTheNetwork(Runnable action) {
            time.schedule(action, (long) (Math.abs(10 + 2 * random.nextGaussian()) * 1e6));
        }

        CompletableFuture<Object> readAndWrite() {
            CompletableFuture<Object> done = new CompletableFuture<>();
            afterTheNetwork(() -> {
                int read = version;
                afterTheNetwork(() -> afterTheNetwork(() -> {
                    writes++;
                    boolean won = read == version;
                    version += won ? 1 : 0;
                    afterTheNetwork(() -> {
                        if (won) {
                            done.complete(null);
                        } else {
                            done.completeExceptionally(CONFLICT);
                        }
                    });
                }));
            });
            return done;
        }
    }

    private static Averages simulate(Jitter jitter) {
        // The model's first delay is twice the base, except with decorrelated jitter.
        Duration first = Duration.ofMillis(jitter == Jitter.DECORRELATED ? 5 : 10);
        return simulate(Backoff.exponential(first, Duration.ofSeconds(2)).jitter(jitter), 100);
    }

    @ParameterizedTest
    @CsvSource({
        "NONE, 64634, 3971, 1863, 58",
        "EQUAL, 6543, 669, 813, 9",
        "FULL, 4975, 526, 797, 6",
        "DECORRELATED, 4599, 587, 998, 35"
    })
    @DisplayName("RT-1 each jitter needs the time and the calls of the reference table, to four standard errors")
    void table(Jitter jitter, double millis, double millisDeviation, double writes, double writesDeviation) {
        Averages found = simulate(jitter);

        assertThat(found.millis()).isCloseTo(millis, within(4 * millisDeviation / Math.sqrt(RUNS)));
        assertThat(found.writes()).isCloseTo(writes, within(4 * writesDeviation / Math.sqrt(RUNS)));
    }

    @Test
    @DisplayName("RT-1 full jitter needs under 1/3 of the calls of no backoff, and 1/10 of the time of no jitter")
    void claims() {
        Averages full = simulate(Jitter.FULL);

        assertThat(full.writes()).isLessThan(simulate(Backoff.none(), 100).writes() / 3);
        assertThat(full.millis()).isLessThanOrEqualTo(simulate(Jitter.NONE).millis() / 10);
    }
}

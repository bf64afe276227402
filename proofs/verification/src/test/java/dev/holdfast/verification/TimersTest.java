// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Environment;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class TimersTest {
    private static final int TIMERS = 2_000;

    @Test
    @DisplayName("XC-10 timers that are due at the same time run in the order in which they were scheduled")
    void ties() {
        SplittableRandom random = new SplittableRandom(1);
        VirtualTime time = VirtualTime.create(Long.MAX_VALUE - 50, 0);
        List<String> expected = new ArrayList<>();
        List<List<String>> byTime = new ArrayList<>(Collections.nCopies(100, null));
        byTime.replaceAll(none -> new ArrayList<>());
        List<String> ran = new ArrayList<>();
        for (int i = 0; i < TIMERS; i++) {
            int due = random.nextInt(100);
            String name = due + "#" + i;
            Environment.Timer timer = time.schedule(() -> ran.add(name), due);
            if (random.nextInt(4) == 0) {
                timer.cancel();
            } else {
                byTime.get(due).add(name);
            }
        }
        byTime.forEach(expected::addAll);

        time.advance(Duration.ofNanos(100));

        assertThat(ran).isEqualTo(expected);
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("XC-10 retries that wait equally long go on in the order in which they began to wait")
    void retries() {
        VirtualTime time = VirtualTime.create();
        Backoff backoff = Backoff.fixed(Duration.ofSeconds(1));
        Retry<Object> retry = Retry.builder("r")
                .withoutBudget()
                .environment(time)
                .backoff(backoff)
                .build();
        IOException failure = new IOException("no");
        List<Integer> attempts = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            int caller = i;
            retry.callAsync(() -> {
                attempts.add(caller);
                return CompletableFuture.failedFuture(failure);
            });
        }
        time.advance(Duration.ofSeconds(2));

        List<Integer> round = IntStream.range(0, 100).boxed().toList();
        assertThat(attempts.subList(0, 100)).isEqualTo(round);
        assertThat(attempts.subList(100, 200)).isEqualTo(round);
        assertThat(attempts.subList(200, 300)).isEqualTo(round);
    }

    @Test
    @Timeout(20)
    @DisplayName("XC-10 the same on real timers: one thread's tasks of one delay keep their order")
    void realTimers() throws InterruptedException {
        ScheduledThreadPoolExecutor own = new ScheduledThreadPoolExecutor(1);
        try {
            for (Environment environment : List.of(
                    Environment.system(), Environment.builder().scheduler(own).build())) {
                List<Integer> ran = Collections.synchronizedList(new ArrayList<>());
                CountDownLatch all = new CountDownLatch(TIMERS);
                for (int i = 0; i < TIMERS; i++) {
                    int number = i;
                    environment.schedule(
                            () -> {
                                ran.add(number);
                                all.countDown();
                            },
                            3_000_000);
                }
                assertThat(all.await(10, TimeUnit.SECONDS)).isTrue();
                assertThat(ran).isEqualTo(IntStream.range(0, TIMERS).boxed().toList());
            }
        } finally {
            own.shutdownNow();
        }
    }
}

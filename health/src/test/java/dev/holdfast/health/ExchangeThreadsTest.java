// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Environment;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who makes room for whom, on real threads. */
@Timeout(60)
class ExchangeThreadsTest {
    private final ExchangeThreads threads = new ExchangeThreads(Environment.system(), 2);
    private final CountDownLatch never = new CountDownLatch(1);
    private final AtomicInteger dropped = new AtomicInteger();

    /** One that sends a byte, and no more; the oldest of more than two is dropped for it. */
    private void readSlowly(int droppedThen) throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        threads.execute(() -> {
            begun.countDown();
            try {
                never.await();
            } catch (InterruptedException told) {
                dropped.incrementAndGet();
            }
        });
        begun.await();
        while (dropped.get() < droppedThen) {
            Thread.sleep(1);
        }
    }

    @Test
    @DisplayName(
            "Those who are slow to send their request are dropped for others, and a request that is there is not, until its answer is slowly read")
    void whoIsDropped() throws Exception {
        CountDownLatch answers = new CountDownLatch(1);
        CountDownLatch isAnswered = new CountDownLatch(1);
        CountDownLatch writes = new CountDownLatch(1);
        AtomicReference<String> end = new AtomicReference<>("not dropped");
        CountDownLatch ended = new CountDownLatch(1);
        threads.execute(() -> {
            try {
                threads.answers();
                answers.countDown();
                isAnswered.await();
                threads.writes();
                writes.countDown();
                end.set("dropped while it answered");
                never.await();
            } catch (InterruptedException told) {
                end.set(writes.getCount() == 0 ? "dropped while it wrote" : "dropped too early");
                ended.countDown();
            }
        });
        answers.await();
        readSlowly(0);
        readSlowly(0);
        for (int i = 1; i <= 20; i++) {
            readSlowly(i);
        }
        assertThat(end).hasValue("not dropped");
        isAnswered.countDown();
        writes.await();
        readSlowly(21);
        readSlowly(22);
        readSlowly(22);
        ended.await();
        assertThat(end).hasValue("dropped while it wrote");
        threads.close();
    }

    @Test
    @DisplayName("Where all requests are there the oldest of twice as many makes room for the next")
    void allAreThere() throws Exception {
        for (int i = 0; i < 10; i++) {
            CountDownLatch answers = new CountDownLatch(1);
            comesIn(() -> {
                threads.answers();
                answers.countDown();
                try {
                    never.await();
                } catch (InterruptedException told) {
                    dropped.incrementAndGet();
                }
            });
            answers.await();
            while (dropped.get() < i - 3) {
                Thread.sleep(1);
            }
        }
        assertThat(dropped).hasValue(6);
        threads.close();
    }

    /** One that was dropped holds its thread for a moment still, however long that may be on a machine that is busy. */
    private void comesIn(Runnable exchange) throws InterruptedException {
        while (true) {
            try {
                threads.execute(exchange);
                return;
            } catch (RejectedExecutionException busy) {
                Thread.sleep(1);
            }
        }
    }
}

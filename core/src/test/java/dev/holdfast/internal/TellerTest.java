// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TellerTest {
    @Test
    @DisplayName("each telling alone is a round, on the thread that tells")
    void alone() {
        List<Thread> rounds = new ArrayList<>();
        Teller teller = teller(() -> rounds.add(Thread.currentThread()));
        for (int i = 0; i < 3; i++) {
            teller.tell();
        }
        assertThat(rounds).hasSize(3).containsOnly(Thread.currentThread());
    }

    @Test
    @DisplayName("a round that has something to tell is followed by another, and does not run inside of itself")
    void fromInside() {
        AtomicReference<Teller> teller = new AtomicReference<>();
        int[] rounds = {0};
        int[] inside = {0};
        teller.set(teller(() -> {
            assertThat(inside[0]++).isZero();
            if (++rounds[0] <= 100_000) {
                teller.get().tell();
                teller.get().tell();
            }
            inside[0]--;
        }));
        teller.get().tell();
        assertThat(rounds[0]).as("one more for both").isEqualTo(100_001);
    }

    @Test
    @DisplayName("whoever comes during a round goes on at once, and one more round tells for all of them")
    void meanwhile() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        List<Thread> rounds = new ArrayList<>();
        Teller teller = teller(() -> {
            rounds.add(Thread.currentThread());
            begun.countDown();
            try {
                assertThat(goOn.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException unexpected) {
                throw new AssertionError(unexpected);
            }
        });
        Thread first = new Thread(teller::tell);
        first.start();
        assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();

        for (int i = 0; i < 5; i++) {
            teller.tell();
        }
        goOn.countDown();
        first.join();

        assertThat(rounds).containsExactly(first, first);
    }

    @Test
    @DisplayName("a round that throws ends the telling for who tells, and the next one who tells begins anew")
    void broken() {
        int[] rounds = {0};
        StackOverflowError full = new StackOverflowError();
        AtomicReference<Teller> teller = new AtomicReference<>();
        teller.set(teller(() -> {
            if (rounds[0]++ == 0) {
                teller.get().tell();
                throw full;
            }
        }));
        assertThatThrownBy(() -> teller.get().tell()).isSameAs(full);
        teller.get().tell();
        assertThat(rounds[0]).isEqualTo(2);
    }

    @Test
    @DisplayName("of many at once, never do two tell, none waits, and what the last wrote is told")
    void many() throws InterruptedException {
        int threads = 4;
        int each = 20_000;
        AtomicInteger written = new AtomicInteger();
        AtomicInteger telling = new AtomicInteger();
        AtomicInteger mistakes = new AtomicInteger();
        // Not volatile: each round has to see what the one before has written.
        int[] told = {0};
        Teller teller = teller(() -> {
            mistakes.addAndGet(telling.getAndIncrement());
            int now = written.get();
            mistakes.addAndGet(now < told[0] ? 1 : 0);
            told[0] = now;
            telling.decrementAndGet();
        });
        List<Thread> all = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Thread thread = new Thread(() -> {
                for (int j = 0; j < each; j++) {
                    written.incrementAndGet();
                    teller.tell();
                }
            });
            all.add(thread);
            thread.start();
        }
        for (Thread thread : all) {
            thread.join();
        }
        assertThat(mistakes).hasValue(0);
        assertThat(told[0]).isEqualTo(threads * each);
    }

    private static Teller teller(Runnable round) {
        return new Teller() {
            private static final long serialVersionUID = 1L;

            @Override
            protected void round() {
                round.run();
            }
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class InterruptionTest {
    @AfterEach
    void noFlagLeavesTheTest() {
        Thread.interrupted();
    }

    private static Interruption begun() {
        Interruption interruption = new Interruption();
        interruption.begin();
        return interruption;
    }

    @Test
    @DisplayName("TO-2 in time: end() says so, and an interrupt() afterwards does nothing")
    void inTime() {
        Interruption interruption = begun();

        assertThat(interruption.end(null)).isTrue();
        assertThat(interruption.interrupt()).isFalse();
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    @DisplayName("TO-2 too late: the work sees the flag, end() says so and clears it")
    void tooLate() {
        Interruption interruption = begun();
        assertThat(interruption.interrupt()).isTrue();

        assertThat(Thread.currentThread().isInterrupted()).isTrue();
        assertThat(interruption.interrupt()).isFalse();
        assertThat(interruption.end(null)).isFalse();
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    @DisplayName("too late without an interrupt: end() says so, and the thread is left alone")
    void passed() {
        Interruption interruption = begun();
        assertThat(interruption.pass()).isTrue();

        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(interruption.interrupt()).isFalse();
        Thread.currentThread().interrupt();
        assertThat(interruption.end(null)).isFalse();
        assertThat(Thread.interrupted()).as("somebody else's").isTrue();
    }

    @Test
    @DisplayName("TO-3 in time: an interrupt by somebody else stays")
    void foreignInterruptStays() {
        Interruption interruption = begun();
        Thread.currentThread().interrupt();

        assertThat(interruption.end(null)).isTrue();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    @DisplayName("TO-3 too late: an interrupt that somebody else made before stays")
    void foreignInterruptBeforeStays() {
        Interruption interruption = begun();
        Thread.currentThread().interrupt();
        interruption.interrupt();

        assertThat(interruption.end(null)).isFalse();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    @DisplayName(
            "TO-3 work that noticed somebody else's interrupt before this one came, and says so: his is there again")
    void foreignInterruptNoticedBefore() {
        Interruption interruption = begun();
        Thread.currentThread().interrupt();
        assertThat(Thread.interrupted()).isTrue();
        interruption.interrupt();

        assertThat(interruption.end(new InterruptedException())).isFalse();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    @DisplayName("TO-2 work that noticed this one, and says so, leaves no flag")
    void ownInterruptNoticed() {
        Interruption interruption = begun();
        interruption.interrupt();
        assertThat(Thread.interrupted()).isTrue();

        assertThat(interruption.end(new InterruptedException())).isFalse();
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    @DisplayName("TO-7 one inside of another: the inner end leaves the outer one's flag, the outer end leaves none")
    void nested() {
        for (String order : List.of("inner", "outer", "inner outer", "outer inner", "inner seen outer", "")) {
            Interruption outer = begun();
            Interruption inner = begun();
            for (String step : order.split(" ")) {
                switch (step) {
                    case "inner" -> inner.interrupt();
                    case "outer" -> outer.interrupt();
                    default -> assertThat(Thread.interrupted()).as(order).isEqualTo(!order.isEmpty());
                }
            }
            assertThat(inner.end(null)).as(order).isEqualTo(!order.contains("inner"));
            assertThat(Thread.currentThread().isInterrupted()).as(order).isEqualTo(order.contains("outer"));
            assertThat(outer.end(null)).as(order).isEqualTo(!order.contains("outer"));
            assertThat(Thread.interrupted()).as(order).isFalse();
        }
    }

    @Test
    @DisplayName("TO-7 the work answers the inner one while the outer one looks at the flag: the outer end leaves none")
    void answeredMeanwhile() throws Exception {
        CountDownLatch looked = new CountDownLatch(1);
        CountDownLatch answered = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        List<Interruption> both = new CopyOnWriteArrayList<>();
        AtomicBoolean left = new AtomicBoolean();
        Thread worker = new Thread() {
            @Override
            public boolean isInterrupted() {
                boolean up = super.isInterrupted();
                if (up && Thread.currentThread() != this) {
                    looked.countDown();
                    assertThatCode(() -> answered.await()).doesNotThrowAnyException();
                }
                return up;
            }

            @Override
            public void run() {
                both.add(begun());
                both.add(begun());
                begun.countDown();
                while (looked.getCount() > 0) {
                    Thread.onSpinWait();
                }
                Thread.interrupted();
                answered.countDown();
                both.get(1).end(new InterruptedException());
                both.get(0).end(new IllegalStateException("too late"));
                left.set(Thread.interrupted());
            }
        };
        worker.start();
        begun.await();

        assertThat(both.get(1).interrupt()).isTrue();
        assertThat(both.get(0).interrupt()).isTrue();
        worker.join();

        assertThat(left).isFalse();
    }

    @Test
    @DisplayName("TO-7 three levels deep, the middle one not interrupting: what has passed further out is renewed")
    void threeLevels() {
        Interruption outermost = begun();
        Interruption middle = begun();
        Interruption inner = begun();
        outermost.interrupt();
        middle.pass();
        Thread.interrupted();
        inner.interrupt();

        assertThat(inner.end(null)).isFalse();
        assertThat(Thread.currentThread().isInterrupted()).isTrue();
        assertThat(middle.end(null)).isFalse();
        assertThat(Thread.currentThread().isInterrupted()).isTrue();
        assertThat(outermost.end(null)).isFalse();
        assertThat(Thread.interrupted()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "0", "1", "2", "01", "10", "02", "20", "12", "21", "012", "021", "102", "120", "201", "210"})
    @DisplayName("TO-3 an interrupt that came before those of three deadlines stays, unless the work answers it")
    void foreignBeforeNested(String order) {
        for (int answered = 0; answered <= order.length() + 1; answered++) {
            List<Interruption> nested = List.of(begun(), begun(), begun());
            Thread.currentThread().interrupt();
            for (int i = 0; i <= order.length(); i++) {
                if (i == answered) {
                    assertThat(Thread.interrupted()).isTrue();
                }
                if (i < order.length()) {
                    nested.get(order.charAt(i) - '0').interrupt();
                }
            }
            for (int i = 2; i >= 0; i--) {
                assertThat(nested.get(i).end(null)).isEqualTo(!order.contains("" + i));
            }
            assertThat(Thread.interrupted())
                    .as("%s, answered at %s", order, answered)
                    .isEqualTo(answered > order.length());
        }
    }

    @Test
    @DisplayName("those of a thread know each other, those of different threads do not, however many there are")
    void registered() throws Exception {
        int many = 6_000;
        CountDownLatch begun = new CountDownLatch(many);
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger wrong = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(300);
        try {
            assertThat(Interruptions.innermost()).isNull();
            for (int i = 0; i < 300; i++) {
                threads.execute(() -> {
                    ArrayDeque<Interruption> mine = new ArrayDeque<>();
                    for (int depth = 0; depth < many / 300; depth++) {
                        Interruption next = begun();
                        wrong.addAndGet(next.outer == mine.peek() ? 0 : 1);
                        mine.push(next);
                        begun.countDown();
                    }
                    try {
                        end.await();
                    } catch (InterruptedException impossible) {
                        wrong.incrementAndGet();
                    }
                    while (!mine.isEmpty()) {
                        wrong.addAndGet(Interruptions.innermost() == mine.peek() ? 0 : 1);
                        wrong.addAndGet(mine.pop().end(null) ? 0 : 1);
                    }
                    wrong.addAndGet(Interruptions.innermost() == null ? 0 : 1);
                });
            }
            assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(Interruptions.innermost()).isNull();
            end.countDown();
        } finally {
            threads.shutdown();
        }
        assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
        assertThat(wrong).hasValue(0);
    }

    @Test
    @DisplayName("TO-2 interrupt() against end() on two threads: never a flag after end(), whoever wins")
    void race() throws Exception {
        int rounds = 20_000;
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            Interruption[] rendezvous = new Interruption[rounds];
            for (int i = 0; i < rounds; i++) {
                rendezvous[i] = new Interruption();
            }
            Phaser together = new Phaser(2);
            Future<?> timer = other.submit(() -> {
                for (Interruption each : rendezvous) {
                    together.arriveAndAwaitAdvance();
                    each.interrupt();
                }
            });
            int late = 0;
            int stray = 0;
            for (int i = 0; i < rounds; i++) {
                rendezvous[i].begin();
                together.arriveAndAwaitAdvance();
                for (int spin = i % 64; spin > 0; spin--) {
                    Thread.onSpinWait();
                }
                late += rendezvous[i].end(null) ? 0 : 1;
                stray += Thread.interrupted() ? 1 : 0;
            }
            timer.get(10, TimeUnit.SECONDS);
            assertThat(stray).isZero();
            assertThat(Thread.interrupted()).isFalse();
            // Both sides won at times, or the race was none.
            assertThat(late).isBetween(1, rounds - 1);
        } finally {
            other.shutdownNow();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Readiness;
import dev.holdfast.Readiness.Condition;
import dev.holdfast.Readiness.State;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Checks that hang and hear no interrupt, on real threads. */
@Timeout(60)
class HangingRealTimeTest {
    private final CountDownLatch end = new CountDownLatch(1);
    private final AtomicInteger starts = new AtomicInteger();

    @AfterEach
    void endAll() {
        end.countDown();
    }

    private void hang() {
        starts.incrementAndGet();
        boolean isOver = false;
        while (!isOver) {
            try {
                end.await();
                isOver = true;
            } catch (InterruptedException deaf) {
                // It goes on.
            }
        }
    }

    private static void until(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            Thread.sleep(1);
        }
    }

    @Test
    @DisplayName(
            "HL-3 a check that hangs is not started twice, counts as failed in each round, and holds up no other node")
    void probes() throws Exception {
        AtomicInteger others = new AtomicInteger();
        try (Probes<String> probes = Probes.<String>builder("nodes")
                .every(Duration.ofMillis(20))
                .timeout(Duration.ofMillis(15))
                .check(node -> {
                    if (node.equals("deaf")) {
                        hang();
                    } else {
                        others.incrementAndGet();
                    }
                })
                .start(List.of("deaf", "well"))) {
            AtomicInteger failures = new AtomicInteger();
            probes.on(
                    ProbeFailed.class,
                    event -> failures.accumulateAndGet(event.node().equals("deaf") ? event.inARow() : 0, Math::max));
            until(() -> failures.get() >= 10 && others.get() >= 10);
            assertThat(starts).hasValue(1);
            assertThat(probes.state("deaf")).isEqualTo(State.DOWN);
            end.countDown();
            until(() -> probes.state("deaf") == State.UP);
            assertThat(starts.get()).isGreaterThanOrEqualTo(3);
        }
    }

    @Test
    @DisplayName(
            "HL-3 a readiness check that hangs is down after its timeout, is not started twice, and holds up no other part")
    void health() throws Exception {
        Health health = Health.builder("shop")
                .ready("deaf", () -> {
                    hang();
                    return Condition.UP;
                })
                .readyOptional("well", () -> Condition.UP)
                .timeout(Duration.ofSeconds(1))
                .cachedFor(Duration.ZERO)
                .build();
        HealthReport first = health.readiness();
        assertThat(first.state()).isEqualTo(State.DOWN);
        assertThat(first.parts().get(0).reason()).isEqualTo("no answer within 1s");
        assertThat(first.parts().get(1).state()).isEqualTo(State.UP);
        HealthReport second = health.readiness();
        assertThat(second.parts().get(0).reason()).isEqualTo("its check of before has not ended yet");
        assertThat(starts).hasValue(1);
        end.countDown();
        until(() -> health.readiness().state() == State.UP);
        assertThat(starts.get()).isGreaterThanOrEqualTo(2);
        health.close();
    }

    @Test
    @DisplayName("Many who ask at once have each part looked at once, and all get the same")
    void oneLooks() throws Exception {
        AtomicInteger looks = new AtomicInteger();
        CountDownLatch begun = new CountDownLatch(1);
        Readiness slow = () -> {
            looks.incrementAndGet();
            begun.countDown();
            hang();
            return Condition.UP;
        };
        try (Health health = Health.builder("shop")
                .ready("slow", slow)
                .timeout(Duration.ofSeconds(30))
                .cachedFor(Duration.ofMinutes(1))
                .build()) {
            AtomicInteger up = new AtomicInteger();
            List<Thread> askers = java.util.stream.IntStream.range(0, 8)
                    .mapToObj(i ->
                            new Thread(() -> up.addAndGet(health.readiness().state() == State.UP ? 1 : 0)))
                    .toList();
            askers.forEach(Thread::start);
            begun.await();
            end.countDown();
            for (Thread asker : askers) {
                asker.join();
            }
            assertThat(up).hasValue(8);
            assertThat(looks).hasValue(1);
        }
    }
}

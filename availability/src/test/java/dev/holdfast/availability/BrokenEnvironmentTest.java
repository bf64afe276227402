// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Executors, timers and clocks that do not do what they should. */
class BrokenEnvironmentTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private final long[] good = {0};
    private final long[] bad = {0};

    private Evidence evidence() {
        return new Evidence(good[0], 0, bad[0], good[0] + bad[0]);
    }

    @Test
    @DisplayName("An Error of an executor or of the evidence does not end it")
    void errors() {
        AtomicBoolean broken = new AtomicBoolean();
        Environment environment = new OnVirtualTime(time, task -> {
            if (broken.get()) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            task.run();
        });
        try (Availability availability = Availability.builder("stock")
                .environment(environment)
                .counting(() -> {
                    if (bad[0] == 3) {
                        throw new StackOverflowError("evidence");
                    }
                    return evidence();
                })) {
            broken.set(true);
            time.advance(Duration.ofSeconds(5));
            broken.set(false);
            bad[0] = 3;
            time.advance(Duration.ofSeconds(5));
            bad[0] = 4;
            time.advance(Duration.ofSeconds(5));
            assertThat(availability.report().isDown()).isTrue();
            assertThat(availability.report().calls().bad()).isEqualTo(4);
        }
    }

    @Test
    @DisplayName("A timer that refuses a task for a while does not end it, and never is there more than one")
    void timerRefuses() {
        int[] refusals = {0};
        Environment environment = new OnVirtualTime(time, time.executor()) {
            @Override
            public Timer schedule(Runnable task, long delayNanos) {
                if (refusals[0]-- > 0) {
                    throw new RejectedExecutionException("full for a moment");
                }
                return super.schedule(task, delayNanos);
            }
        };
        List<Event> heard = new ArrayList<>();
        try (Availability availability =
                Availability.builder("stock").environment(environment).counting(this::evidence)) {
            availability.on(Availability.OutageStarted.class, heard::add);
            time.advance(Duration.ofSeconds(10));
            refusals[0] = 1;
            time.advance(Duration.ofSeconds(2));
            bad[0] = 10;
            time.advance(Duration.ofSeconds(10));
            assertThat(heard).hasSize(1);
            refusals[0] = 5;
            time.advance(Duration.ofMinutes(1));
            refusals[0] = 0;
            for (int i = 0; i < 10; i++) {
                availability.report();
            }
            assertThat(time.pendingTimers()).isOne();
            good[0] = 10;
            time.advance(Duration.ofSeconds(10));
            assertThat(availability.report().isDown()).isFalse();
        }
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("AV-1 a clock that goes back by an hour hides no outage after it")
    void clockGoesBack() {
        long[] back = {0};
        Environment environment = new OnVirtualTime(time, time.executor()) {
            @Override
            public long nanoTime() {
                return super.nanoTime() - back[0];
            }
        };
        try (Availability availability =
                Availability.builder("stock").environment(environment).counting(this::evidence)) {
            good[0] = 10;
            time.advance(Duration.ofSeconds(10));
            back[0] = Duration.ofHours(1).toNanos();
            for (int i = 0; i < 20; i++) {
                bad[0]++;
                time.advance(SECOND);
            }
            AvailabilityReport report = availability.report();
            assertThat(report.isDown()).isTrue();
            assertThat(report.up().plus(report.down()).plus(report.unobserved()))
                    .isBetween(Duration.ofSeconds(28), Duration.ofSeconds(30));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Environment;
import dev.holdfast.Readiness.State;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One clock reading, one random number, or one timer that cannot be had. */
@Timeout(60)
class BrokenForAMomentTest {
    private static final long S = 1_000_000_000L;

    /** Of each kind there is none so many calls from now on: 0 for the next, negative for never. */
    private static final class Broken implements Environment {
        final ByHand time = new ByHand(0);
        int noReadingAfter = -1;
        int noNumberAfter = -1;
        int noTimerAfter = -1;

        @Override
        public long nanoTime() {
            if (noReadingAfter-- == 0) {
                throw new IllegalStateException("no clock");
            }
            return time.nanoTime();
        }

        @Override
        public long nextLong(long bound) {
            if (noNumberAfter-- == 0) {
                throw new NoClassDefFoundError("no numbers");
            }
            return time.nextLong(bound);
        }

        @Override
        public Timer schedule(Runnable task, long delayNanos) {
            if (noTimerAfter-- == 0) {
                throw new IllegalStateException("no timer");
            }
            return time.schedule(task, delayNanos);
        }

        @Override
        public Executor executor() {
            return time.executor();
        }

        @Override
        public boolean await(BooleanSupplier done, long nanos) {
            return time.await(done, nanos);
        }
    }

    private final Broken environment = new Broken();
    private int asked;

    private Probes<String> probes() {
        return Probes.<String>builder("nodes")
                .environment(environment)
                .every(Duration.ofSeconds(2))
                .runOn(Runnable::run)
                .check(node -> asked++)
                .build();
    }

    /** Time passes; what a timer's task throws is lost, as with a real timer. */
    private void advance(long seconds) {
        long end = environment.time.nanoTime() + seconds * S;
        while (environment.time.nanoTime() < end) {
            try {
                environment.time.advance(end - environment.time.nanoTime());
            } catch (Throwable lost) {
                // It goes on with the other timers.
            }
        }
    }

    private void goesOnAfter(Runnable breaks, int missed) {
        Probes<String> probes = probes();
        probes.add("a");
        advance(10);
        breaks.run();
        advance(4);
        asked = 0;
        advance(100);
        assertThat(asked).isBetween(50, 53);
        assertThat(probes.state("a")).isEqualTo(State.UP);
        double counted = probes.meters().stream()
                .filter(meter -> meter.toString().contains("missed"))
                .mapToDouble(meter -> meter.value())
                .sum();
        assertThat(counted).isEqualTo(missed);
        probes.close();
        assertThat(environment.time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("A node is asked again after a random number could not be had")
    void noNumber() {
        goesOnAfter(() -> environment.noNumberAfter = 0, 0);
    }

    @Test
    @DisplayName(
            "A node is asked again after the clock could not be read when its check was due, and that one was missed")
    void noReadingBefore() {
        goesOnAfter(() -> environment.noReadingAfter = 0, 1);
    }

    @Test
    @DisplayName("A node is asked again after the clock could not be read when its check had ended")
    void noReadingAfter() {
        goesOnAfter(() -> environment.noReadingAfter = 1, 0);
    }

    @Test
    @DisplayName("A clock that cannot be read when checks are due makes nobody ask without a pause")
    void noReadingAgainAndAgain() {
        Probes<String> probes = probes();
        probes.add("a");
        advance(10);
        int[] draws = {0};
        for (int i = 0; i < 100; i++) {
            environment.noReadingAfter = 0;
            advance(1);
            draws[0] += environment.noReadingAfter < 0 ? 1 : 0;
        }
        assertThat(draws[0]).isBetween(45, 60);
        probes.close();
    }

    @Test
    @DisplayName("A node is added, and asked, where no random number can be had, and takes one place")
    void noNumberForANewOne() {
        Probes<String> probes = probes();
        environment.noNumberAfter = 0;
        probes.add("a");
        advance(10);
        assertThat(asked).isGreaterThan(3);
        probes.remove("a");
        assertThat(probes).hasToString("Probes['nodes' 0 nodes, 0 down]");
        probes.close();
    }

    @Test
    @DisplayName(
            "A node that the timer refused to ask is asked again, once, after it is added again or stays in the list")
    void noTimer() {
        Probes<String> probes = probes();
        environment.noTimerAfter = 0;
        probes.add("a");
        advance(10);
        assertThat(asked).isZero();
        probes.add("a");
        probes.add("a");
        advance(10);
        assertThat(asked).isBetween(5, 6);
        environment.noTimerAfter = 1; // The next is the limit of a check, the one after that asks again.
        advance(10);
        asked = 0;
        advance(10);
        assertThat(asked).isZero();
        probes.replace(List.of("a"));
        probes.replace(List.of("a"));
        advance(10);
        assertThat(asked).isBetween(5, 6);
        probes.close();
        assertThat(environment.time.pendingTimers()).isZero();
    }
}

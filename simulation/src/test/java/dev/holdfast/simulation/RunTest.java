// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.Backoff;
import dev.holdfast.RejectedException;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.retry.Retry;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the numbers of a run mean. */
class RunTest {
    private static final long SECOND = 1_000_000_000L;

    private static World world(int seconds, Fault... faults) {
        World world = World.of(
                        Service.of("stock", 8, Times.constant(Duration.ofMillis(20))), Clients.poisson("stock", 100))
                .lasting(Duration.ofSeconds(seconds));
        for (Fault fault : faults) {
            world = world.with(fault);
        }
        return world;
    }

    private static Fault until(String end) {
        return Fault.stall("stock").from(Duration.ZERO).lasting(Duration.ofNanos((long)
                (Double.parseDouble(end) * SECOND)));
    }

    /** A run of so many seconds of a hundred calls, of which as many were answered as are said. */
    private static Run run(World world, int... answered) {
        Tally tally = new Tally(answered.length * SECOND);
        for (int second = 0; second < answered.length; second++) {
            for (int i = 0; i < 100; i++) {
                long start = second * SECOND + i * SECOND / 100;
                tally.offered(start);
                boolean isAnswered = i < answered[second];
                Reply reply = isAnswered ? new Reply("stock", 1_000, start + 1_000) : null;
                tally.ended(start, start + 1_000, reply, isAnswered ? null : new IOException("no"));
            }
        }
        return new Run(world, tally, new Watched(answered.length));
    }

    @ParameterizedTest(name = "fault until {0} s: {1}")
    @DisplayName("Recovered is who is good for five seconds in a row after the fault, and 0.95 is good")
    @CsvSource({"2, 1", "3, 0", "2.5, 0", "9, ", "10, ", "1, 2", "4, 0", "5, "})
    void recovery(String end, Integer seconds) {
        // Bad, bad, bad, then five good, a bad one, and one good.
        Run run = run(world(10, until(end)), 0, 0, 94, 95, 100, 95, 96, 99, 94, 100);
        // From the fourth second on they are not five any more.
        Integer expected = end.equals("4") ? null : seconds;
        assertThat(run.recovery()).isEqualTo(Optional.ofNullable(expected).map(Duration::ofSeconds));
    }

    @Test
    @DisplayName("Four good seconds at the end are no recovery, five are")
    void atTheEnd() {
        assertThat(run(world(6, until("1")), 0, 94, 100, 100, 100, 100).recovery())
                .isEmpty();
        assertThat(run(world(6, until("1")), 0, 95, 100, 100, 100, 100).recovery())
                .contains(Duration.ZERO);
    }

    @Test
    @DisplayName("A fault that outlasts the run, even for ever, is never recovered from")
    void forEver() {
        Fault fault = Fault.stall("stock").from(Duration.ofSeconds(1));
        for (Duration length :
                new Duration[] {Duration.ofSeconds(9), Duration.ofDays(40_000), Duration.ofSeconds(Long.MAX_VALUE)}) {
            Run run = world(10, fault.lasting(length)).run(1, Policies.NONE);
            assertThat(run.recovery()).as("%s", length).isEmpty();
        }
    }

    @Test
    @DisplayName("Without a fault it counts from the beginning; the last of several faults counts")
    void noFaultAndSeveral() {
        assertThat(run(world(6), 0, 100, 100, 100, 100, 100).recovery()).contains(Duration.ofSeconds(1));
        assertThat(run(world(10, until("1"), until("4")), 0, 100, 100, 100, 100, 100, 100, 100, 100, 100)
                        .recovery())
                .contains(Duration.ZERO);
    }

    @Test
    @DisplayName("Goodput of a part takes whole seconds, the first with, the last without")
    void parts() {
        Run run = run(world(4), 0, 50, 100, 10);
        assertThat(run.goodput()).isEqualTo(0.4);
        assertThat(run.goodput(Duration.ofSeconds(1), Duration.ofSeconds(3))).isEqualTo(0.75);
        assertThat(run.goodput(Duration.ofMillis(1_999), Duration.ofMillis(3_001)))
                .isEqualTo(0.75);
        assertThat(run.goodput(Duration.ofSeconds(9), Duration.ofSeconds(12))).isEqualTo(1);
        assertThat(run.goodput(Duration.ofSeconds(2), Duration.ofSeconds(2))).isEqualTo(1);
        assertThat(run.seconds().get(1).goodput()).isEqualTo(0.5);
        assertThat(run.seconds().get(1).failed()).isEqualTo(50);
    }

    @Test
    @DisplayName("Quantiles are right to five percent, whatever their size")
    void quantiles() {
        for (long unit : new long[] {2_000, 1_000_000, 3_600 * SECOND}) {
            Latencies latencies = new Latencies();
            assertThat(latencies.quantile(0.5)).isZero();
            for (int i = 1; i <= 1_000; i++) {
                latencies.add(i * unit);
            }
            for (double quantile : new double[] {0.001, 0.5, 0.99, 1}) {
                assertThat((double) latencies.quantile(quantile).toNanos())
                        .isCloseTo(quantile * 1_000 * unit, Percentage.withPercentage(5));
            }
            assertThat(latencies.quantile(0)).isEqualTo(latencies.quantile(0.001));
        }
        assertThatThrownBy(() -> new Latencies().quantile(1.5)).hasMessage("quantile: 1.5 (expected: 0.0 to 1.0)");
    }

    @Test
    @DisplayName("Each call is answered, degraded, refused or failed, and nothing else")
    void whatBecameOfCalls() {
        World world =
                world(20, Fault.refused("stock").from(Duration.ofSeconds(5)).lasting(Duration.ofSeconds(5)));
        Run bare = world.run(1, Policies.NONE);
        Run refused = world.run(1, () -> Bulkhead.of("stock", 0));
        Run degraded = world.run(
                1,
                () -> Fallback.<Reply>builder("stock", Reply.class).value(null).build());
        Second during = bare.seconds().get(7);
        assertThat(during.failed()).isEqualTo(during.offered()).isPositive();
        assertThat(refused.refused()).isEqualTo(refused.offered());
        assertThat(refused.amplification()).isZero();
        assertThat(degraded.seconds().get(7).degraded())
                .isEqualTo(degraded.seconds().get(7).offered());
        assertThat(degraded.goodput()).isEqualTo(bare.goodput());
        for (Run run : new Run[] {bare, refused, degraded}) {
            for (Second second : run.seconds()) {
                assertThat(second.answered() + second.degraded() + second.refused() + second.failed())
                        .isEqualTo(second.offered());
            }
        }
    }

    @Test
    @DisplayName("The last good answer of a fallback is no answer of the service")
    void lastGood() {
        World world =
                world(20, Fault.refused("stock").from(Duration.ofSeconds(5)).lasting(Duration.ofSeconds(5)));
        Run run = world.run(
                1,
                () -> Fallback.<Reply>builder("stock", Reply.class)
                        .lastGoodOfAnyCall(Duration.ofMinutes(5))
                        .build());
        Second during = run.seconds().get(7);
        assertThat(during.degraded()).isEqualTo(during.offered()).isPositive();
        assertThat(run.answered()).isEqualTo(world.run(1, Policies.NONE).answered());
    }

    @Test
    @DisplayName("Requests that are sent when no more calls are made are not those of the last second")
    void afterTheEnd() {
        World world = world(5, Fault.refused("stock").from(Duration.ZERO).lasting(Duration.ofMinutes(5)));
        Run run = world.run(
                1,
                () -> Retry.builder("stock")
                        .maxAttempts(2)
                        .backoff(Backoff.fixed(Duration.ofSeconds(10)))
                        .withoutBudget()
                        .build());
        assertThat(run.amplification()).isCloseTo(2, within(1e-9));
        assertThat(run.sent("stock")).hasSize(5);
        assertThat(Arrays.stream(run.sent("stock")).max().orElseThrow()).isLessThan(150);
        assertThatThrownBy(() -> run.sent("stokc")).hasMessage("service: stokc (expected: one of [stock])");
    }

    @Test
    @DisplayName("What is refused is refused, also where a future wraps it")
    void wrapped() {
        Tally tally = new Tally(SECOND);
        tally.offered(0);
        tally.ended(0, 1, null, new CompletionException(new Refusal()));
        assertThat(tally.second(0).refused()).isEqualTo(1);
    }

    private static final class Refusal extends RejectedException {
        private static final long serialVersionUID = 1L;

        Refusal() {
            super("stock", UNKNOWN);
        }
    }
}

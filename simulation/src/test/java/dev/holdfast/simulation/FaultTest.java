// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.net.ConnectException;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What each fault does, mostly with calls at even distances, so that every time is known to the nanosecond. */
class FaultTest {
    private static final Service STOCK = Service.of("stock", 1, Times.constant(Duration.ofMillis(100)));

    private final Calls calls = Calls.kept();

    private static Duration millis(long millis) {
        return Duration.ofMillis(millis);
    }

    /** One call a second, the first after one. */
    private static World even(Service service, int seconds) {
        return World.of(
                        service,
                        Clients.bursts("stock", 1, Duration.ofSeconds(1)).patience(Duration.ofSeconds(100)))
                .lasting(millis(1_000L * seconds + 500));
    }

    private static World busy(double rate) {
        return World.of(Service.of("stock", 50, Times.constant(millis(10))), Clients.poisson("stock", rate))
                .lasting(Duration.ofSeconds(30));
    }

    @Test
    @DisplayName("A stall freezes what is worked on, and what comes meanwhile")
    void stall() {
        // The call of second 2 is half done, that of second 3 comes meanwhile.
        even(STOCK, 5)
                .with(Fault.stall("stock").from(millis(2_050)).lasting(millis(1_500)))
                .run(1, calls.policies());
        assertThat(calls.took()).containsExactly(millis(100), millis(1_550), millis(650), millis(100), millis(100));
    }

    @Test
    @DisplayName("What stands still answers nothing, not even that its line is full; it does so when it goes on")
    void stallOfABoundedLine() {
        even(STOCK.line(1), 6)
                .with(Fault.stall("stock").from(millis(1_050)).lasting(millis(4_000)))
                .run(1, calls.policies());
        // 1 is at work, 2 waits in line, 3 to 5 find it full when the process sees them.
        assertThat(calls.failedBy(503)).isEqualTo(2);
        calls.ended().stream()
                .filter(call -> call.failure() != null)
                .forEach(call -> assertThat(call.start().plus(call.took())).isEqualTo(millis(5_050)));
    }

    @Test
    @DisplayName("What a worker has called ends only when the worker's process goes on")
    void stallOfWhoWaitsForAnother() {
        World.of(
                        STOCK.calling("prices"),
                        Clients.bursts("stock", 1, Duration.ofSeconds(1)).patience(Duration.ofSeconds(100)))
                .with(Service.of("prices", 1, Times.constant(millis(100))))
                .with(Fault.stall("stock").from(millis(1_150)).lasting(millis(700)))
                .lasting(millis(1_500))
                .run(1, calls.of("stock"));
        assertThat(calls.took()).containsExactly(millis(850));
    }

    @Test
    @DisplayName("Two stalls that overlap last until both are over")
    void overlappingStalls() {
        even(STOCK, 1)
                .with(Fault.stall("stock").from(millis(500)).lasting(millis(1_000)))
                .with(Fault.stall("stock").from(millis(700)).lasting(millis(1_300)))
                .run(1, calls.policies());
        assertThat(calls.took()).containsExactly(millis(1_100));
    }

    @Test
    @DisplayName("In a brownout work takes so many times as long, and to the nanosecond as before afterwards")
    void brownout() {
        even(STOCK, 4)
                .with(Fault.brownout("stock", 4.9).from(millis(1_500)).lasting(millis(1_000)))
                .with(Fault.brownout("stock", 49).from(millis(2_600)).lasting(millis(100)))
                .run(1, calls.policies());
        assertThat(calls.took()).containsExactly(millis(100), millis(490), millis(100), millis(100));
    }

    @Test
    @DisplayName("Brownouts that overlap multiply")
    void overlappingBrownouts() {
        even(STOCK, 1)
                .with(Fault.brownout("stock", 2).from(Duration.ZERO))
                .with(Fault.brownout("stock", 3).from(Duration.ZERO))
                .run(1, calls.policies());
        assertThat(calls.took()).containsExactly(millis(600));
    }

    @Test
    @DisplayName("A crash loses what it worked on and what waited, refuses connections, and starts cold")
    void crash() {
        Fault crash = Fault.crash("stock", 5, Duration.ofSeconds(2))
                .from(millis(1_050))
                .lasting(millis(1_450));
        even(STOCK, 5).with(crash).run(1, calls.policies());
        assertThat(calls.ended().get(0).failure())
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
        assertThat(calls.ended().get(0).took()).isEqualTo(millis(50));
        assertThat(calls.ended().get(1).failure()).isInstanceOf(ConnectException.class);
        // Back at 2.5 s: at 3 s a quarter of the warm-up has passed, at 4 s three quarters, then all.
        assertThat(calls.took().subList(2, 5)).containsExactly(millis(400), millis(200), millis(100));
    }

    @Test
    @DisplayName("Connections are refused at once, and what is worked on is finished")
    void refused() {
        even(STOCK, 3)
                .with(Fault.refused("stock").from(millis(1_050)).lasting(millis(1_000)))
                .run(1, calls.policies());
        assertThat(calls.took()).containsExactly(millis(100), Duration.ZERO, millis(100));
        assertThat(calls.ended().get(1).failure()).isInstanceOf(ConnectException.class);
    }

    @Test
    @DisplayName("Errors hit their share of calls, at once or after the work")
    void errors() {
        Calls late = Calls.kept();
        Fault all = Fault.errors("stock", 0.3).from(Duration.ZERO).lasting(Duration.ofSeconds(30));
        Run quick = busy(400).with(all).run(1, calls.policies());
        busy(400)
                .with(Fault.lateErrors("stock", 0.3).from(Duration.ZERO).lasting(Duration.ofSeconds(30)))
                .run(1, late.policies());
        assertThat(calls.failedBy(500) / (double) quick.offered()).isCloseTo(0.3, within(0.02));
        assertThat(late.failedBy(500) / (double) quick.offered()).isCloseTo(0.3, within(0.02));
        assertThat(calls.ended()).allMatch(call -> call.took().isZero() == (call.failure() != null));
        assertThat(late.ended()).allMatch(call -> call.took().compareTo(millis(10)) >= 0);
    }

    @Test
    @DisplayName("Shares of faults that overlap hit each on its own, and leave nothing behind")
    void overlappingErrors() {
        Duration whole = Duration.ofSeconds(20);
        Run run = busy(400)
                .with(Fault.errors("stock", 0.5).from(Duration.ZERO).lasting(whole))
                .with(Fault.errors("stock", 0.5).from(Duration.ZERO).lasting(whole))
                .with(Fault.errors("stock", 0.1).from(Duration.ZERO).lasting(whole.dividedBy(2)))
                .run(1, Policies.NONE);
        assertThat(run.goodput(Duration.ZERO, Duration.ofSeconds(10))).isCloseTo(0.225, within(0.03));
        assertThat(run.goodput(Duration.ofSeconds(10), whole)).isCloseTo(0.25, within(0.03));
        assertThat(run.goodput(whole, Duration.ofSeconds(30))).isEqualTo(1);
    }

    @Test
    @DisplayName("A fault of one node of four hits every fourth call")
    void oneNode() {
        even(STOCK.nodes(4), 40)
                .with(Fault.refused("stock").ofNode(2).from(Duration.ZERO).lasting(Duration.ofSeconds(100)))
                .run(1, calls.policies());
        assertThat(calls.failedBy(ConnectException.class)).isEqualTo(10);
        assertThat(calls.ended()).hasSize(40);
        List<Long> failed = calls.ended().stream()
                .filter(call -> call.failure() != null)
                .map(call -> call.start().toSeconds() % 4)
                .distinct()
                .toList();
        assertThat(failed).hasSize(1);
    }

    @Test
    @DisplayName("In a flood so many times as many calls come")
    void flood() {
        Run run = busy(200)
                .with(Fault.flood("stock", 5).from(Duration.ofSeconds(10)).lasting(Duration.ofSeconds(10)))
                .run(1, Policies.NONE);
        long before =
                run.seconds().subList(0, 10).stream().mapToLong(Second::offered).sum();
        long during = run.seconds().subList(10, 20).stream()
                .mapToLong(Second::offered)
                .sum();
        assertThat(before).isBetween(1_800L, 2_200L);
        assertThat(during).isBetween(9_600L, 10_400L);
    }
}

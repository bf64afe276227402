// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Lines, networks and patience. */
class ServiceTest {
    private static final Service STOCK = Service.of("stock", 1, Times.constant(Duration.ofMillis(100)));

    private final Calls calls = Calls.kept();

    private static Duration millis(long millis) {
        return Duration.ofMillis(millis);
    }

    /** So many calls at once, after a second. */
    private static World burst(Service service, int size, Duration patience) {
        return World.of(
                        service,
                        Clients.bursts("stock", size, Duration.ofSeconds(1)).patience(patience))
                .lasting(millis(1_500));
    }

    @Test
    @DisplayName("Who comes first is served first, by as many workers as there are")
    void firstFirst() {
        burst(Service.of("stock", 2, Times.constant(millis(100))), 5, Duration.ofSeconds(9))
                .run(1, calls.policies());
        assertThat(calls.took()).containsExactly(millis(100), millis(100), millis(200), millis(200), millis(300));
    }

    @Test
    @DisplayName("One more than the line holds is answered 503 at once")
    void boundedLine() {
        burst(STOCK.line(2), 5, Duration.ofSeconds(9)).run(1, calls.policies());
        assertThat(calls.failedBy(503)).isEqualTo(2);
        assertThat(calls.took()).containsExactly(Duration.ZERO, Duration.ZERO, millis(100), millis(200), millis(300));
    }

    @Test
    @DisplayName("Without a line all but those at work are answered 503")
    void noLine() {
        burst(STOCK.line(0), 5, Duration.ofSeconds(9)).run(1, calls.policies());
        assertThat(calls.failedBy(503)).isEqualTo(4);
    }

    @Test
    @DisplayName("Newest first: whoever waited longest waits on")
    void newestFirst() {
        World.of(STOCK.newestFirst(), Clients.bursts("stock", 1, millis(40)).patience(Duration.ofSeconds(9)))
                .lasting(Duration.ofSeconds(1))
                .run(1, calls.policies());
        // From 40 ms on 24 calls, of which each tenth of a second the newest is taken: the second one is the last.
        assertThat(calls.ended()).hasSize(24);
        assertThat(calls.ended().get(1).start()).isEqualTo(millis(120));
        assertThat(calls.ended().get(23).start()).isEqualTo(millis(80));
    }

    @Test
    @DisplayName("What nobody waits for any more is worked on all the same, and others wait for it")
    void worksForNobody() {
        Run run = World.of(
                        STOCK,
                        Clients.bursts("stock", 10, Duration.ofSeconds(1)).patience(millis(250)))
                .lasting(Duration.ofSeconds(2))
                .with(Clients.bursts("stock", 1, millis(1_500)).patience(millis(250)))
                .run(1, calls.policies());
        // Two of ten in time, and at 1.5 s the worker is still busy with the others.
        assertThat(run.answered()).isEqualTo(2);
        assertThat(calls.failedBy(SocketTimeoutException.class)).isEqualTo(9);
        assertThat(calls.took())
                .filteredOn(took -> took.compareTo(millis(250)) > 0)
                .isEmpty();
    }

    @Test
    @DisplayName("Told of their callers' patience, workers leave out what nobody waits for")
    void drops() {
        Run run = World.of(
                        STOCK.dropsWhatNobodyWaitsFor(),
                        Clients.bursts("stock", 10, Duration.ofSeconds(1)).patience(millis(250)))
                .lasting(Duration.ofSeconds(2))
                .with(Clients.bursts("stock", 1, millis(1_500)).patience(millis(250)))
                .run(1, calls.policies());
        assertThat(run.answered()).isEqualTo(3);
        assertThat(calls.ended().get(10).took()).isEqualTo(millis(100));
    }

    @Test
    @DisplayName("A call that comes when its caller has gone is not begun where workers know")
    void dropsWhatComesTooLate() {
        Service far = STOCK.network(Times.constant(millis(200)), 0);
        Clients impatient = Clients.bursts("stock", 1, Duration.ofSeconds(1)).patience(millis(150));
        Clients patient = Clients.bursts("stock", 1, millis(1_040)).patience(Duration.ofSeconds(9));
        World.of(far.dropsWhatNobodyWaitsFor(), impatient)
                .with(patient)
                .lasting(millis(1_500))
                .run(1, calls.policies());
        assertThat(calls.took()).containsExactly(millis(150), millis(500));
        Calls others = Calls.kept();
        World.of(far, impatient).with(patient).lasting(millis(1_500)).run(1, others.policies());
        assertThat(others.took()).containsExactly(millis(150), millis(560));
    }

    @Test
    @DisplayName("The network takes its time in both directions, also with errors")
    void delay() {
        burst(STOCK.line(0).network(Times.constant(millis(30)), 0), 2, Duration.ofSeconds(9))
                .run(1, calls.policies());
        assertThat(calls.took()).containsExactly(millis(60), millis(160));
    }

    @Test
    @DisplayName("What the network loses is waited for in vain")
    void loss() {
        Run run = World.of(
                        Service.of("stock", 100, Times.constant(millis(10)))
                                .network(Times.constant(Duration.ZERO), 0.2),
                        Clients.poisson("stock", 300).patience(millis(500)))
                .lasting(Duration.ofSeconds(30))
                .run(1, calls.policies());
        assertThat(run.goodput()).isCloseTo(0.8, within(0.02));
        assertThat(calls.ended())
                .allMatch(call -> call.took().equals(call.failure() == null ? millis(10) : millis(500)));
    }

    @Test
    @DisplayName("Nodes are called in turns, and each has its own line")
    void nodes() {
        burst(STOCK.nodes(3), 7, Duration.ofSeconds(9)).run(1, calls.policies());
        assertThat(calls.took())
                .containsExactly(
                        millis(100), millis(100), millis(100), millis(200), millis(200), millis(200), millis(300));
        assertThat(STOCK.nodes(3).capacity()).isEqualTo(30);
    }
}

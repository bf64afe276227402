// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.retry.Retry;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is wrong is said at once, with its name, its value and what was expected. */
class WrongUseTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Times TIMES = Times.constant(Duration.ofMillis(20));
    private static final Service STOCK = Service.of("stock", 8, TIMES);
    private static final World WORLD = World.of(STOCK, Clients.poisson("stock", 100));

    private static Arguments wrong(String message, ThrowingCallable call) {
        return Arguments.of(message, call);
    }

    static Stream<Arguments> arguments() {
        return Stream.of(
                wrong("workers: 0 (expected: 1 to 100000)", () -> Service.of("stock", 0, TIMES)),
                wrong("times: null (expected: a value)", () -> Service.of("stock", 1, null)),
                wrong("name: ' ' (expected: 1 to 256 characters, not blank)", () -> Service.of(" ", 1, TIMES)),
                wrong("nodes: 1001 (expected: 1 to 1000)", () -> STOCK.nodes(1001)),
                wrong("line: -1 (expected: 0 to 2147483647)", () -> STOCK.line(-1)),
                wrong("loss: 1.5 (expected: 0.0 to 1.0)", () -> STOCK.network(TIMES, 1.5)),
                wrong("delay: null (expected: a value)", () -> STOCK.network(null, 0)),
                wrong("time: PT-1S (expected: at least PT0S)", () -> Times.constant(SECOND.negated())),
                wrong("mean: PT0S (expected: longer than zero)", () -> Times.exponential(Duration.ZERO)),
                wrong("sigma: 4.0 (expected: 0.0 to 3.0)", () -> Times.logNormal(SECOND, 4)),
                wrong("share: NaN (expected: 0.0 to 1.0)", () -> Times.mixed(Double.NaN, TIMES, TIMES)),
                wrong("others: null (expected: a value)", () -> Times.mixed(1, TIMES, null)),
                wrong("perSecond: 0.0 (expected: 1.0E-6 to 1000000.0)", () -> Clients.poisson("stock", 0)),
                wrong("size: 0 (expected: 1 to 100000)", () -> Clients.bursts("stock", 0, SECOND)),
                wrong("every: PT0S (expected: longer than zero)", () -> Clients.bursts("stock", 1, Duration.ZERO)),
                wrong("users: 0 (expected: 1 to 100000)", () -> Clients.closed("stock", 0, SECOND)),
                wrong("think: PT-1S (expected: at least PT0S)", () -> Clients.closed("stock", 1, SECOND.negated())),
                wrong(
                        "count: 0 (expected: 1 to 100000)",
                        () -> Clients.poisson("stock", 1).count(0)),
                wrong(
                        "patience: PT0S (expected: longer than zero)",
                        () -> Clients.poisson("stock", 1).patience(Duration.ZERO)),
                wrong("factor: 0.5 (expected: 1.0 to 10000.0)", () -> Fault.brownout("stock", 0.5)),
                wrong("factor: 0.5 (expected: 1.0 to 10000.0)", () -> Fault.flood("stock", 0.5)),
                wrong("share: -0.1 (expected: 0.0 to 1.0)", () -> Fault.errors("stock", -0.1)),
                wrong("share: 1.1 (expected: 0.0 to 1.0)", () -> Fault.lateErrors("stock", 1.1)),
                wrong("cold: 0.0 (expected: 1.0 to 10000.0)", () -> Fault.crash("stock", 0, SECOND)),
                wrong("warmUp: PT-1S (expected: at least PT0S)", () -> Fault.crash("stock", 1, SECOND.negated())),
                wrong(
                        "from: PT-1S (expected: at least PT0S)",
                        () -> Fault.stall("stock").from(SECOND.negated())),
                wrong(
                        "lasting: PT0S (expected: longer than zero)",
                        () -> Fault.stall("stock").lasting(Duration.ZERO)),
                wrong(
                        "node: -1 (expected: 0 to 2147483647)",
                        () -> Fault.stall("stock").ofNode(-1)),
                wrong(
                        "node of stall of stock node 1 from 10s for 10s: 1 (expected: 0 to 0)",
                        () -> WORLD.with(Fault.stall("stock").ofNode(1))),
                wrong("service: stokc (expected: one of [stock])", () -> WORLD.with(Fault.stall("stokc"))),
                wrong("service: stokc (expected: one of [stock])", () -> WORLD.with(Clients.poisson("stokc", 1))),
                wrong("service: stock (expected: a name that is not there yet)", () -> WORLD.with(STOCK)),
                wrong("service: null (expected: a value)", () -> World.of(null, Clients.poisson("stock", 1))),
                wrong("clients: null (expected: a value)", () -> World.of(STOCK, null)),
                wrong("fault: null (expected: a value)", () -> WORLD.with((Fault) null)),
                wrong("lasting: PT0.5S (expected: at least PT1S)", () -> WORLD.lasting(Duration.ofMillis(500))),
                wrong("lasting: PT48H (expected: at most PT24H)", () -> WORLD.lasting(Duration.ofDays(2))),
                wrong("to: PT1S (expected: at least PT2S)", () -> WORLD.ceiling(SECOND.plus(SECOND), SECOND)),
                wrong("policies: null (expected: a value)", () -> WORLD.run(1, (Policies) null)));
    }

    @ParameterizedTest(name = "{0}")
    @DisplayName("Wrong arguments are named, with their value and what was expected")
    @MethodSource("arguments")
    void named(String message, ThrowingCallable call) {
        assertThatThrownBy(call).hasMessage(message);
    }

    @Test
    @DisplayName("Policies that were made before, outside of the simulation, are told so")
    void otherEnvironment() {
        Retry<Object> before = Retry.ofDefaults("stock");
        assertThatThrownBy(() -> WORLD.run(1, () -> before))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("environment of Retry")
                .hasMessageContaining("builders get that run inside of the Policies");
        assertThatThrownBy(() -> WORLD.run(
                        1,
                        () -> Retry.builder("stock")
                                .environment(Environment.system())
                                .build()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("A policy that waits on its thread ends the run with an exception, and is not taken for failed calls")
    void blockingWait() {
        assertThatThrownBy(() -> WORLD.run(1, () -> {
                    Bulkhead other = Bulkhead.builder("other").limit(0).queue(1).build();
                    Bulkhead stock = Bulkhead.of("stock", 100);
                    stock.on(Event.CallEnded.class, any -> other.run(() -> {}));
                    return stock;
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("a blocking wait in a simulation, which has one thread");
    }

    @Test
    @DisplayName("A policy with threads of its own ends the run with an exception")
    void ownThreads() {
        assertThatThrownBy(() -> WORLD.run(
                        1, () -> Bulkhead.builder("stock").limit(5).ownThreads().build()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("in a simulation, which has one thread");
    }

    @Test
    @DisplayName("Calls that nothing can end any more end the run with an exception")
    void neverEnds() {
        assertThatThrownBy(() -> WORLD.with(Fault.errors("stock", 0.1))
                        .run(
                                1,
                                () -> Fallback.<Reply>builder("stock", Reply.class)
                                        .callAsync(CompletableFuture::new)
                                        .build()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("calls that never end");
    }

    @Test
    @DisplayName("A run that ended by an exception spoils nothing for the next")
    void afterwards() {
        assertThatThrownBy(() -> WORLD.run(1, () -> {
                    throw new IllegalStateException("no policies today");
                }))
                .hasMessage("no policies today");
        assertThat(WORLD.run(1, () -> Retry.ofDefaults("stock")).goodput()).isEqualTo(1);
    }
}

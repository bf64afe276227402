// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Budget;
import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Heat;
import dev.holdfast.Loop;
import dev.holdfast.Outcome;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.Race;
import dev.holdfast.Recovery;
import dev.holdfast.RejectedException;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class BegunWorkTest {
    private final Fleet fleet = new Fleet("abc");
    private final Map<String, Door> doors = new HashMap<>();
    private final List<String> paid = new ArrayList<>();

    private static final class Refused extends RejectedException {
        private static final long serialVersionUID = 1L;

        Refused() {
            super("cache", UNKNOWN);
        }
    }

    /** Whatever it was, once more. */
    private static final class Twice extends Loop<Object> {
        Twice(Environment environment) {
            super("twice", environment);
        }

        @Override
        protected Classifier<? super Object> classifier() {
            return Failover.FAILED;
        }

        @Override
        protected void succeeded(int attempts) {}

        @Override
        protected long next(
                int number,
                long previousDelay,
                Object value,
                Throwable failure,
                long asked,
                Call call,
                long now,
                long nanosLeft) {
            return number < 2 ? 0 : STOP;
        }

        @Override
        protected long maxNanos() {
            return NO_LIMIT;
        }

        @Override
        protected Object gaveUp(Object value, int attempts) {
            return value;
        }
    }

    /** Another attempt when the first has failed. */
    private static final class Beside extends Race<Object> {
        Beside(Environment environment) {
            super("beside", environment);
        }

        @Override
        protected int attempts() {
            return 2;
        }

        @Override
        protected Classifier<? super Object> classifier() {
            return Failover.FAILED;
        }

        @Override
        protected long headStart(Call call) {
            return HOLD;
        }

        @Override
        protected long next(Heat<Object> heat, long now) {
            return heat.started() < 2 ? START : HOLD;
        }
    }

    /** A cache that refuses. */
    private static final class Refusing extends Recovery<Object> {
        private final boolean throwsIt;

        Refusing(Environment environment, boolean throwsIt) {
            super("refusing", environment);
            this.throwsIt = throwsIt;
        }

        @Override
        protected Classifier<? super Object> classifier() {
            return Failover.FAILED;
        }

        @Override
        protected int steps() {
            return 1;
        }

        @Override
        protected CompletionStage<Object> step(int number, Outcome<Object> replaced, Call call) {
            if (throwsIt) {
                throw new Refused();
            }
            return CompletableFuture.failedFuture(new Refused());
        }
    }

    private Function<String, Policy<?>> guard(String name) {
        return node -> {
            Door door = doors.computeIfAbsent(node, of -> new Door("door of " + of, fleet.time));
            return switch (name) {
                case "retry" -> Pipeline.of(new Twice(fleet.time), door);
                case "race" -> Pipeline.of(new Beside(fleet.time), door);
                case "fallback that throws" -> Pipeline.of(new Refusing(fleet.time, true), door);
                case "fallback" -> Pipeline.of(new Refusing(fleet.time, false), door);
                default -> door;
            };
        };
    }

    static Stream<Arguments> guards() {
        return Stream.of("retry", "race", "fallback that throws", "fallback")
                .flatMap(guard -> Stream.of(Arguments.of(guard, false), Arguments.of(guard, true)));
    }

    private Replicas<String> replicas(String guard) {
        return fleet.inTurn().guard(guard(guard)).build();
    }

    /** Takes the money, and then fails; the node's own policies let nobody in after that. */
    private Outcome<String> pay(boolean async, Replicas<String> replicas, Policy<Object> policies, Exception failure) {
        if (async) {
            CompletableFuture<String> paying = replicas.through(policies).callAsync(node -> {
                take(node);
                return CompletableFuture.<String>failedFuture(failure);
            });
            return fleet.time.join(paying.handle(
                    (value, thrown) -> thrown == null ? Outcome.ofResult(value) : Outcome.ofFailure(thrown)));
        }
        try {
            return Outcome.ofResult(replicas.through(policies).<String, Exception>call(node -> {
                take(node);
                throw failure;
            }));
        } catch (Throwable thrown) {
            return Outcome.ofFailure(thrown);
        }
    }

    private void take(String node) {
        paid.add(node);
        doors.get(node).shut = true;
    }

    @ParameterizedTest
    @MethodSource("guards")
    @DisplayName("FO-10 a refusal that a node's policies put in the place of what its work came to leads nowhere")
    void replacedByRefusal(String guard, boolean async) {
        Replicas<String> replicas = replicas(guard);
        Failover<Object> failover = Failover.builder("orders")
                .environment(fleet.time)
                .over(replicas)
                .build();

        Throwable thrown =
                pay(async, replicas, failover, new IOException("reset")).failure();

        assertThat(thrown).isInstanceOf(RejectedException.class).isNotInstanceOf(NoNodeException.class);
        assertThat(paid).containsExactly("a");
        assertThat(failover.counts().notRepeatable()).isEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("guards")
    @DisplayName("FO-10 a balancer takes it for a failure as well, and does not say that no node has taken the call")
    void balancer(String guard, boolean async) {
        Replicas<String> replicas = replicas(guard);

        Throwable thrown = pay(async, replicas, replicas.balancer(), new IOException("reset"))
                .failure();

        assertThat(thrown).isInstanceOf(RejectedException.class).isNotInstanceOf(NoNodeException.class);
        assertThat(paid).containsExactly("a");
    }

    @ParameterizedTest
    @MethodSource("guards")
    @DisplayName("FO-10 what policies inside of the failover put in its place leads nowhere either")
    void insideOfTheRace(String guard, boolean async) {
        Replicas<String> replicas = replicas("door");
        Failover<Object> failover = Failover.builder("orders")
                .environment(fleet.time)
                .over(replicas)
                .build();
        @SuppressWarnings("unchecked")
        Policy<Object> inside = (Policy<Object>)
                ((Pipeline<?>) guard(guard).apply("x")).policies().get(0);

        pay(async, replicas, Pipeline.of(failover, inside), new IOException("reset"));

        assertThat(paid).containsExactly("a");
    }

    @ParameterizedTest
    @MethodSource("guards")
    @DisplayName("FO-10 where nothing has begun the next node is asked, whatever policies there are")
    void nothingBegun(String guard, boolean async) {
        Replicas<String> replicas = replicas(guard);
        doors.get("a").shut = true;
        fleet.works("b", Duration.ofMillis(1));

        assertThat(fleet.call(async, replicas, replicas.balancer()).result()).contains("b");
        assertThat(fleet.asked).containsExactly("b");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("FO-10 that the last connection was refused says nothing about a try before it at the same node")
    void lastOfSeveral(boolean async) {
        Replicas<String> replicas = fleet.inTurn()
                .guard(node -> {
                    doors.put(node, new Door(node, fleet.time));
                    return new Twice(fleet.time);
                })
                .build();
        Failover<Object> failover = Failover.builder("orders")
                .environment(fleet.time)
                .over(replicas)
                .build();

        pay(async, replicas, failover, new ConnectException());

        assertThat(paid).containsExactly("a", "a");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("LB-5 a node whose client refuses inside of the work has failed, and attracts nobody")
    void clientRefuses(boolean async) {
        Replicas<String> replicas = fleet.builder().nodes(fleet.names()).build();
        fleet.fails("a", new Refused());

        for (int i = 0; i < 100; i++) {
            fleet.call(async, replicas, replicas.balancer());
        }

        assertThat(fleet.asked.stream().filter("a"::equals)).hasSize(1);
        assertThat(fleet.status(replicas, "a").failed()).isEqualTo(1);
        assertThat(fleet.status(replicas, "a").cost()).isGreaterThan(Duration.ofSeconds(1));
    }

    @Test
    @DisplayName("no time is too little, also where no minimum is asked for: nothing is taken from the budget")
    void noTimeLeft() {
        Budget budget = Budget.ofDefaults();
        Replicas<String> replicas = fleet.inTurn().build();
        Failover<Object> failover = Failover.builder("f")
                .environment(fleet.time)
                .over(replicas)
                .repeatable()
                .minimumTime(Duration.ZERO)
                .budget(budget)
                .build();
        long before = budget.available();

        assertThatThrownBy(() -> fleet.time.within(
                        Duration.ofMillis(50),
                        () -> replicas.through(failover).call(node -> {
                            fleet.advance(Duration.ofMillis(60));
                            throw new IOException();
                        })))
                .isInstanceOf(Exception.class);

        assertThat(failover.counts().noTime()).isEqualTo(1);
        assertThat(budget.available()).isEqualTo(before);
    }

    @Test
    @DisplayName(
            "calls through a failover over other nodes are refused when they are set up, also inside of a pipeline")
    void otherNodes() {
        Replicas<String> stocks = fleet.inTurn().build();
        Replicas<String> orders = Replicas.<String>builder("orders")
                .environment(fleet.time)
                .node("o", "o")
                .build();
        Failover<Object> failover =
                Failover.builder("f").environment(fleet.time).over(orders).build();

        for (Policy<Object> policies : List.<Policy<Object>>of(
                failover, Pipeline.of(new Door("door", fleet.time), Pipeline.of(failover, new Twice(fleet.time))))) {
            assertThatThrownBy(() -> stocks.through(policies))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'orders'")
                    .hasMessageContaining("'fleet'");
        }
        String asked = orders.through(failover).call(node -> node);
        assertThat(asked).isEqualTo("o");
    }
}

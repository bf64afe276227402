// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Budget;
import dev.holdfast.Event;
import dev.holdfast.Meter;
import dev.holdfast.Outcome;
import dev.holdfast.Pipeline;
import dev.holdfast.RejectedException;
import dev.holdfast.settings.PolicyType;
import dev.holdfast.testkit.Script;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class FailoverTest {
    private static final Duration DELAY = Duration.ofMillis(30);
    private final Fleet fleet = new Fleet("abcd");
    private final Map<String, Door> doors = new HashMap<>();
    private final Replicas<String> replicas = fleet.inTurn()
            .eject(Ejection.never())
            .guard(node -> doors.computeIfAbsent(node, name -> new Door("door of " + name, fleet.time)))
            .build();

    private FailoverBuilder<Object> failover() {
        return Failover.builder("f").environment(fleet.time).over(replicas);
    }

    private Outcome<String> call(boolean async, Failover<Object> failover) {
        return fleet.call(async, replicas, failover);
    }

    /** What a policy throws in whose name the work refuses. */
    private static final class Refused extends RejectedException {
        private static final long serialVersionUID = 1L;

        Refused() {
            super("client", UNKNOWN);
        }
    }

    private static Failover.Counts counts(
            long first,
            long other,
            long failed,
            long afterFailure,
            long afterRefusal,
            long notRepeatable,
            long noNode) {
        return new Failover.Counts(
                first, other, failed, 0, afterFailure, afterRefusal, 0, notRepeatable, noNode, 0, 0, 0);
    }

    private void untilQuiet() throws InterruptedException {
        for (int i = 0;
                i < 2_000
                        && fleet.names().stream()
                                .anyMatch(name -> fleet.at(name).underWay() > 0);
                i++) {
            fleet.advance(Duration.ZERO);
            Thread.sleep(1);
        }
        assertThat(replicas.nodes()).allMatch(node -> node.inFlight() == 0);
        assertThat(fleet.time.pendingTimers()).isZero();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    // ---- One after the other ----------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("FO-3 a failure leads to the next node, and the call gets its result")
    void next(boolean async) throws InterruptedException {
        Failover<Object> failover = failover().repeatable().build();
        fleet.fails("a");
        fleet.fails("b");

        assertThat(call(async, failover).result()).contains("c");

        assertThat(fleet.asked).containsExactly("a", "b", "c");
        assertThat(failover.counts()).isEqualTo(counts(0, 1, 0, 2, 0, 0, 0));
        untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("FO-3 all fail: the last failure, with the others as suppressed ones; each node once")
    void allFail(boolean async) throws InterruptedException {
        Failover<Object> failover = failover().repeatable().attempts(15).build();
        fleet.names().forEach(fleet::fails);

        Throwable failure = call(async, failover).failure();

        assertThat(failure).isInstanceOf(IOException.class).hasMessage("d");
        assertThat(failure.getSuppressed()).extracting(Throwable::getMessage).containsExactly("a", "b", "c");
        assertThat(fleet.asked).containsExactly("a", "b", "c", "d");
        assertThat(failover.counts()).isEqualTo(counts(0, 0, 1, 3, 0, 0, 1));
        untilQuiet();
    }

    @Test
    @DisplayName("attempts are bounded, by their number and by the budget, which refusals cost nothing of")
    void bounded() {
        Budget budget = Budget.of(3, 0, 0);
        Failover<Object> failover =
                failover().repeatable().attempts(2).budget(budget).build();
        fleet.names().forEach(fleet::fails);
        call(false, failover);
        assertThat(fleet.asked).containsExactly("a", "b");
        call(false, failover);
        call(false, failover);
        fleet.asked.clear();
        call(false, failover);
        assertThat(fleet.asked).hasSize(1);
        assertThat(failover.counts().overBudget()).isEqualTo(1);

        doors.values().forEach(door -> door.shut = true);
        doors.get("d").shut = false;
        fleet.works("d", Duration.ZERO);
        assertThat(call(false, failover).result()).contains("d");
        assertThat(budget.available()).isZero();
    }

    @Test
    @DisplayName("FO-9 one after the other needs no thread and no timer: all on the caller's thread")
    void onCallersThread() {
        List<Thread> threads = new ArrayList<>();
        Failover<Object> failover = failover()
                .repeatable()
                .runOn(task -> {
                    throw new RejectedExecutionException();
                })
                .build();

        String got = replicas.through(failover).<String, RuntimeException>call(node -> {
            threads.add(Thread.currentThread());
            assertThat(fleet.time.pendingTimers()).isZero();
            if (threads.size() < 3) {
                throw new IllegalStateException(node);
            }
            return node;
        });

        assertThat(got).isEqualTo("c");
        assertThat(threads).hasSize(3).containsOnly(Thread.currentThread());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("FO-9 no further attempt where less time is left than the minimum")
    void minimumTime(boolean async) {
        Failover<Object> failover =
                failover().repeatable().minimumTime(Duration.ofMillis(50)).build();
        fleet.is("a", Script.<String>of(fleet.time).fails(new IOException("a")).after(Duration.ofMillis(60)));
        Limit all = new Limit(Duration.ofMillis(100), fleet.time);

        assertThat(fleet.call(async, replicas, Pipeline.of(all, failover)).failure())
                .hasMessage("a");
        assertThat(failover.counts().noTime()).isEqualTo(1);
        Limit longer = new Limit(Duration.ofMillis(200), fleet.time);
        fleet.is("b", Script.<String>of(fleet.time).fails(new IOException("b")).after(Duration.ofMillis(60)));
        assertThat(fleet.call(async, replicas, Pipeline.of(longer, failover)).result())
                .contains("c");
    }

    @Test
    @DisplayName("FO-6 no node comes twice in a call, also where the list is replaced meanwhile")
    void listChanges() {
        Failover<Object> failover = failover().repeatable().attempts(10).build();
        List<String> asked = new ArrayList<>();

        assertThatThrownBy(() -> replicas.through(failover).<String, IOException>call(node -> {
                    asked.add(node);
                    replicas.replace(asked.size() % 2 == 0 ? fleet.names() : List.of("d", "c", "b", "a", "e"));
                    throw new IOException(node);
                }))
                .isInstanceOf(IOException.class);

        assertThat(asked).doesNotHaveDuplicates().contains("a", "b", "c", "d");
    }

    @Test
    @DisplayName("FO-6 a client that is made anew for the same node is not called again in the same call")
    void sameName() {
        record Client(String address, int version) {}
        Replicas<Client> clients = Replicas.<Client>builder("clients")
                .environment(fleet.time)
                .nameOf(Client::address)
                .nodes(List.of(new Client("one", 1), new Client("two", 1)))
                .pick(Pick.roundRobin())
                .build();
        Failover<Object> failover = Failover.builder("f")
                .environment(fleet.time)
                .over(clients)
                .repeatable()
                .attempts(9)
                .build();
        List<Client> asked = new ArrayList<>();

        assertThatThrownBy(() -> clients.through(failover).<String, IOException>call(client -> {
                    asked.add(client);
                    clients.replace(List.of(new Client("one", 2), new Client("two", 2)));
                    throw new IOException();
                }))
                .isInstanceOf(IOException.class);

        assertThat(asked).extracting(Client::address).containsExactly("one", "two");
        assertThat(clients.nodes()).extracting(NodeStatus::failed).containsExactly(1L, 1L);
    }

    // ---- Writes -----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("FO-10 a call that must not be made twice goes nowhere after a failure, nor after a timeout")
    void notRepeatable(boolean async) {
        Failover<Object> failover = failover().build();
        fleet.fails("a");
        assertThat(call(async, failover).failure()).hasMessage("a");
        assertThat(fleet.asked).containsExactly("a");

        fleet.hangs("b");
        Limit each = new Limit(Duration.ofMillis(20), fleet.time);
        assertThat(fleet.call(async, replicas, Pipeline.of(failover, each)).failure())
                .hasMessageContaining("took longer");
        assertThat(fleet.asked).containsExactly("a", "b");
        assertThat(failover.counts()).isEqualTo(counts(0, 0, 2, 0, 0, 2, 0));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "FO-10 it goes elsewhere where it has not arrived: refused connections, refusals, and what is said to be")
    void notSent(boolean async) {
        Failover<Object> failover = failover()
                .notSent(failure -> failure instanceof IllegalStateException)
                .build();
        fleet.fails("a", new ConnectException());
        doors.get("b").shut = true;
        fleet.fails("c", new IllegalStateException());

        Outcome<String> first = call(async, failover);
        assertThat(first.result()).contains("d");
        assertThat(fleet.asked).containsExactly("a", "c", "d");

        fleet.asked.clear();
        fleet.fails("b");
        doors.get("b").shut = false;
        call(async, failover);
        assertThat(fleet.asked).hasSizeLessThanOrEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("FO-10 a refusal that the work itself throws proves nothing: what it did before, nobody knows")
    void refusalOfWork(boolean async) {
        Failover<Object> failover = failover().build();
        fleet.fails("a", new Refused());

        assertThat(call(async, failover).failure())
                .isInstanceOf(Refused.class)
                .satisfies(refusal -> assertThat(refusal.getSuppressed())
                        .extracting(Throwable::getMessage)
                        .containsExactly("the work had begun at 'a'"));
        assertThat(fleet.asked).containsExactly("a");
        assertThat(call(async, failover().repeatable().build()).result()).contains("b");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("FO-10 an earlier attempt that may have arrived forbids a further one, whatever the last one says")
    void earlierMayHaveArrived(boolean async) {
        Failover<Object> failover =
                failover().repeatableIf(call -> fleet.asked.size() < 2).build();
        fleet.fails("a");
        fleet.fails("b", new ConnectException());

        assertThat(call(async, failover).failure()).isInstanceOf(ConnectException.class);
        assertThat(fleet.asked).containsExactly("a", "b");
    }

    @Test
    @DisplayName("FO-10 which calls may be made twice can be told by the call")
    void repeatableIf() {
        Failover<Object> failover = failover()
                .repeatableIf(call -> call.argument()
                        .map(both -> ((List<?>) both).get(1).equals("read"))
                        .orElse(false))
                .build();
        Function<String, String> work = replicas.through(failover).function((node, what) -> {
            fleet.asked.add(node);
            if (node.equals("a") || node.equals("b")) {
                throw new IllegalStateException(what);
            }
            return node;
        });

        assertThat(work.apply("read")).isEqualTo("c");
        assertThatThrownBy(() -> work.apply("write")).hasMessage("write");
        assertThat(fleet.asked).containsExactly("a", "b", "c", "b");
    }

    // ---- Refusals ---------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "FO-7 all refuse: one exception with the cause of each node, and the least time after which to try again")
    void allRefuse(boolean async) {
        Failover<Object> failover = failover().attempts(1).build();
        doors.values().forEach(door -> door.shut = true);
        doors.get("b").retryAfter = Duration.ofSeconds(7).toNanos();
        doors.get("c").retryAfter = Duration.ofSeconds(3).toNanos();

        Throwable failure = call(async, failover).failure();

        assertThat(failure).isInstanceOf(NoNodeException.class).satisfies(thrown -> {
            NoNodeException refused = (NoNodeException) thrown;
            assertThat(refused.retryAfter()).contains(Duration.ofSeconds(3));
            assertThat(refused.refusals().keySet()).containsExactly("a", "b", "c", "d");
            assertThat(refused.refusals().get("b")).isSameAs(refused.getSuppressed()[0]);
            assertThat(refused.getMessage())
                    .startsWith(
                            "'f' got a refusal of each node: 'a' ('door of a' is shut) 'b' ('door of b' is shut; retry after PT7S)");
        });
        assertThat(fleet.asked).isEmpty();
        assertThat(replicas.nodes()).allMatch(node -> node.inFlight() == 0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("FO-7 a failure at a node says more than that the next one has refused")
    void failureThenRefusal(boolean async) {
        Failover<Object> failover = failover().repeatable().build();
        fleet.fails("a");
        List.of("b", "c", "d").forEach(name -> doors.get(name).shut = true);

        Throwable failure = call(async, failover).failure();

        assertThat(failure).isInstanceOf(IOException.class).hasMessage("a");
        assertThat(failure.getSuppressed()).hasSize(3).allMatch(RejectedException.class::isInstance);
    }

    @Test
    @DisplayName("an exception that is thrown again and again does not grow")
    void sharedExceptions() {
        Failover<Object> failover = failover().repeatable().withoutBudget().build();
        List.of("b", "c", "d").forEach(name -> doors.get(name).shut = true);
        fleet.fails("a");
        for (int i = 0; i < 20; i++) {
            call(false, failover);
        }
        Throwable failure = call(false, failover).failure();

        assertThat(failure).hasMessage("a");
        assertThat(failure.getSuppressed()).hasSizeLessThanOrEqualTo(16);
    }

    @Test
    @DisplayName("policies without a race over the replicas are refused, and the work gets no node that is none")
    void withoutRace() {
        Limit limit = new Limit(Duration.ofSeconds(1), fleet.time);

        assertThatThrownBy(() ->
                        replicas.through(limit).function((node, x) -> node).apply("x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected: policies of which one is the race over these replicas");
        assertThatThrownBy(() -> replicas.through(limit).call(node -> node))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("LB-8 without nodes calls are refused by an exception of their own")
    void noNodes() {
        Replicas<String> none = fleet.builder().build();
        Failover<Object> failover =
                Failover.builder("f").environment(fleet.time).over(none).build();

        assertThat(fleet.call(none, failover).failure())
                .isInstanceOf(NoNodeException.class)
                .hasMessage("'fleet' has no nodes");
        assertThat(fleet.call(true, none, failover).failure()).isInstanceOf(NoNodeException.class);
    }

    @Test
    @DisplayName("a call that is committed goes nowhere")
    void committed() {
        Failover<Object> failover = failover().repeatable().build();
        Pipeline<Object> pipeline = Pipeline.of(failover);
        pipeline.on(Event.CallCompleted.class, event -> {});
        doors.get("a").on(Event.CallEnded.class, event -> event.call().commit());
        fleet.fails("a");

        assertThat(fleet.call(replicas, pipeline).failure()).hasMessage("a");
        assertThat(fleet.asked).containsExactly("a");
    }

    // ---- While another is under way ---------------------------------------------------------------------------------

    private FailoverBuilder<Object> overlapping() {
        return failover().repeatable().nextAfter(DELAY).runOn(fleet.time.threads());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("the next node is called while one takes long, and at once when one fails; the first success wins")
    void nextAfter(boolean async) throws InterruptedException {
        Failover<Object> failover = overlapping().build();
        fleet.hangs("a");
        fleet.is("b", Script.<String>of(fleet.time).fails(new IOException()).after(Duration.ofMillis(5)));
        fleet.works("c", Duration.ofMillis(10));

        assertThat(call(async, failover).result()).contains("c");

        assertThat(fleet.at("b").starts()).containsExactly(DELAY);
        assertThat(fleet.at("c").starts()).containsExactly(Duration.ofMillis(35));
        untilQuiet();
        assertThat(failover.counts().late()).isEqualTo(1);
        assertThat(failover.counts().afterFailure()).isEqualTo(1);
        assertThat(fleet.status(replicas, "a").ignored()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("a node that answers in time is the only one")
    void inTime(boolean async) throws InterruptedException {
        Failover<Object> failover = overlapping().build();

        assertThat(call(async, failover).result()).contains("a");

        assertThat(fleet.asked).containsExactly("a");
        untilQuiet();
    }

    @Test
    @DisplayName("where there is no thread none is called, and the budget gets its token back")
    void noThread() {
        Budget budget = Budget.of(5, 0, 0);
        Failover<Object> failover = overlapping()
                .budget(budget)
                .runOn(task -> {
                    throw new RejectedExecutionException();
                })
                .build();
        fleet.works("a", Duration.ofMillis(100));

        assertThat(call(false, failover).result()).contains("a");

        assertThat(failover.counts().noThread()).isPositive();
        assertThat(budget.available()).isEqualTo(5);
    }

    // ---- Settings ---------------------------------------------------------------------------------------------------

    @Test
    @DisplayName(
            "what cannot be meant is refused: no nodes, attempts side by side of what must not be made twice, other environments")
    void refused() {
        assertThatThrownBy(() -> Failover.builder("f").build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("over: missing (expected: nodes, which are given in code, by over(...))");
        assertThatThrownBy(() -> failover().nextAfter(DELAY).build())
                .hasMessageStartingWith("nextAfter: 30ms (expected: not without saying which calls may be made twice");
        assertThatThrownBy(() -> failover().environment(VirtualTime.create()).build())
                .hasMessageStartingWith("environment of Replicas['fleet' 4/4 up, round robin]");
        assertThatThrownBy(() -> failover().attempts(0)).hasMessage("attempts: 0 (expected: 1 to 15)");
        assertThatThrownBy(() -> failover().build().call(() -> "no node"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("work that is not given what to work on");
    }

    @Test
    @DisplayName("settings change in use, also by name; the nodes stay")
    void reconfigure() {
        Failover<Object> failover = failover().repeatable().build();
        failover.reconfigure(to -> to.attempts(1));
        fleet.fails("a");
        assertThat(call(false, failover).failure()).hasMessage("a");

        PolicyType<?, ?> type = PolicyType.all().stream()
                .filter(each -> each.isTypeOf(failover))
                .findFirst()
                .orElseThrow();
        assertThat(type.needsCode()).isTrue();
        type.applyTo(failover, Map.of("attempts", 2, "next-after", "5ms", "minimum-time", "2ms", "budget", "none"));
        assertThat(failover).hasToString("Failover['f' 2 attempts, after a failure or 5ms]");
        assertThat(failover.meters())
                .filteredOn(meter -> meter.name().endsWith("available"))
                .singleElement()
                .extracting(Meter::value)
                .isEqualTo(Double.NaN);
        type.applyTo(failover, Map.of("attempts", 2));
        assertThat(failover).hasToString("Failover['f' 2 attempts, after a failure]");
        assertThatThrownBy(
                        () -> failover.reconfigure(to -> to.over(fleet.inTurn().build())))
                .hasMessageStartingWith("replicas of a reconfiguration");
        assertThatThrownBy(() -> failover.reconfigure(to -> to.repeatableIf(call -> true)))
                .hasMessageStartingWith("repeatableIf: new");
    }

    @Test
    @DisplayName("results can be failures, and the caller gets the last one where all are")
    void results() {
        Failover<String> failover = Failover.builder("f", String.class)
                .environment(fleet.time)
                .over(replicas)
                .repeatable()
                .attempts(2)
                .<String>classify(so -> so.failOnResult(String.class, "a"::equals))
                .build();

        String second = replicas.through(failover).call(node -> node);
        String last = replicas.through(failover).call(node -> "a");

        assertThat(second).isEqualTo("b");
        assertThat(last).isEqualTo("a");
    }
}

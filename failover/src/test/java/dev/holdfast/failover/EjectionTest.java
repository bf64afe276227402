// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Pipeline;
import dev.holdfast.testkit.Script;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class EjectionTest {
    private static final Duration BASE = Duration.ofSeconds(30);
    private static final Duration MAX = Duration.ofSeconds(100);
    private final Fleet fleet = new Fleet("abc");
    private final List<String> told = new ArrayList<>();

    private static Ejection after(int failures) {
        return Ejection.afterFailures(failures).lasting(BASE, MAX).jitter(0);
    }

    private Replicas<String> replicas(Ejection ejection) {
        return listening(fleet.inTurn().eject(ejection).ramp(Duration.ZERO).build());
    }

    private Replicas<String> listening(Replicas<String> replicas) {
        replicas.on(NodeChanged.class, event -> told.add(event.node() + " " + event.from() + " " + event.to()));
        replicas.on(PanicChanged.class, event -> told.add(event.panics() ? "panic" : "no panic"));
        return replicas;
    }

    private void call(Replicas<String> replicas, int times) {
        for (int i = 0; i < times; i++) {
            fleet.call(replicas);
        }
    }

    // ---- In a row ---------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("a node that fails so many times in a row gets no more calls, and is told of with the reason")
    void inARow(boolean async) {
        Replicas<String> replicas = replicas(after(3));
        fleet.fails("b");
        for (int i = 0; i < 9; i++) {
            fleet.call(async, replicas, replicas.balancer());
        }

        assertThat(fleet.state(replicas, "b")).isEqualTo(NodeState.EJECTED);
        assertThat(fleet.status(replicas, "b").why()).isEqualTo("3 failures in a row: java.io.IOException");
        assertThat(told).containsExactly("b UP EJECTED");
        assertThat(fleet.shares(replicas, 20)).isEqualTo(Map.of("a", 10, "b", 0, "c", 10));
        assertThat(fleet.time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("a success in between starts the count anew; what is no evidence does not")
    void successInBetween() {
        Replicas<String> replicas = replicas(after(3));
        fleet.is(
                "b",
                Script.<String>of(fleet.time)
                        .fails(new IOException())
                        .times(2)
                        .gives("b")
                        .fails(new IOException())
                        .times(2)
                        .fails(new CancellationException())
                        .fails(new IOException()));
        call(replicas, 3 * 6);
        assertThat(fleet.state(replicas, "b")).isEqualTo(NodeState.UP);

        call(replicas, 3);
        assertThat(fleet.state(replicas, "b")).isEqualTo(NodeState.EJECTED);
    }

    @Test
    @DisplayName("a call that its own timeout has ended is a failure of the node, also where the work is deaf")
    void timeout() {
        Replicas<String> replicas = replicas(after(1));
        fleet.is(
                "a",
                Script.<String>of(fleet.time)
                        .gives("late")
                        .after(Duration.ofSeconds(9))
                        .deaf());
        Limit each = new Limit(Duration.ofMillis(100), fleet.time);

        assertThat(fleet.call(replicas, Pipeline.of(replicas.balancer(), each)).failure())
                .hasMessageContaining("took longer");

        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.EJECTED);
        assertThat(fleet.status(replicas, "a").inFlight()).isZero();
    }

    @Test
    @DisplayName("what is a failure can be said, and rules of the pipeline come first")
    void classify() {
        Replicas<String> replicas = listening(fleet.inTurn()
                .eject(after(1))
                .classify(so -> so.ignore(IllegalArgumentException.class))
                .build());
        fleet.fails("a", new IllegalArgumentException());
        fleet.fails("b", new IllegalStateException());
        call(replicas, 1);
        fleet.call(
                replicas,
                Pipeline.<Object>of(replicas.balancer())
                        .classifying(dev.holdfast.Classifier.standard().ignore(IllegalStateException.class)));
        assertThat(told).isEmpty();

        call(replicas, 3);
        assertThat(told).containsExactly("b UP EJECTED");
    }

    // ---- How long ---------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("LB-3 a node is out for the base time, then twice that, up to the most; each time one call decides")
    void howLong() {
        Replicas<String> replicas = replicas(after(1));
        atOnce();
        fleet.fails("a");
        call(replicas, 1);
        for (long seconds : new long[] {30, 60, 90, 100, 100}) {
            assertThat(fleet.status(replicas, "a").ejectedFor()).isEqualTo(Duration.ofSeconds(seconds));
            fleet.advance(Duration.ofSeconds(seconds).minusNanos(1));
            assertThat(fleet.shares(replicas, 10).get("a")).isZero();
            fleet.advance(Duration.ofNanos(1));
            assertThat(fleet.shares(replicas, 10).get("a")).isEqualTo(1);
            assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.EJECTED);
        }
        assertThat(fleet.status(replicas, "a").ejections()).isEqualTo(4);
        assertThat(told).hasSize(11).containsSubsequence("a UP EJECTED", "a EJECTED TRIAL", "a TRIAL EJECTED");
    }

    private void atOnce() {
        fleet.names().forEach(name -> fleet.works(name, Duration.ZERO));
    }

    @Test
    @DisplayName(
            "LB-3 the factor falls by one for each ten seconds in which the node has served a call, and not by time alone")
    void shrinks() {
        Replicas<String> replicas = replicas(after(1));
        atOnce();
        fleet.fails("a");
        call(replicas, 1);
        fleet.advance(BASE);
        call(replicas, 1);
        fleet.advance(BASE.multipliedBy(2));
        fleet.works("a", Duration.ZERO);
        call(replicas, 1);
        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.UP);
        assertThat(fleet.status(replicas, "a").ejections()).isEqualTo(2);

        fleet.advance(Duration.ofSeconds(9));
        call(replicas, 6);
        assertThat(fleet.status(replicas, "a").ejections()).isEqualTo(2);
        fleet.advance(Duration.ofHours(1));
        assertThat(fleet.status(replicas, "a").ejections()).isEqualTo(2);
        call(replicas, 9);
        assertThat(fleet.status(replicas, "a").ejections()).isEqualTo(1);
        fleet.advance(Duration.ofSeconds(10));
        call(replicas, 9);
        assertThat(fleet.status(replicas, "a").ejections()).isZero();

        fleet.fails("a");
        call(replicas, 3);
        assertThat(fleet.status(replicas, "a").ejectedFor()).isEqualTo(BASE);
    }

    @Test
    @DisplayName("LB-9 many clients do not all try a node at the same moment")
    void jitter() {
        List<Duration> times = IntStream.range(0, 50)
                .mapToObj(i -> {
                    Replicas<String> replicas = replicas(after(1).jitter(.2));
                    fleet.fails("a");
                    call(replicas, 1);
                    return fleet.status(replicas, "a").ejectedFor();
                })
                .toList();

        assertThat(times).allMatch(time -> time.compareTo(BASE) >= 0 && time.compareTo(Duration.ofSeconds(36)) <= 0);
        assertThat(times.stream().map(Duration::toSeconds).distinct()).hasSizeGreaterThan(4);
    }

    @Test
    @DisplayName(
            "one call at a time decides; one that is no evidence leaves it to the next; one that hangs, after the base time to another")
    void trial() {
        Replicas<String> replicas = replicas(after(1));
        atOnce();
        fleet.fails("a");
        call(replicas, 1);
        fleet.advance(BASE);
        fleet.hangs("a");

        CompletableFuture<String> hanging =
                replicas.callAsync(node -> fleet.at(node).stage());
        assertThat(fleet.status(replicas, "a").inFlight()).isEqualTo(1);
        assertThat(fleet.shares(replicas, 10).get("a")).isZero();
        fleet.cancel(hanging);
        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.TRIAL);

        CompletableFuture<String> next =
                replicas.callAsync(node -> fleet.at(node).stage());
        assertThat(fleet.status(replicas, "a").inFlight()).isEqualTo(1);
        fleet.advance(BASE);
        fleet.works("a", Duration.ZERO);
        assertThat(fleet.call(replicas).result()).contains("a");
        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.UP);
        fleet.cancel(next);
        assertThat(fleet.status(replicas, "a").inFlight()).isZero();
    }

    @Test
    @DisplayName("LB-6 what was let in before an ejection decides nothing on trial, nor after it")
    void lateResults() {
        Replicas<String> replicas = replicas(after(2));
        Script<String> slow =
                Script.<String>of(fleet.time).fails(new IOException()).after(Duration.ofMinutes(2));
        fleet.is("a", slow);
        List<CompletableFuture<String>> slowOnes = new ArrayList<>();
        for (int i = 0; i < 15; i++) {
            slowOnes.add(replicas.callAsync(node -> fleet.at(node).stage()));
        }
        fleet.fails("a");
        call(replicas, 6);
        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.EJECTED);

        fleet.advance(BASE);
        fleet.works("a", Duration.ofMillis(1));
        call(replicas, 1);
        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.UP);
        fleet.advance(Duration.ofMinutes(3));

        assertThat(slowOnes).allMatch(CompletableFuture::isDone);
        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.UP);
        assertThat(fleet.status(replicas, "a").inFlight()).isZero();
    }

    @Test
    @DisplayName("after its return a node is ejected by as many failures as before, no more and no fewer")
    void countsAnew() {
        Replicas<String> replicas = replicas(after(3));
        atOnce();
        fleet.fails("a");
        call(replicas, 9);
        fleet.advance(BASE);
        fleet.works("a", Duration.ZERO);
        call(replicas, 1);
        fleet.fails("a");
        fleet.asked.clear();
        while (fleet.state(replicas, "a") == NodeState.UP) {
            call(replicas, 1);
        }

        assertThat(fleet.asked).filteredOn("a"::equals).hasSize(3);
    }

    // ---- How many ---------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("LB-2 the last node stays, whatever it does; when another is back, it may be ejected")
    void lastStays() {
        Replicas<String> replicas = replicas(after(2).atMost(1));
        for (String name : fleet.names()) {
            fleet.fails(name);
        }
        call(replicas, 100);

        assertThat(replicas.nodes())
                .filteredOn(node -> node.state() == NodeState.EJECTED)
                .hasSize(2);
        assertThat(replicas.meters())
                .filteredOn(meter -> meter.name().equals("holdfast.replicas.spared"))
                .singleElement()
                .matches(meter -> meter.value() > 0);
    }

    @Test
    @DisplayName("LB-2 one of two may be out, and one alone never is")
    void smallSets() {
        Replicas<String> two = fleet.builder()
                .nodes(List.of("a", "b"))
                .eject(after(1).atMost(.1))
                .build();
        fleet.fails("a");
        fleet.fails("b");
        call(two, 20);
        assertThat(two.nodes())
                .filteredOn(node -> node.state() == NodeState.EJECTED)
                .hasSize(1);

        Replicas<String> one =
                fleet.builder().nodes(List.of("a")).eject(after(1)).build();
        call(one, 20);
        assertThat(fleet.state(one, "a")).isEqualTo(NodeState.UP);
    }

    @Test
    @DisplayName("LB-2 when the list becomes shorter, those come back that would be first")
    void shorterList() {
        Replicas<String> replicas = replicas(after(1).atMost(.7));
        atOnce();
        fleet.fails("a");
        call(replicas, 1);
        fleet.advance(Duration.ofSeconds(1));
        fleet.fails("b");
        call(replicas, 2);
        assertThat(replicas.nodes())
                .filteredOn(node -> node.state() == NodeState.EJECTED)
                .hasSize(2);

        replicas.replace(List.of("a", "b"));

        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.UP);
        assertThat(fleet.state(replicas, "b")).isEqualTo(NodeState.EJECTED);
    }

    // ---- Beside the others ------------------------------------------------------------------------------------------

    /** Fails so often that it is never twice in a row. */
    private void flaky(String name, int each) {
        Script<String> script = Script.of(fleet.time);
        for (int i = 0; i < 3_000; i++) {
            if (i % each == 0) {
                script.fails(new IOException());
            } else {
                script.gives(name);
            }
        }
        fleet.is(name, script);
    }

    private static Ejection worse() {
        return after(1_000_000).comparing(5, 20);
    }

    private Replicas<String> five(Ejection ejection) {
        Fleet more = new Fleet("abcde", fleet.time);
        more.names().forEach(name -> fleet.works(name, Duration.ofMillis(10)));
        return replicas(ejection);
    }

    @Test
    @DisplayName(
            "a node that succeeds less often than the others is ejected after ten seconds, whatever comes in a row")
    void worseThanOthers() {
        Replicas<String> replicas = five(worse().orWorseThanOthers(1.9, .05));
        flaky("c", 3);
        call(replicas, 1_400);

        assertThat(told).containsExactly("c UP EJECTED");
        assertThat(fleet.status(replicas, "c").why())
                .startsWith("success rate 66.")
                .contains("the mean is 93.");
    }

    @Test
    @DisplayName("one of five that is hardly worse than the others stays: there is a minimum deficit")
    void hardlyWorse() {
        Replicas<String> replicas = five(worse().orWorseThanOthers(1.9, .05));
        flaky("c", 30);
        call(replicas, 3_000);

        assertThat(told).isEmpty();
    }

    @Test
    @DisplayName("of three of ten that always fail none is below the threshold, but all are beneath the floor")
    void floor() {
        Fleet more = new Fleet("abcdefghij", fleet.time);
        more.names().forEach(name -> fleet.works(name, Duration.ofMillis(10)));
        Replicas<String> replicas = replicas(worse().orWorseThanOthers(1.9, .05));
        Replicas<String> floored = replicas(worse().orWorseThanOthers(1.9, .05).below(.5));
        List.of("b", "e", "h").forEach(fleet::fails);
        call(replicas, 2_000);
        assertThat(told).isEmpty();

        call(floored, 2_000);
        assertThat(told).containsExactlyInAnyOrder("b UP EJECTED", "e UP EJECTED", "h UP EJECTED");
    }

    @Test
    @DisplayName("with too few nodes or calls nothing is compared, and what is older than two periods is not looked at")
    void tooLittle() {
        Replicas<String> replicas = replicas(worse().orWorseThanOthers(1.9, .05).comparing(5, 20));
        flaky("c", 2);
        call(replicas, 1_500);
        assertThat(told).isEmpty();

        Replicas<String> five = five(worse().orWorseThanOthers(1.9, .05).comparing(5, 400));
        flaky("c", 2);
        call(five, 1_500);
        assertThat(told).isEmpty();

        Replicas<String> rare = five(worse().orWorseThanOthers(1.9, .05));
        flaky("c", 2);
        call(rare, 500);
        fleet.advance(Duration.ofMinutes(1));
        call(rare, 5);
        assertThat(told).isEmpty();
    }

    // ---- Panic ------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("LB-4 where too few nodes are up all get calls, with one event each way")
    void panic() {
        Replicas<String> replicas = listening(fleet.inTurn()
                .eject(after(1).atMost(1))
                .ramp(Duration.ZERO)
                .panicBelow(.5)
                .build());
        atOnce();
        fleet.fails("a");
        fleet.fails("b");
        call(replicas, 3);
        assertThat(told).containsExactly("a UP EJECTED", "b UP EJECTED", "panic");

        assertThat(fleet.shares(replicas, 30)).isEqualTo(Map.of("a", 10, "b", 10, "c", 10));
        assertThat(told).hasSize(3);
        assertThat(replicas.readiness().reason()).isEqualTo("1 of 3 nodes up");

        fleet.works("a", Duration.ZERO);
        fleet.advance(BASE);
        call(replicas, 4);
        assertThat(told).filteredOn(text -> text.contains("panic")).containsExactly("panic", "no panic");
        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.UP);
    }

    @Test
    @DisplayName("LB-4 without a panic calls are refused where no node is up, which says when to try again")
    void withoutPanic() {
        Replicas<String> replicas =
                fleet.inTurn().eject(Ejection.never()).panicBelow(0).build();
        replicas.follow((dev.holdfast.Detector<String>) watcher -> {
            fleet.names().forEach(name -> watcher.changed(name, false, "silent"));
            return () -> {};
        });

        assertThatThrownBy(() -> replicas.call(fleet::ask))
                .isInstanceOf(NoNodeException.class)
                .hasMessage("'fleet' has no node that is up, of 3: 'a' SUSPECTED, 'b' SUSPECTED, 'c' SUSPECTED");
        assertThat(replicas.readiness().state()).isEqualTo(dev.holdfast.Readiness.State.DOWN);
    }

    // ---- Warming up -------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("LB-9 a node that is back gets a tenth of its share at first, and all of it after the window")
    void ramp() {
        Replicas<String> replicas = listening(fleet.builder()
                .pick(Pick.random())
                .nodes(fleet.names())
                .eject(after(1))
                .ramp(Duration.ofSeconds(60))
                .build());
        atOnce();
        fleet.fails("a");
        call(replicas, 30);
        fleet.works("a", Duration.ZERO);
        fleet.advance(BASE);
        call(replicas, 1);
        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.UP);

        assertThat(shareOfA(replicas)).isBetween(.03, .07);
        fleet.advance(Duration.ofSeconds(30));
        assertThat(fleet.status(replicas, "a").warmth()).isEqualTo(.5);
        assertThat(shareOfA(replicas)).isBetween(.17, .23);
        fleet.advance(Duration.ofSeconds(30));
        assertThat(shareOfA(replicas)).isBetween(.30, .37);
        assertThat(fleet.status(replicas, "a").warmth()).isEqualTo(1);
    }

    private double shareOfA(Replicas<String> replicas) {
        return fleet.shares(replicas, 3_000).get("a") / 3_000.0;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Event;
import dev.holdfast.Meter;
import dev.holdfast.Readiness.State;
import dev.holdfast.Subscription;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HeartbeatsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final long S = 1_000_000_000L;

    private final VirtualTime time = VirtualTime.create();
    private final List<String> heard = new ArrayList<>();

    private Heartbeats<String> deadline(Duration limit) {
        return Heartbeats.<String>builder("nodes")
                .environment(time)
                .deadline(limit)
                .build();
    }

    private void hear(String node, boolean isUp, String why) {
        heard.add((isUp ? "+" : "-") + node + " at " + time.nanoTime() + ": " + why);
    }

    private static double meter(dev.holdfast.Metered source, String name, String... label) {
        return source.meters().stream()
                .filter(meter -> meter.name().equals(name)
                        && (label.length == 0 || meter.labels().containsValue(label[0])))
                .mapToDouble(Meter::value)
                .findFirst()
                .orElseThrow();
    }

    @Test
    @DisplayName(
            "FD-2 a node that falls silent is suspected a deadline after its last beat, to the nanosecond, and stays so")
    void deadline() {
        Heartbeats<String> beats = deadline(Duration.ofSeconds(3));
        beats.follow(this::hear);
        for (int i = 0; i < 5; i++) {
            assertThat(beats.beat("a")).isTrue();
            time.advance(SECOND);
        }
        long last = 4 * S;
        time.advance(Duration.ofNanos(2 * S - 1));
        assertThat(beats.isSuspected("a")).isFalse();
        assertThat(heard).isEmpty();
        time.advance(Duration.ofNanos(1));
        assertThat(heard).containsExactly("-a at " + (last + 3 * S) + ": no beat for 3s (deadline 3s)");
        assertThat(beats.isSuspected("a")).isTrue();
        time.advance(Duration.ofHours(4));
        assertThat(beats.isSuspected("a")).isTrue();
        assertThat(heard).hasSize(1);
        assertThat(beats.suspicion("a")).isGreaterThan(4e3);
        beats.beat("a");
        assertThat(heard).hasSize(2).last().asString().startsWith("+a");
        assertThat(beats.isSuspected("a")).isFalse();
        beats.close();
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("FD-2 who asks before the timer has fired learns it, and those who follow hear it once")
    void askedFirst() {
        Heartbeats<String> beats = deadline(SECOND);
        beats.follow(this::hear);
        beats.beat("a");
        time.advance(SECOND);
        assertThat(beats.isSuspected("a")).isTrue();
        time.advance(SECOND);
        assertThat(heard).hasSize(1);
    }

    @Test
    @DisplayName("FD-1 a node that has never sent a beat is not suspected; one that is expected is")
    void never() {
        Heartbeats<String> beats = deadline(SECOND);
        assertThat(beats.suspicion("a")).isZero();
        assertThat(beats.isSuspected("a")).isFalse();
        assertThat(beats.readiness().state()).isEqualTo(State.UNKNOWN);
        assertThat(time.pendingTimers()).isZero();
        beats.expect("a");
        beats.expect("a");
        time.advance(SECOND);
        assertThat(beats.isSuspected("a")).isTrue();
        assertThat(beats.readiness().state()).isEqualTo(State.DOWN);
        assertThat(beats.readiness().reason()).isEqualTo("1 of 1 down");
        beats.beat("b");
        assertThat(beats.readiness().state()).isEqualTo(State.UP);
        assertThat(beats.nodes()).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    @DisplayName("One beat is enough to be suspected, and the warning says who and why")
    void oneBeat() {
        Heartbeats<String> beats =
                Heartbeats.<String>builder("nodes").environment(time).build();
        List<Event> events = new ArrayList<>();
        beats.on(Event.class, events::add);
        beats.beat("tcp://berlin:4711");
        time.advance(Duration.ofSeconds(6));
        assertThat(events).hasSize(1);
        assertThat(events.get(0)).isInstanceOf(Suspected.class);
        assertThat(events.get(0).toString())
                .isEqualTo("Suspected['nodes', node tcp://berlin:4711, why phi 8.0 (threshold 8.0)]");
        assertThat(events.get(0).level()).isEqualTo(System.Logger.Level.WARNING);
        assertThat(events.get(0).eventName()).isEqualTo("holdfast.heartbeats.suspected");
        beats.beat("tcp://berlin:4711");
        assertThat(events).hasSize(2).last().isInstanceOf(Trusted.class);
    }

    @Test
    @DisplayName(
            "FD-3 after a pause of this process nobody is suspected for as long as the limit, and then only who is still silent")
    void ownPause() {
        ByHand hand = new ByHand(0);
        Heartbeats<String> beats = Heartbeats.<String>builder("nodes")
                .environment(hand)
                .deadline(Duration.ofSeconds(3))
                .ignoreOwnPauses(Duration.ofSeconds(2))
                .build();
        List<String> news = new ArrayList<>();
        beats.follow((node, isUp, why) -> news.add((isUp ? "+" : "-") + node));
        beats.beat("a");
        beats.beat("b");
        hand.advance(2 * S);
        hand.standStill(30 * S);
        // The process goes on: whoever asks first must not be told that all are down.
        assertThat(beats.isSuspected("a")).isFalse();
        hand.advance(S);
        beats.beat("a");
        hand.advance(S - 1);
        assertThat(news).isEmpty();
        hand.advance(1);
        assertThat(news).containsExactly("-b");
        assertThat(meter(beats, "holdfast.heartbeats.own.pauses")).isEqualTo(1);
        hand.advance(2 * S - 1);
        assertThat(news).containsExactly("-b");
        hand.advance(1);
        assertThat(news).containsExactly("-b", "-a");
        beats.close();
        assertThat(hand.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("FD-3 a pause that is not looked for, or is short, protects nobody")
    void shortPause() {
        for (long limit : new long[] {0, 2}) {
            ByHand hand = new ByHand(0);
            Heartbeats<String> beats = Heartbeats.<String>builder("nodes")
                    .environment(hand)
                    .deadline(Duration.ofSeconds(1))
                    .ignoreOwnPauses(Duration.ofSeconds(limit))
                    .build();
            beats.beat("a");
            hand.standStill(limit == 0 ? 30 * S : S);
            hand.advance(0);
            assertThat(beats.isSuspected("a")).isTrue();
        }
    }

    @Test
    @DisplayName("FD-4 intervals in which a node was suspected, and those above the maximum, teach nothing")
    void notLearned() {
        Heartbeats<String> beats = Heartbeats.<String>builder("nodes")
                .environment(time)
                .phi(8, Duration.ofMillis(100))
                .pause(Duration.ofSeconds(3))
                .learnUpTo(Duration.ofSeconds(2))
                .ignoreOwnPauses(Duration.ZERO)
                .window(10)
                .build();
        Heartbeats<String> other = Heartbeats.<String>builder("other")
                .environment(time)
                .phi(8, Duration.ofMillis(100))
                .pause(Duration.ofSeconds(3))
                .window(10)
                .build();
        for (int i = 0; i < 20; i++) {
            beats.beat("a");
            other.beat("a");
            time.advance(SECOND);
        }
        beats.beat("a");
        other.beat("a");
        double usual = suspicionAfter(beats, other, Duration.ofSeconds(4));
        time.advance(Duration.ofHours(1)); // Suspected
        beats.beat("a");
        other.beat("a");
        assertThat(suspicionAfter(beats, other, Duration.ofSeconds(4))).isEqualTo(usual);
        time.advance(Duration.ofMillis(500)); // After 4.5 s: not suspected, and above the maximum of one of them
        beats.beat("a");
        other.beat("a");
        time.advance(Duration.ofSeconds(4));
        assertThat(beats.suspicion("a")).isEqualTo(usual);
        assertThat(other.suspicion("a")).isLessThan(usual);
    }

    private double suspicionAfter(Heartbeats<String> beats, Heartbeats<String> other, Duration silence) {
        time.advance(silence);
        assertThat(other.suspicion("a")).isEqualTo(beats.suspicion("a"));
        return beats.suspicion("a");
    }

    @Test
    @DisplayName(
            "FD-5 a clock that goes back makes nobody suspect, and the first beat may be at the end of the clock's range")
    void clocks() {
        ByHand hand = new ByHand(Long.MAX_VALUE - S);
        Heartbeats<String> beats = Heartbeats.<String>builder("nodes")
                .environment(hand)
                .deadline(Duration.ofSeconds(3))
                .build();
        beats.beat("a");
        hand.advance(2 * S);
        assertThat(beats.suspicion("a")).isCloseTo(2 / 3.0, org.assertj.core.api.Assertions.within(1e-9));
        hand.clockJumps(-10 * S);
        assertThat(beats.suspicion("a")).isZero();
        assertThat(beats.isSuspected("a")).isFalse();
        beats.beat("a");
        hand.advance(3 * S - 1);
        assertThat(beats.isSuspected("a")).isFalse();
        hand.advance(1);
        assertThat(beats.isSuspected("a")).isTrue();
    }

    @Test
    @DisplayName("FD-5 a clock that jumps and is put right hides no crash")
    void clockIsPutRight() {
        for (boolean isSilent : new boolean[] {false, true}) {
            ByHand hand = new ByHand(0);
            Heartbeats<String> beats = Heartbeats.<String>builder("nodes")
                    .environment(hand)
                    .deadline(Duration.ofSeconds(5))
                    .build();
            for (int i = 0; i < 40; i++) {
                hand.advance(S);
                beats.beat("a");
                if (i == 20 && !isSilent) {
                    hand.clockJumps(3_600 * S);
                    hand.advance(S);
                    beats.beat("a");
                    hand.clockJumps(-3_600 * S);
                }
            }
            if (isSilent) {
                hand.clockJumps(-3_600 * S);
            }
            hand.advance(4 * S);
            assertThat(beats.isSuspected("a")).isFalse();
            hand.advance((isSilent ? 5 : 1) * S);
            assertThat(beats.isSuspected("a")).isTrue();
            beats.close();
        }
    }

    @Test
    @DisplayName("Expected arrival: beats that come twice, or more or less often than said, hide no crash")
    void notAsOften() {
        for (long[] way :
                new long[][] {{1_000, 2, 0}, {400, 1, 0}, {600, 1, 0}, {600, 1, 1}, {10, 1, 0}, {1_400, 1, 0}}) {
            Heartbeats<String> beats = Heartbeats.<String>builder("nodes")
                    .environment(time)
                    .expectedArrival(SECOND, Duration.ofMillis(500), 1_000)
                    .build();
            for (int i = 0; i < 1_000; i++) {
                time.advance(Duration.ofMillis(way[0]));
                for (int k = 0; k < way[1]; k++) {
                    beats.beat("a", 0, way[2] == 0 ? Long.MIN_VALUE : i);
                }
            }
            // The interval, and alpha; and where the last one was early, as much as it may be.
            time.advance(Duration.ofMillis(way[1] == 2 ? 1_500 : 3_000));
            assertThat(beats.isSuspected("a"))
                    .as(java.util.Arrays.toString(way))
                    .isTrue();
            beats.close();
        }
    }

    @Test
    @DisplayName("FD-6 a newer incarnation forgets what was learned, and beats of an older one are ignored")
    void incarnations() {
        Heartbeats<String> beats = Heartbeats.<String>builder("nodes")
                .environment(time)
                .phi(8, Duration.ofMillis(10))
                .pause(Duration.ZERO)
                .build();
        beats.beat("a", 1);
        for (int i = 0; i < 300; i++) {
            time.advance(Duration.ofMillis(100));
            beats.beat("a", 1);
        }
        time.advance(Duration.ofMillis(500));
        assertThat(beats.isSuspected("a")).isTrue();
        assertThat(beats.beat("a", 0)).isFalse();
        assertThat(beats.isSuspected("a")).isTrue();
        assertThat(beats.beat("a", 2)).isTrue();
        assertThat(beats.isSuspected("a")).isFalse();
        time.advance(Duration.ofSeconds(1));
        assertThat(beats.isSuspected("a")).as("by the first estimate").isFalse();
        assertThat(beats.beat("a", 1)).isFalse();
        assertThat(beats.beat("a")).as("of whatever incarnation").isTrue();
        assertThat(meter(beats, "holdfast.heartbeats.beats", "old")).isEqualTo(2);
        assertThat(meter(beats, "holdfast.heartbeats.beats", "counted")).isEqualTo(303);
    }

    @Test
    @DisplayName("Beats that come late or twice, by their numbers, are no sign of life")
    void numbers() {
        Heartbeats<String> beats = deadline(SECOND);
        assertThat(beats.beat("a", 1, 5)).isTrue();
        time.advance(SECOND);
        assertThat(beats.beat("a", 1, 5)).isFalse();
        assertThat(beats.beat("a", 1, 4)).isFalse();
        assertThat(beats.isSuspected("a")).isTrue();
        assertThat(beats.beat("a", 1, 6)).isTrue();
        assertThat(beats.beat("a", 2, 1)).as("numbers begin anew").isTrue();
        assertThat(beats.beat("a", 2, 1)).isFalse();
    }

    @Test
    @DisplayName("FD-2 a node that was stopped and goes on is trusted with its next beat, and stays so, by each rule")
    void goesOn() {
        List<HeartbeatsBuilder<String>> rules = List.of(
                Heartbeats.<String>builder("phi"),
                Heartbeats.<String>builder("deadline").deadline(Duration.ofSeconds(2)),
                Heartbeats.<String>builder("arrival").expectedArrival(SECOND, Duration.ofMillis(500), 10));
        for (HeartbeatsBuilder<String> rule : rules) {
            heard.clear();
            Heartbeats<String> beats = rule.environment(time).build();
            beats.follow(this::hear);
            for (int i = 0; i < 20; i++) {
                beats.beat("a", 1, i + 1);
                time.advance(i == 9 ? Duration.ofMillis(47_300) : SECOND);
            }
            assertThat(heard).hasSize(2);
            beats.close();
        }
    }

    @Test
    @DisplayName("FD-7 who begins to follow is told at once who is down, and of each node down and up by turns")
    void following() {
        Heartbeats<String> beats = deadline(SECOND);
        beats.beat("a");
        beats.beat("b");
        time.advance(SECOND);
        beats.beat("b");
        Subscription subscription = beats.follow(this::hear);
        assertThat(heard).hasSize(1).first().asString().startsWith("-a").endsWith("it was before");
        time.advance(Duration.ofMillis(500));
        beats.beat("a");
        beats.beat("a");
        time.advance(SECOND);
        time.advance(SECOND);
        assertThat(heard.stream().map(each -> each.substring(0, 2))).containsExactly("-a", "+a", "-b", "-a");
        subscription.cancel();
        beats.beat("a");
        assertThat(heard).hasSize(4);
    }

    @Test
    @DisplayName("A node that is forgotten is up for those who follow, leaves no timer, and may come again")
    void forgotten() {
        Heartbeats<String> beats = Heartbeats.<String>builder("nodes")
                .environment(time)
                .deadline(SECOND)
                .ignoreOwnPauses(Duration.ZERO)
                .build();
        beats.follow(this::hear);
        beats.beat("a");
        time.advance(SECOND);
        beats.forget("a");
        beats.forget("a");
        assertThat(heard).hasSize(2).last().asString().endsWith("it is forgotten");
        assertThat(beats.nodes()).isEmpty();
        assertThat(time.pendingTimers()).isZero();
        beats.beat("a");
        time.advance(SECOND);
        assertThat(heard).hasSize(3);
    }

    @Test
    @DisplayName("Nodes beyond the most are refused and counted, and there is room when one is forgotten")
    void bounded() {
        Heartbeats<Integer> beats = Heartbeats.<Integer>builder("nodes")
                .environment(time)
                .deadline(SECOND)
                .maximumNodes(2)
                .build();
        assertThat(beats.beat(1)).isTrue();
        assertThat(beats.beat(2)).isTrue();
        for (int i = 3; i < 1_000; i++) {
            assertThat(beats.beat(i)).isFalse();
        }
        assertThat(beats.beat(1)).isTrue();
        assertThat(meter(beats, "holdfast.heartbeats.beats", "refused")).isEqualTo(997);
        beats.forget(1);
        assertThat(beats.beat(3)).isTrue();
        assertThat(beats.nodes()).containsExactlyInAnyOrder(2, 3);
        assertThat(meter(beats, "holdfast.heartbeats.nodes")).isEqualTo(2);
    }

    @Test
    @DisplayName(
            "HL-4 after close, or the end of the environment, there is no timer, no beat counts, and what is known stays")
    void closed() {
        for (boolean byEnvironment : new boolean[] {false, true}) {
            VirtualTime own = VirtualTime.create();
            Heartbeats<String> beats = Heartbeats.<String>builder("nodes")
                    .environment(own)
                    .deadline(SECOND)
                    .build();
            beats.beat("a");
            own.advance(SECOND);
            beats.beat("b");
            if (byEnvironment) {
                own.close();
            } else {
                beats.close();
                beats.close();
            }
            assertThat(own.pendingTimers()).isZero();
            own.advance(SECOND);
            assertThat(beats.isSuspected("a")).isTrue();
            assertThat(beats.isSuspected("b")).isFalse();
            assertThat(beats.beat("a")).isFalse();
            assertThat(beats.beat("c")).isFalse();
            assertThat(beats.nodes()).containsExactlyInAnyOrder("a", "b");
            assertThat(own.pendingTimers()).isZero();
        }
    }

    @Test
    @DisplayName("A watcher that throws, or calls back, keeps nobody from being told")
    void brokenWatchers() {
        Heartbeats<String> beats = deadline(SECOND);
        beats.follow((node, isUp, why) -> {
            throw new AssertionError("no");
        });
        beats.follow((node, isUp, why) -> {
            if (!isUp) {
                beats.beat(node);
            }
        });
        beats.follow(this::hear);
        beats.beat("a");
        time.advance(SECOND);
        assertThat(heard.stream().map(each -> each.substring(0, 2))).containsExactly("-a", "+a");
        assertThat(beats.isSuspected("a")).isFalse();
    }

    @Test
    @DisplayName("One timer a node, which beats leave alone")
    void timers() {
        Heartbeats<String> beats = Heartbeats.<String>builder("nodes")
                .environment(time)
                .deadline(SECOND)
                .ignoreOwnPauses(Duration.ZERO)
                .build();
        for (int i = 0; i < 1_000; i++) {
            beats.beat("a");
            beats.beat("b");
            assertThat(time.pendingTimers()).isEqualTo(2);
            time.advance(Duration.ofMillis(10));
        }
        beats.close();
    }

    @Test
    @DisplayName("Settings are checked, and say what was expected")
    void settings() {
        HeartbeatsBuilder<String> builder = Heartbeats.builder("nodes");
        assertThatThrownBy(() -> builder.phi(0, SECOND))
                .hasMessageContaining("threshold: 0.0 (expected: 0.1 to 300.0)");
        assertThatThrownBy(() -> builder.phi(8, Duration.ZERO)).hasMessageContaining("minStdDeviation");
        assertThatThrownBy(() -> builder.deadline(Duration.ZERO)).hasMessageContaining("deadline");
        assertThatThrownBy(() -> builder.expectedArrival(SECOND, Duration.ZERO, 1))
                .hasMessageContaining("alpha");
        assertThatThrownBy(() -> builder.expectedArrival(SECOND, SECOND, 0)).hasMessageContaining("lastBeats");
        assertThatThrownBy(() -> builder.window(1)).hasMessageContaining("samples: 1 (expected: 2 to 10000)");
        assertThatThrownBy(() -> builder.maximumNodes(0)).hasMessageContaining("nodes");
        assertThatThrownBy(() -> deadline(SECOND).beat(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> deadline(SECOND).on(ProbeFailed.class, event -> {}))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(deadline(SECOND)).hasToString("Heartbeats['nodes' 0 nodes, 0 suspected]");
    }
}

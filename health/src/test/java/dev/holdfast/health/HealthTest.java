// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Event;
import dev.holdfast.Meter;
import dev.holdfast.Policy;
import dev.holdfast.Readiness;
import dev.holdfast.Readiness.Condition;
import dev.holdfast.Readiness.State;
import dev.holdfast.testkit.VirtualTime;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HealthTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private volatile Condition inventory = Condition.UP;
    private volatile Condition cache = new Condition(State.DOWN, "not loaded");
    private final AtomicInteger looks = new AtomicInteger();

    private Condition inventory() {
        looks.incrementAndGet();
        return inventory;
    }

    private HealthBuilder builder() {
        return Health.builder("shop").environment(time);
    }

    @Test
    @DisplayName("HL-1 liveness takes checks of this process only, by type: none can be made of a policy or of code")
    void liveByType() {
        List<Method> live = Arrays.stream(HealthBuilder.class.getMethods())
                .filter(method -> method.getName().startsWith("live"))
                .toList();
        assertThat(live).hasSize(1);
        assertThat(live.get(0).getParameterTypes()).containsExactly(String.class, LiveCheck.class);
        assertThat(LiveCheck.class.isSealed()).isTrue();
        for (Class<?> kind : LiveCheck.class.getPermittedSubclasses()) {
            assertThat(kind).isFinal();
            for (Field field : kind.getDeclaredFields()) {
                assertThat(field.getType()).satisfies(type -> {
                    assertThat(Policy.class.isAssignableFrom(type)).isFalse();
                    assertThat(Readiness.class.isAssignableFrom(type)).isFalse();
                    assertThat(type.getName()).doesNotStartWith("java.util.function");
                });
            }
        }
    }

    @Test
    @DisplayName("HL-1 a dependency that is down, or hangs, changes nothing of liveness")
    void liveAlone() {
        Progress worker = Progress.within(Duration.ofSeconds(10), time);
        worker.mark();
        inventory = new Condition(State.DOWN, "away");
        Health health = builder()
                .live("worker", worker)
                .ready("inventory", this::inventory)
                .started("cache", () -> cache)
                .build();
        assertThat(health.liveness().state()).isEqualTo(State.UP);
        assertThat(health.liveness().parts()).hasSize(1);
        assertThat(looks).hasValue(0);
        health.close();
        assertThat(health.liveness().state()).isEqualTo(State.UP);
    }

    @Test
    @DisplayName(
            "HL-2 what nobody has looked at is unknown; empty readiness is unknown until the process has started, then up, and never only because no check is there yet")
    void unknownIsAThirdValue() {
        Health health =
                builder().started("cache", () -> cache).cachedFor(Duration.ZERO).build();
        assertThat(health).hasToString("Health['shop' live UNKNOWN, ready UNKNOWN, started UNKNOWN]");
        assertThat(health.readiness().state()).isEqualTo(State.UNKNOWN);
        assertThat(health.readiness().parts().get(0).reason()).isEqualTo("it has not started: cache: not loaded");
        assertThat(health.startup().state()).isEqualTo(State.DOWN);
        cache = Condition.UP;
        assertThat(health.startup().state()).isEqualTo(State.UP);
        assertThat(health.readiness().state()).isEqualTo(State.UP);
        assertThat(health.liveness().state()).isEqualTo(State.UP);
        health.close();
    }

    @Test
    @DisplayName("What has started has started, and is not asked any more")
    void latched() {
        AtomicInteger asked = new AtomicInteger();
        Health health = builder()
                .started("cache", () -> {
                    asked.incrementAndGet();
                    return cache;
                })
                .started("other", () -> Condition.UP)
                .cachedFor(Duration.ZERO)
                .build();
        assertThat(health.startup().state()).isEqualTo(State.DOWN);
        cache = Condition.UP;
        assertThat(health.startup().state()).isEqualTo(State.UP);
        cache = new Condition(State.DOWN, "lost");
        time.advance(Duration.ofHours(1));
        assertThat(health.startup().state()).isEqualTo(State.UP);
        assertThat(asked).hasValue(2);
        health.close();
    }

    @Test
    @DisplayName("Readiness is down when a part that decides is, with the reasons; an optional part is shown")
    void decides() {
        Health health = builder()
                .ready("inventory", this::inventory)
                .readyOptional("prices", () -> new Condition(State.DOWN, "slow\nand more"))
                .ready("broken", () -> {
                    throw new IllegalStateException("no\nway");
                })
                .cachedFor(Duration.ZERO)
                .build();
        HealthReport report = health.readiness();
        assertThat(report.state()).isEqualTo(State.DOWN);
        assertThat(report.parts())
                .containsExactly(
                        new HealthReport.Part("inventory", State.UP, "", true),
                        new HealthReport.Part("prices", State.DOWN, "slow\\nand more", false),
                        new HealthReport.Part(
                                "broken", State.DOWN, "java.lang.IllegalStateException: 'no\\nway'", true));
        health.close();

        Health without = builder()
                .ready("inventory", this::inventory)
                .readyOptional("prices", () -> new Condition(State.DOWN, "slow"))
                .cachedFor(Duration.ZERO)
                .build();
        assertThat(without.readiness().state()).isEqualTo(State.UP);
        inventory = new Condition(State.UNKNOWN, "");
        assertThat(without.readiness().state()).isEqualTo(State.UNKNOWN);
        without.close();
    }

    @Test
    @DisplayName("What was found is given to all who ask for a second, and changes are told once")
    void cached() {
        Health health = builder().ready("inventory", this::inventory).build();
        List<Event> events = new ArrayList<>();
        health.on(HealthChanged.class, events::add);
        for (int i = 0; i < 10; i++) {
            assertThat(health.readiness().state()).isEqualTo(State.UP);
        }
        assertThat(looks).hasValue(1);
        inventory = new Condition(State.DOWN, "away");
        time.advance(SECOND.minusNanos(1));
        assertThat(health.readiness().state()).isEqualTo(State.UP);
        time.advance(Duration.ofNanos(1));
        assertThat(health.readiness().state()).isEqualTo(State.DOWN);
        assertThat(looks).hasValue(2);
        assertThat(events.stream().map(Object::toString).filter(text -> text.contains("of ready")))
                .containsExactly(
                        "HealthChanged['shop', of ready, from UNKNOWN, to UP]",
                        "HealthChanged['shop', of ready, from UP, to DOWN, why inventory: away]");
        assertThat(events.get(events.size() - 1).level()).isEqualTo(System.Logger.Level.WARNING);
        Meter ready = health.meters().stream()
                .filter(meter -> meter.labels().containsValue("ready"))
                .findFirst()
                .orElseThrow();
        assertThat(ready.value()).isZero();
        assertThat(health.meters().get(0).value()).as("live: nobody asked").isNaN();
        health.close();
    }

    @Test
    @DisplayName("HL-4 a closed health is not ready, stays alive, and has no thread left")
    void closed() throws Exception {
        OwnThreads threads = new OwnThreads("holdfast-health-");
        Health health = builder().ready("inventory", this::inventory).build();
        assertThat(health.readiness().state()).isEqualTo(State.UP);
        health.close();
        health.close();
        assertThat(health.readiness().state()).isEqualTo(State.DOWN);
        assertThat(health.readiness().parts())
                .containsExactly(new HealthReport.Part("shop", State.DOWN, "closed", true));
        assertThat(health.startup().state()).isEqualTo(State.UP);
        assertThat(health.liveness().state()).isEqualTo(State.UP);
        threads.awaitNone();
    }

    @Test
    @DisplayName(
            "Who is interrupted while others look goes on at once, stays interrupted, and tells nobody what he does not know")
    void interrupted() {
        List<Event> events = new ArrayList<>();
        Health health = builder()
                .ready("slow", () -> {
                    try {
                        time.sleep(Duration.ofMillis(100));
                    } catch (InterruptedException ended) {
                        return new Condition(State.DOWN, "interrupted");
                    }
                    return Condition.UP;
                })
                .build();
        health.startup();
        health.on(HealthChanged.class, events::add);
        Thread.currentThread().interrupt();
        HealthReport report = health.readiness();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(report.state()).isIn(State.UNKNOWN, State.UP);
        assertThat(health.readiness().state()).isEqualTo(State.UP);
        assertThat(events).hasSize(1);
        health.close();
    }

    @Test
    @DisplayName("A loop is alive while it marks in time or has nothing to do, and never again when it is broken")
    void progress() {
        Progress worker = Progress.within(Duration.ofSeconds(10), time);
        assertThat(worker.liveness().state()).isEqualTo(State.UNKNOWN);
        time.advance(Duration.ofHours(1));
        assertThat(worker.liveness().state()).isEqualTo(State.UNKNOWN);
        worker.mark();
        time.advance(Duration.ofNanos(9_999_999_999L));
        assertThat(worker.liveness().state()).isEqualTo(State.UP);
        time.advance(Duration.ofNanos(1));
        assertThat(worker.liveness()).isEqualTo(new Condition(State.DOWN, "no progress for 10s (limit 10s)"));
        worker.idle();
        time.advance(Duration.ofHours(1));
        assertThat(worker.liveness().state()).isEqualTo(State.UP);
        worker.mark();
        assertThat(worker.liveness().state()).isEqualTo(State.UP);
        worker.broken("index lost");
        worker.mark();
        assertThat(worker.liveness()).isEqualTo(new Condition(State.DOWN, "index lost"));
        assertThat(worker).hasToString("Progress[Condition[state=DOWN, reason=index lost]]");
    }

    @Test
    @DisplayName("Threads that wait for each other's locks are a deadlock, and are named")
    void deadlock() throws Exception {
        LiveCheck check = LiveCheck.noDeadlock();
        assertThat(check.liveness().state()).isEqualTo(State.UP);
        ReentrantLock first = new ReentrantLock();
        ReentrantLock second = new ReentrantLock();
        List<Thread> threads = List.of(locking("one", first, second), locking("two", second, first));
        threads.forEach(Thread::start);
        while (!first.isLocked() || !second.isLocked() || check.liveness().state() == State.UP) {
            Thread.sleep(1);
        }
        assertThat(check.liveness().reason())
                .startsWith("a deadlock of 2 threads: ")
                .contains("'one'", "'two'");
        for (Thread thread : threads) {
            thread.interrupt();
            thread.join();
        }
        assertThat(check.liveness().state()).isEqualTo(State.UP);
    }

    private static Thread locking(String name, ReentrantLock mine, ReentrantLock other) {
        Thread thread = new Thread(
                () -> {
                    mine.lock();
                    try {
                        while (!other.isLocked()) {
                            Thread.onSpinWait();
                        }
                        other.lockInterruptibly();
                        other.unlock();
                    } catch (InterruptedException ended) {
                        // The test is over.
                    } finally {
                        mine.unlock();
                    }
                },
                name);
        thread.setDaemon(true);
        return thread;
    }

    @Test
    @DisplayName("A name that is there twice among checks of a kind, and other wrong settings, are refused")
    void settings() {
        HealthBuilder builder = builder().ready("a", () -> Condition.UP).started("a", () -> Condition.UP);
        assertThatThrownBy(() -> builder.readyOptional("a", () -> Condition.UP))
                .hasMessage("name: 'a' twice (expected: each name once among checks of a kind)");
        assertThatThrownBy(() -> builder.timeout(Duration.ZERO)).hasMessageContaining("timeout");
        assertThatThrownBy(() -> builder.cachedFor(SECOND.negated())).hasMessageContaining("cachedFor");
        assertThatThrownBy(() -> builder.live("b", null)).isInstanceOf(NullPointerException.class);
    }
}

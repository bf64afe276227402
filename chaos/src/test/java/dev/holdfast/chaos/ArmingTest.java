// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Environment;
import dev.holdfast.testkit.VirtualTime;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who may arm what, and how it ends, whatever is done to it. */
@Timeout(60)
@ExtendWith(Trial.class)
class ArmingTest {
    private final VirtualTime time = VirtualTime.create();

    private static Chaos failing(Environment environment) {
        return Chaos.builder("inventory")
                .environment(environment)
                .fail(1, () -> new ConnectException("injected"))
                .build();
    }

    private static boolean isInjected(Chaos chaos) {
        try {
            chaos.callable(() -> "stock").call();
            return false;
        } catch (Exception injected) {
            return true;
        }
    }

    // ---- Who may ----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("CH-19 without an explicit word nothing can be armed, and -Dholdfast.chaos=off wins over all")
    void permission() {
        Chaos chaos = failing(time);
        Terms terms = Trial.terms(time);
        ChaosPermission.revoke();
        assertThatThrownBy(() -> terms.arm(chaos)).hasMessageContaining("nobody has allowed chaos in this process");
        System.setProperty(ChaosPermission.PROPERTY, "on");
        terms.arm(chaos).disarm();
        ChaosPermission.grant("tests");
        for (String word : List.of("off", "OFF", "perhaps")) {
            System.setProperty(ChaosPermission.PROPERTY, word);
            assertThat(ChaosPermission.isGranted()).isFalse();
            assertThatThrownBy(() -> terms.arm(chaos))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("-Dholdfast.chaos=" + word.toLowerCase(java.util.Locale.ROOT));
        }
        assertThat(isInjected(chaos)).isFalse();
    }

    @Test
    @DisplayName("CH-14 one experiment at a time has an injection, and the other is told whose it is")
    void oneAtATime() {
        Chaos chaos = failing(time);
        Armed first = Trial.terms(time).arm(chaos);
        assertThatThrownBy(() -> Trial.terms(time).arm(chaos))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Chaos 'inventory': armed by Experiment 'slow stock',"
                        + " owner 'payments on call' (expected: one experiment at a time)");
        first.disarm();
        Armed second = Trial.terms(time).arm(chaos);
        first.disarm();
        assertThat(isInjected(chaos)).isTrue();
        second.disarm();
    }

    @Test
    @DisplayName("CH-14 an arming without an owner, a reason or an end is refused")
    void named() {
        for (List<String> words : List.of(List.of(" ", "why"), List.of("who", ""))) {
            assertThatThrownBy(() -> new Terms("e", words.get(0), words.get(1), time, 1, 0, Blast.unlimited(), null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("blank");
        }
        Terms past = Trial.terms(time);
        time.advance(Trial.LONG);
        Chaos chaos = failing(time);
        assertThatThrownBy(() -> past.arm(chaos)).hasMessageContaining("past its end");
        assertThat(isInjected(chaos)).isFalse();
        assertThatThrownBy(() -> Trial.terms(VirtualTime.create()).arm(chaos))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("environment: ");
    }

    // ---- The lever --------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("CH-14 the lever ends all that is armed, lets nothing start, and nothing resumes when it is released")
    void lever() {
        List<Chaos> all = IntStream.range(0, 10).mapToObj(i -> failing(time)).toList();
        List<Armed> armed =
                all.stream().map(each -> Trial.terms(time).arm(each)).toList();
        List<String> heard = new ArrayList<>();
        var throwing = SafetyLever.onEngaged(() -> {
            throw new IllegalStateException("listener");
        });
        var hearing =
                SafetyLever.onEngaged(() -> heard.add(SafetyLever.engaged().orElseThrow()));
        SafetyLever.engage("incident 4711");
        assertThat(armed).allMatch(Armed::isOver);
        assertThat(all).noneMatch(ArmingTest::isInjected);
        assertThat(heard).containsExactly("incident 4711");
        assertThatThrownBy(() -> Trial.terms(time).arm(all.get(0)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("the safety lever is engaged, 'incident 4711'");
        SafetyLever.release();
        assertThat(all).noneMatch(ArmingTest::isInjected);
        assertThat(SafetyLever.armed()).isZero();
        assertThat(time.pendingTimers()).isZero();
        throwing.cancel();
        hearing.cancel();
    }

    // ---- Ends -------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName(
            "CH-3 disarming throws nothing and is done once, from any thread, from listeners and suppliers, with a broken timer")
    void disarm() throws InterruptedException {
        AtomicInteger told = new AtomicInteger();
        Environment broken = new Delegating(time) {
            @Override
            public Timer schedule(Runnable task, long delayNanos) {
                return () -> {
                    throw new IllegalStateException("cancel");
                };
            }
        };
        Chaos chaos = failing(broken);
        Armed[] armed = new Armed[1];
        chaos.on(FaultInjected.class, event -> armed[0].disarm());
        chaos.on(FaultsDisarmed.class, event -> {
            told.incrementAndGet();
            armed[0].disarm();
            throw new IllegalStateException("listener");
        });
        armed[0] = Trial.terms(broken).arm(chaos);
        assertThat(isInjected(chaos)).isTrue();
        assertThat(isInjected(chaos)).isFalse();
        CountDownLatch ready = new CountDownLatch(8);
        List<Thread> threads = IntStream.range(0, 8)
                .mapToObj(i -> new Thread(() -> {
                    ready.countDown();
                    armed[0].disarm();
                }))
                .toList();
        threads.forEach(Thread::start);
        for (Thread each : threads) {
            each.join();
        }
        assertThat(told).hasValue(1);
        assertThat(SafetyLever.armed()).isZero();
    }

    @Test
    @DisplayName("CH-3 a supplier of an injected exception that disarms keeps that exception from being injected")
    void disarmedInSupplier() {
        Armed[] armed = new Armed[1];
        Chaos chaos = Chaos.builder("inventory")
                .environment(time)
                .fail(1, () -> {
                    armed[0].disarm();
                    return new ConnectException("injected");
                })
                .build();
        armed[0] = Trial.terms(time).arm(chaos);
        assertThat(isInjected(chaos)).isFalse();
        assertThat(armed[0].injected()).isZero();
    }

    @Test
    @DisplayName("CH-4 it ends by its own timer, and wakes what it has delayed")
    void ownTimer() {
        Chaos chaos = Chaos.builder("inventory").environment(time).hang(1).build();
        Armed armed =
                Trial.terms(time, Duration.ofSeconds(2), Blast.unlimited()).arm(chaos);
        CompletableFuture<String> call = chaos.callAsync(() -> CompletableFuture.completedFuture("stock"));
        assertThat(time.join(call)).isEqualTo("stock");
        assertThat(time.nanoTime()).isEqualTo(2_000_000_000L);
        assertThat(armed.isOver()).isTrue();
        assertThat(time.pendingTimers()).isZero();
        assertThat(chaos).hasToString("Chaos['inventory' off]");
    }

    @Test
    @DisplayName(
            "CH-4 with a dead timer nothing is injected past its end, and another experiment can have the injection")
    void deadTimer() {
        Environment dead = new Delegating(time) {
            @Override
            public Timer schedule(Runnable task, long delayNanos) {
                return () -> {};
            }
        };
        Chaos chaos = failing(dead);
        Armed armed =
                Trial.terms(dead, Duration.ofSeconds(2), Blast.unlimited()).arm(chaos);
        assertThat(isInjected(chaos)).isTrue();
        time.advance(Duration.ofSeconds(2));
        assertThat(isInjected(chaos)).isFalse();
        assertThat(armed.injected()).isEqualTo(1);
        Armed idle = Trial.terms(dead, Duration.ofSeconds(2), Blast.unlimited()).arm(chaos);
        time.advance(Duration.ofSeconds(2));
        assertThat(idle.isOver()).isTrue();
        Trial.terms(dead).arm(chaos).disarm();
    }

    @Test
    @DisplayName("CH-4 a clock that jumps ahead ends it; one that goes back does not keep it beyond its timer")
    void clockJumps() {
        AtomicLong jump = new AtomicLong();
        Environment jumping = new Delegating(time) {
            @Override
            public long nanoTime() {
                return time.nanoTime() + jump.get();
            }
        };
        Chaos chaos = failing(jumping);
        Trial.terms(jumping, Duration.ofSeconds(2), Blast.unlimited()).arm(chaos);
        jump.set(Duration.ofHours(1).toNanos());
        assertThat(isInjected(chaos)).isFalse();
        jump.set(0);
        Trial.terms(jumping, Duration.ofSeconds(2), Blast.unlimited()).arm(chaos);
        jump.set(-Duration.ofHours(1).toNanos());
        time.advance(Duration.ofSeconds(2));
        assertThat(isInjected(chaos)).isFalse();
    }

    @Test
    @DisplayName("CH-4 a timer that cannot be set: it does not start")
    void noTimer() {
        Environment none = new Delegating(time) {
            @Override
            public Timer schedule(Runnable task, long delayNanos) {
                throw new java.util.concurrent.RejectedExecutionException("shut down");
            }
        };
        Chaos chaos = failing(none);
        assertThatThrownBy(() -> Trial.terms(none).arm(chaos)).hasMessage("shut down");
        assertThat(isInjected(chaos)).isFalse();
        assertThat(SafetyLever.armed()).isZero();
    }

    // ---- Threads ----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("CH-5 CH-17 at most so many, exactly, under many threads; the rest is counted, and goes on at once")
    void atMost() throws InterruptedException {
        Chaos chaos = failing(Environment.system());
        AtomicInteger told = new AtomicInteger();
        chaos.on(FaultInjected.class, event -> told.incrementAndGet());
        Armed armed = Trial.terms(Environment.system(), Trial.LONG, new Blast(1_000, 4))
                .arm(chaos);
        AtomicInteger injected = new AtomicInteger();
        inThreads(8, () -> {
            for (int i = 0; i < 5_000; i++) {
                if (isInjected(chaos)) {
                    injected.incrementAndGet();
                }
            }
        });
        assertThat(injected).hasValue(1_000);
        assertThat(told).hasValue(1_000);
        assertThat(armed.injected()).isEqualTo(1_000);
        assertThat(armed.matched()).isEqualTo(40_000);
        assertThat(armed.overflow()).isEqualTo(39_000);
        assertThat(armed.terms.blast().active()).isZero();
    }

    @Test
    @DisplayName("CH-2 CH-5 at most so many wait at once; disarmed, all of them go on, and no later call is injected")
    void atOnce() throws InterruptedException {
        Chaos chaos = Chaos.builder("inventory")
                .environment(Environment.system())
                .hang(1)
                .build();
        Armed armed = Trial.terms(Environment.system(), Trial.LONG, new Blast(1_000, 3))
                .arm(chaos);
        CountDownLatch through = new CountDownLatch(8);
        List<Thread> threads = IntStream.range(0, 8)
                .mapToObj(i -> new Thread(() -> {
                    chaos.call(() -> "stock");
                    through.countDown();
                }))
                .toList();
        threads.forEach(Thread::start);
        until(() -> through.getCount() == 3);
        assertThat(armed.waiting()).isEqualTo(3);
        assertThat(armed.injected()).isEqualTo(3);
        assertThat(armed.overflow()).isEqualTo(5);
        armed.disarm();
        assertThat(through.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(chaos.call(() -> "later")).isEqualTo("later");
        assertThat(armed.terms.blast().active()).isZero();
        assertThat(armed.waiting()).isZero();
    }

    @Test
    @DisplayName(
            "CH-2 from when disarming returns no call that comes is injected, however often it is armed and disarmed")
    void armedAndDisarmed() throws InterruptedException {
        Chaos chaos = failing(Environment.system());
        AtomicBoolean stop = new AtomicBoolean();
        Thread background = new Thread(() -> {
            while (!stop.get()) {
                isInjected(chaos);
            }
        });
        background.start();
        try {
            for (int i = 0; i < 2_000; i++) {
                Armed armed = Trial.terms(Environment.system()).arm(chaos);
                assertThat(isInjected(chaos)).isTrue();
                armed.disarm();
                long injected = armed.injected();
                assertThat(isInjected(chaos)).isFalse();
                assertThat(injected).isPositive();
            }
        } finally {
            stop.set(true);
            background.join();
        }
        assertThat(SafetyLever.armed()).isZero();
    }

    private static void inThreads(int count, Runnable task) throws InterruptedException {
        List<Thread> threads =
                IntStream.range(0, count).mapToObj(i -> new Thread(task)).toList();
        threads.forEach(Thread::start);
        for (Thread each : threads) {
            each.join();
        }
    }

    private static void until(BooleanSupplier holds) throws InterruptedException {
        for (int i = 0; i < 20_000 && !holds.getAsBoolean(); i++) {
            Thread.sleep(1);
        }
        assertThat(holds.getAsBoolean()).isTrue();
    }

    /** Virtual time of which parts are broken. */
    private static class Delegating implements Environment {
        private final VirtualTime time;

        Delegating(VirtualTime time) {
            this.time = time;
        }

        @Override
        public long nanoTime() {
            return time.nanoTime();
        }

        @Override
        public Timer schedule(Runnable task, long delayNanos) {
            return time.schedule(task, delayNanos);
        }

        @Override
        public boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
            return time.await(done, nanos);
        }

        @Override
        public void wake(Thread thread) {
            time.wake(thread);
        }

        @Override
        public long nextLong(long bound) {
            throw new AssertionError("drawn");
        }
    }
}

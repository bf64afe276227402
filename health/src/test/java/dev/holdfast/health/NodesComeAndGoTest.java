// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Environment;
import dev.holdfast.Readiness.State;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two threads that bring, or take away, the same node, each held where it hurts by a clock that stops. */
@Timeout(60)
class NodesComeAndGoTest {
    private final StoppingClock time = new StoppingClock();

    /** Time stands still. Whoever reads it first, once it is told to stop, waits until it goes on. */
    private static final class StoppingClock implements Environment {
        final List<Runnable> tasks = Collections.synchronizedList(new ArrayList<>());
        final AtomicBoolean stops = new AtomicBoolean();
        final CountDownLatch isStopped = new CountDownLatch(1);
        final CountDownLatch goesOn = new CountDownLatch(1);

        @Override
        public long nanoTime() {
            if (stops.compareAndSet(true, false)) {
                isStopped.countDown();
                try {
                    goesOn.await();
                } catch (InterruptedException never) {
                    throw new IllegalStateException(never);
                }
            }
            return 0;
        }

        void runAll() {
            List<Runnable> now;
            synchronized (tasks) {
                now = List.copyOf(tasks);
                tasks.clear();
            }
            now.forEach(Runnable::run);
        }

        @Override
        public Timer schedule(Runnable task, long delayNanos) {
            tasks.add(task);
            return () -> tasks.remove(task);
        }

        @Override
        public Executor executor() {
            return Runnable::run;
        }

        @Override
        public boolean await(BooleanSupplier done, long nanos) {
            throw new IllegalStateException("await (expected: nobody waits)");
        }

        @Override
        public long nextLong(long bound) {
            return 0;
        }
    }

    private static Thread start(Runnable task) {
        Thread thread = new Thread(task);
        thread.start();
        return thread;
    }

    private static void awaitItsEndOr(Thread thread, Thread.State state) throws InterruptedException {
        while (thread.getState() != state && thread.isAlive()) {
            Thread.sleep(1);
        }
    }

    @Test
    @DisplayName("FD-7 of a node that is added while it is removed those who follow hear last what is so")
    void addedWhileRemoved() throws Exception {
        Probes<String> probes = Probes.<String>builder("nodes")
                .environment(time)
                .jitter(0)
                .fall(1)
                .checkAsync(node -> CompletableFuture.failedFuture(new IllegalStateException("down")))
                .start(List.of("a"));
        List<String> heard = Collections.synchronizedList(new ArrayList<>());
        probes.follow((node, isUp, why) -> heard.add((isUp ? "+" : "-") + node));
        time.runAll();
        assertThat(heard).containsExactly("-a");
        time.stops.set(true);
        Thread asks = start(time::runAll);
        time.isStopped.await(); // It holds the lock of the node.
        Thread removes = start(() -> probes.remove("a"));
        awaitItsEndOr(removes, Thread.State.WAITING);
        Thread adds = start(() -> probes.add("a"));
        awaitItsEndOr(adds, Thread.State.WAITING);
        if (!adds.isAlive()) {
            time.runAll();
        }
        time.goesOn.countDown();
        for (Thread thread : List.of(asks, removes, adds)) {
            thread.join();
        }
        probes.add("a");
        time.runAll();
        assertThat(probes.state("a")).isEqualTo(State.DOWN);
        assertThat(heard).containsExactly("-a", "+a", "-a");
        probes.remove("a");
        probes.remove("a");
        assertThat(probes).hasToString("Probes['nodes' 0 nodes, 0 down]");
        probes.close();
    }

    @Test
    @DisplayName("Two who bring the same node take one place")
    void broughtTwice() throws Exception {
        Heartbeats<String> beats = Heartbeats.<String>builder("nodes")
                .environment(time)
                .maximumNodes(2)
                .build();
        beats.beat("a");
        time.stops.set(true);
        List<Boolean> first = Collections.synchronizedList(new ArrayList<>());
        Thread brings = start(() -> first.add(beats.beat("b")));
        time.isStopped.await(); // On its way to bring it.
        assertThat(beats.beat("b")).isTrue();
        time.goesOn.countDown();
        brings.join();
        assertThat(first).containsExactly(true);
        assertThat(beats.beat("c")).isFalse();
        beats.forget("b");
        assertThat(beats.beat("c")).isTrue();
        assertThat(beats.nodes()).containsExactlyInAnyOrder("a", "c");
        beats.close();
    }
}

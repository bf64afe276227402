// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Detector;
import dev.holdfast.Lease;
import dev.holdfast.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ReplicasConcurrencyTest {
    private static final int ROUNDS = Boolean.getBoolean("holdfast.long") ? 200_000 : 4_000;

    @Test
    @DisplayName(
            "LB-2, LB-6 four threads call nodes that fail and come back, while the list changes: the cap holds, and all calls are out at the end")
    void storm() throws Exception {
        List<String> names = List.of("a", "b", "c", "d", "e");
        Replicas<String> replicas = Replicas.<String>builder("storm")
                .nodes(names)
                .eject(Ejection.afterFailures(2)
                        .lasting(Duration.ofNanos(50_000), Duration.ofMillis(1))
                        .atMost(.4))
                .panicBelow(0)
                .ramp(Duration.ofMillis(2))
                .build();
        AtomicBoolean over = new AtomicBoolean();
        ConcurrentLinkedQueue<String> problems = new ConcurrentLinkedQueue<>();
        List<NodeChanged> told = new ArrayList<>();
        // Told by one thread at a time, so a plain list will do.
        replicas.on(NodeChanged.class, told::add);
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            callers.add(new Thread(() -> {
                for (int round = 0; round < ROUNDS; round++) {
                    try {
                        replicas.run(node -> {
                            if (ThreadLocalRandom.current().nextInt(3) > 0) {
                                throw new IllegalStateException(node);
                            }
                        });
                    } catch (IllegalStateException expected) {
                        // As said.
                    } catch (RuntimeException unexpected) {
                        problems.add(unexpected.toString());
                    }
                }
            }));
        }
        Thread watcher = new Thread(() -> {
            while (!over.get()) {
                long out = replicas.nodes().stream()
                        .filter(node -> node.state() == NodeState.EJECTED)
                        .count();
                // A look takes a while: one may be back, and another out, in the middle of it.
                if (out > 4) {
                    problems.add(out + " ejected");
                }
            }
        });
        callers.forEach(Thread::start);
        watcher.start();
        for (int i = 0; i < 200; i++) {
            replicas.replace(i % 2 == 0 ? List.of("a", "b", "c") : names);
            Thread.sleep(1);
        }
        for (Thread caller : callers) {
            caller.join();
        }
        over.set(true);
        watcher.join();
        replicas.replace(names);

        assertThat(problems).isEmpty();
        assertThat(replicas.nodes()).allMatch(node -> node.inFlight() == 0);
        assertThat(replicas.nodes().stream()
                        .filter(node -> node.state() == NodeState.EJECTED || node.state() == NodeState.TRIAL))
                .hasSizeLessThanOrEqualTo(2);
        assertThat(told).anyMatch(event -> event.to() == NodeState.EJECTED);
    }

    /** What two detectors say, of one node each. */
    private static final class Says implements Detector<String> {
        private final String node;
        private volatile boolean isUp = true;
        private @Nullable Watcher<? super String> watcher;

        Says(String node) {
            this.node = node;
        }

        @Override
        public Subscription follow(Watcher<? super String> each) {
            watcher = each;
            return () -> {};
        }

        void turns() {
            isUp = !isUp;
            requireNonNull(watcher).changed(node, isUp, "");
        }
    }

    @Test
    @DisplayName(
            "FO-8 tiers that go down and come up at the same moment: when all is still, calls go where they should")
    void tiersAtOnce() throws Exception {
        List<Says> says = List.of(new Says("main"), new Says("standby"));
        Replicas<String> replicas = Replicas.<String>builder("tiers")
                .node("main", "main")
                .standby()
                .node("standby", "standby")
                .ramp(Duration.ZERO)
                .failbackAfter(Duration.ZERO)
                .follow(says.get(0))
                .follow(says.get(1))
                .build();
        List<String> wrong = new ArrayList<>();
        // Between rounds nobody changes anything.
        CyclicBarrier rounds = new CyclicBarrier(2, () -> {
            String wanted = says.get(0).isUp || !says.get(1).isUp ? "main" : "standby";
            Lease<String> lease = replicas.pick(null, List.of());
            if (lease == null || !lease.target().equals(wanted)) {
                wrong.add(lease + " instead of " + wanted);
            }
        });
        List<Thread> threads = new ArrayList<>();
        for (Says each : says) {
            threads.add(new Thread(() -> {
                try {
                    for (int round = 0; round < ROUNDS; round++) {
                        int changes = ThreadLocalRandom.current().nextInt(4);
                        for (int i = 0; i < changes; i++) {
                            each.turns();
                        }
                        rounds.await();
                    }
                } catch (InterruptedException | BrokenBarrierException unexpected) {
                    throw new AssertionError(unexpected);
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(wrong).isEmpty();
        assertThat(rounds.isBroken()).isFalse();
    }
}

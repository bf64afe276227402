// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Detector;
import dev.holdfast.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Beats, suspicions, forgetting and following, all at once. */
@Timeout(60)
class HeartbeatsConcurrencyTest {
    private static final int NODES = 4;

    /** Whether each node is down and up by turns, and told by one thread at a time. */
    private static final class Turns implements Detector.Watcher<Integer> {
        private final Map<Integer, Boolean> down = new ConcurrentHashMap<>();
        private final AtomicInteger inside = new AtomicInteger();
        private final ConcurrentLinkedQueue<String> wrong;

        Turns(ConcurrentLinkedQueue<String> wrong) {
            this.wrong = wrong;
        }

        @Override
        public void changed(Integer node, boolean isUp, String why) {
            if (inside.incrementAndGet() != 1) {
                wrong.add("two at once");
            }
            boolean wasDown = down.getOrDefault(node, false);
            if (wasDown != isUp) {
                wrong.add("node " + node + " " + (isUp ? "up" : "down") + " twice: " + why);
            }
            down.put(node, !isUp);
            inside.decrementAndGet();
        }
    }

    @Test
    @DisplayName(
            "FD-7 of each node those who follow hear down and up by turns, and in the end what is, whatever threads do")
    void byTurns() throws Exception {
        ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
        Heartbeats<Integer> beats = Heartbeats.<Integer>builder("nodes")
                .deadline(Duration.ofNanos(100_000))
                .ignoreOwnPauses(Duration.ZERO)
                .build();
        Turns always = new Turns(wrong);
        beats.follow(always);
        AtomicBoolean isOver = new AtomicBoolean();
        List<Thread> threads = new ArrayList<>();
        threads.add(new Thread(() -> {
            for (int i = 0; !isOver.get(); i++) {
                beats.beat(i % NODES, i / 1_000);
                beats.isSuspected((i + 1) % NODES);
            }
        }));
        threads.add(new Thread(() -> {
            for (int i = 0; !isOver.get(); i++) {
                beats.isSuspected(i % NODES);
                if (i % 97 == 0) {
                    beats.forget(i % NODES);
                }
            }
        }));
        threads.add(new Thread(() -> {
            while (!isOver.get()) {
                Subscription late = beats.follow(new Turns(wrong));
                beats.beat(0);
                late.cancel();
            }
        }));
        threads.forEach(Thread::start);
        Thread.sleep(1_500);
        isOver.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        for (int node = 0; node < NODES; node++) {
            beats.beat(node, Long.MAX_VALUE);
            while (!beats.isSuspected(node)) {
                Thread.onSpinWait();
            }
        }
        while (!always.down.values().stream().allMatch(isDown -> isDown) || always.down.size() < NODES) {
            Thread.sleep(1);
        }
        beats.close();
        assertThat(wrong).isEmpty();
        assertThat(beats.nodes()).hasSize(NODES);
        assertThat(beats.readiness().reason()).isEqualTo("4 of 4 down");
    }
}

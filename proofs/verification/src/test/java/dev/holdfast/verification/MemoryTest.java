// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff;
import dev.holdfast.Pipeline;
import dev.holdfast.Registry;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.chaos.Chaos;
import dev.holdfast.chaos.ChaosReply;
import dev.holdfast.chaos.Delay;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.failover.Replicas;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.health.Heartbeats;
import dev.holdfast.hedge.Hedge;
import dev.holdfast.quorum.Quorum;
import dev.holdfast.quorum.QuorumBuilder;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class MemoryTest {
    private static final int INSTANCES = 10_000;
    /** What is measured at once: many times what else comes and goes on the heap meanwhile. */
    private static final long MEASURED = 60_000_000;

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();

    /** Of what may be as large as that, as many as are measured: the larger they are, the fewer. */
    private static void assertAtMost(int most, IntFunction<Object> make) {
        assertThat(bytesEach((int) Math.min(INSTANCES, MEASURED / most), make)).isLessThanOrEqualTo(most);
    }

    /** What each of so many instances keeps on the heap, from the difference that they make there. */
    private static long bytesEach(int instances, IntFunction<Object> make) {
        Object[] kept = new Object[instances];
        make.apply(-1);
        long before = used();
        for (int i = 0; i < instances; i++) {
            kept[i] = make.apply(i);
        }
        long bytes = (used() - before) / instances;
        assertThat(kept).doesNotContainNull();
        return bytes;
    }

    static long used() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(
                    least,
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
        }
        return least;
    }

    @Test
    @DisplayName("XC-9 the measurement tells 1,000 bytes from 1,500")
    void control() {
        assertThat(bytesEach(INSTANCES, i -> new byte[1000])).isBetween(950L, 1100L);
    }

    @Test
    @DisplayName("XC-9 what is larger than it may be is found, also where few are measured")
    void larger() {
        for (int most : new int[] {1024, 12 * 1024, 200 * 1024}) {
            assertAtMost(most, i -> new byte[most - most / 10]);
            assertThatThrownBy(() -> assertAtMost(most, i -> new byte[most + most / 10]))
                    .isInstanceOf(AssertionError.class);
        }
    }

    @Test
    @DisplayName("XC-9 a breaker with the defaults takes at most 2 KB, fresh and used")
    void breaker() {
        assertAtMost(
                2048, i -> CircuitBreaker.builder("inventory").environment(time).build());
        assertAtMost(2048, i -> {
            CircuitBreaker breaker =
                    CircuitBreaker.builder("inventory").environment(time).build();
            for (int k = 0; k < 120; k++) {
                breaker.acquire().succeeded();
            }
            breaker.acquire().failed();
            breaker.run(() -> {});
            return breaker;
        });
    }

    @Test
    @DisplayName("XC-9 a retry takes at most 1 KB, and a pipeline of both with them at most 4 KB")
    void others() {
        assertAtMost(1024, i -> Retry.builder("inventory").environment(time).build());
        assertAtMost(4096, i -> {
            Pipeline<Object> pipeline = Pipeline.of(
                    Retry.builder("inventory").environment(time).build(),
                    CircuitBreaker.builder("inventory").environment(time).build());
            pipeline.run(() -> {});
            return pipeline;
        });
    }

    @Test
    @DisplayName("XC-9 a bulkhead, a limiter and a fallback take at most 2 KB each, a timeout at most 1 KB")
    void newerOnes() {
        assertAtMost(
                2048,
                i -> Bulkhead.builder("b").environment(time).limit(10).queue(5).build());
        assertAtMost(
                2048,
                i -> RateLimiter.builder("l")
                        .environment(time)
                        .limit(10, SECOND)
                        .build());
        assertAtMost(
                2048,
                i -> Fallback.builder("f", Object.class)
                        .environment(time)
                        .lastGood(SECOND)
                        .value("x")
                        .build());
        assertAtMost(1024, i -> Timeout.builder("t", SECOND).environment(time).build());
    }

    @Test
    @DisplayName("XC-9 chaos that is off takes at most 2 KB")
    void chaos() {
        assertAtMost(
                2048,
                i -> Chaos.builder("c")
                        .environment(time)
                        .delay(0.1, Delay.of(SECOND))
                        .build());
        assertAtMost(
                2048,
                i -> ChaosReply.builder("c")
                        .environment(time)
                        .alter(0.1, same -> same)
                        .build());
    }

    @Test
    @DisplayName("XC-9 a hedge takes at most 1 KB, and 11 KB with what it knows of first attempts")
    void hedge() {
        assertAtMost(
                1024,
                i -> Hedge.builder("h")
                        .environment(time)
                        .repeatable()
                        .after(SECOND)
                        .build());
        assertAtMost(11 * 1024, i -> {
            Hedge<Object> hedge =
                    Hedge.builder("h").environment(time).repeatable().build();
            for (int k = 0; k < 200; k++) {
                hedge.run(() -> {});
            }
            return hedge;
        });
    }

    @Test
    @DisplayName("XC-9 a node that beats takes at most 1 KB with its first intervals, and its timer")
    void heartbeats() {
        Heartbeats<Integer> beats = Heartbeats.<Integer>builder("nodes")
                .environment(time)
                .maximumNodes(2 * INSTANCES)
                .build();
        assertAtMost(1024, i -> beats.beat(i));
        beats.close();
    }

    @Test
    @DisplayName("XC-9 replicas of three nodes take at most 12 KB, and those of a hundred at most 2 KB for each")
    void replicas() {
        assertAtMost(12 * 1024, i -> replicas(3));
        assertAtMost(200 * 1024, i -> replicas(100));
    }

    private static Replicas<Integer> replicas(int nodes) {
        Replicas<Integer> replicas =
                Replicas.of("r", IntStream.range(0, nodes).boxed().toList());
        for (int i = 0; i < 200; i++) {
            replicas.call(node -> node);
        }
        return replicas;
    }

    @Test
    @DisplayName("XC-9 a quorum of three nodes takes at most 4 KB, and 36 KB with what it knows of their answers")
    void quorum() {
        assertAtMost(4 * 1024, i -> quorum(0));
        assertAtMost(36 * 1024, i -> quorum(200));
    }

    private Quorum<String, String> quorum(int calls) {
        QuorumBuilder<String, String> builder = Quorum.reads("q", String.class)
                .environment(time)
                .over("a", "b", "c")
                .newest(Comparator.naturalOrder());
        Quorum<String, String> quorum = (calls == 0 ? builder.spareAfter(SECOND) : builder).build();
        for (int k = 0; k < calls; k++) {
            quorum.callAsync(node -> CompletableFuture.completedFuture("1"));
        }
        return quorum;
    }

    @Test
    @DisplayName("RT-5 100,000 cancelled retries leave less than a megabyte on the heap, a second later")
    void cancelledRetries() {
        Retry<Object> retry = Retry.builder("r")
                .backoff(Backoff.fixed(Duration.ofHours(1)))
                .withoutBudget()
                .build();
        CompletableFuture<Object> failed = CompletableFuture.failedFuture(new IllegalStateException("down"));
        retry.callAsync(() -> failed).cancel(true);
        long before = used();
        for (int i = 0; i < 100_000; i++) {
            CompletableFuture<Object> waiting = retry.callAsync(() -> failed);
            assertThat(waiting.isDone()).isFalse();
            waiting.cancel(true);
        }

        // Cancelled timers are swept once a second.
        long left = Long.MAX_VALUE;
        for (long end = System.nanoTime() + SECOND.toNanos() * 30; left > 1 << 20 && System.nanoTime() < end; ) {
            left = used() - before;
        }
        assertThat(left).isLessThan(1 << 20);
    }

    @Test
    @DisplayName("XC-9 a registry never holds more than its bound, and never drops an entry by itself")
    void registry() {
        Registry<CircuitBreaker> registry = Registry.of(
                3, name -> CircuitBreaker.builder(name).environment(time).build());
        CircuitBreaker first = registry.get("1");
        registry.get("2");
        registry.get("3");
        for (int i = 4; i < 1000; i++) {
            String name = "name\n" + i;
            assertThatThrownBy(() -> registry.get(name))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContainingAll("full", "3", "name\\n");
        }

        assertThat(registry.all()).hasSize(3);
        assertThat(registry.get("1")).isSameAs(first);
        registry.remove("2");
        assertThat(registry.get("4")).isSameAs(registry.get("4"));
    }
}

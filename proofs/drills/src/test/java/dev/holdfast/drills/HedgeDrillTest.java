// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.holdfast.Budget;
import dev.holdfast.Lease;
import dev.holdfast.Pipeline;
import dev.holdfast.Targets;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.failover.Ejection;
import dev.holdfast.failover.Replicas;
import dev.holdfast.hedge.Hedge;
import dev.holdfast.timeout.Timeout;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Three servers in processes of their own, one well, one slow, one frozen, and four callers of all of them. On a machine that does nothing
 * else, and so only by {@code -Dholdfast.hedge.drill=true}: docs/drills.md.
 */
@EnabledIfSystemProperty(named = "holdfast.hedge.drill", matches = "true")
@org.junit.jupiter.api.Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
class HedgeDrillTest {
    private static final int CALLERS = 4;
    private static final int CALLS = 1_600;
    private static final long USUAL_MILLIS = 100;
    /** The breakers of two servers need ten failures each, and a call that meets both needs two extra attempts. */
    private static final int TOKENS = 60;

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();

    /**
     * One of the servers, with what stands around it. Its timeout comes before the extra attempt's answer: an attempt that is overtaken says
     * nothing about its server, and the breaker would never open.
     */
    private record Node(Replica replica, CircuitBreaker breaker, Timeout timeout, Bulkhead bulkhead) {
        static Node of(Replica replica) {
            String name = replica.toString();
            return new Node(
                    replica,
                    CircuitBreaker.ofDefaults(name),
                    Timeout.of(name, Duration.ofMillis(2 * USUAL_MILLIS - 10)),
                    Bulkhead.of(name, 64));
        }
    }

    private String ask(Node node) throws IOException, InterruptedException {
        requests.incrementAndGet();
        HttpRequest request = HttpRequest.newBuilder(node.replica.uri())
                .timeout(Duration.ofSeconds(2))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    /** Milliseconds that the calls took, sorted. */
    private double[] run(Targets<Node> nodes, Pipeline<Object> pipeline, int calls)
            throws InterruptedException, ExecutionException {
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
        List<Future<double[]>> all = new ArrayList<>();
        for (int caller = 0; caller < CALLERS; caller++) {
            all.add(callers.submit(() -> {
                double[] took = new double[calls / CALLERS];
                for (int i = 0; i < took.length; i++) {
                    long start = System.nanoTime();
                    try {
                        nodes.<String, Exception>call(pipeline, this::ask);
                    } catch (Exception failed) {
                        failures.incrementAndGet();
                    }
                    took[i] = (System.nanoTime() - start) / 1e6;
                }
                return took;
            }));
        }
        callers.shutdown();
        double[] took = new double[0];
        for (Future<double[]> one : all) {
            int before = took.length;
            took = Arrays.copyOf(took, before + one.get().length);
            System.arraycopy(one.get(), 0, took, before, one.get().length);
        }
        Arrays.sort(took);
        return took;
    }

    private static double p99(double[] sorted) {
        return sorted[sorted.length * 99 / 100];
    }

    @Test
    @DisplayName(
            "HG-6 with one server of three frozen and one slow, p99 stays within twice that of a healthy one, and the load in the budget")
    void oneFrozenOneSlow() throws Exception {
        assumeThat(Files.isExecutable(Path.of("/bin/kill")) || Files.isExecutable(Path.of("/usr/bin/kill")))
                .as("kill")
                .isTrue();
        try (Replica well = Replica.start("well", USUAL_MILLIS);
                Replica slow = Replica.start("slow", 10 * USUAL_MILLIS);
                Replica frozen = Replica.start("frozen", USUAL_MILLIS)) {
            List<Node> nodes = List.of(Node.of(well), Node.of(slow), Node.of(frozen));
            Timeout all = Timeout.of("all", Duration.ofSeconds(5));
            Targets<Node> healthy = Targets.inTurn(List.of(Lease.of(nodes.get(0))));
            run(healthy, Pipeline.of(all, hedge(healthy)), 60); // until both sides are compiled
            double usual = p99(run(healthy, Pipeline.of(all, hedge(healthy)), 100));

            frozen.freeze();
            Replicas<Node> three = Replicas.<Node>builder("servers")
                    .nameOf(node -> node.replica.toString())
                    .nodes(nodes)
                    .guard(node -> Pipeline.of(node.breaker, node.timeout, node.bulkhead))
                    .eject(Ejection.afterFailures(3).atMost(.7))
                    .panicBelow(.1)
                    .build();
            Hedge<Object> hedge = hedge(three);
            requests.set(0);
            double[] took = run(three, Pipeline.of(all, hedge), CALLS);

            System.out.printf(
                    "hedge drill: p99 of a healthy server %.1f ms; with one slow and one frozen p50 %.1f, p99 %.1f, most %.1f ms; %d requests for %d calls, %d failed; %s%n",
                    usual,
                    took[CALLS / 2],
                    p99(took),
                    took[CALLS - 1],
                    requests.get(),
                    CALLS,
                    failures.get(),
                    hedge.counts());
            assertThat(failures).hasValue(0);
            assertThat(p99(took)).isLessThan(2 * usual);
            assertThat(requests.get() - CALLS).isLessThanOrEqualTo(TOKENS + CALLS / 20);
            for (Node node : nodes) {
                assertThat(node.bulkhead.report().inFlight()).as("%s", node).isZero();
            }
        }
    }

    private static Hedge<Object> hedge(Targets<Node> nodes) {
        return Hedge.builder("replicas")
                .repeatable()
                .extras(2)
                .budget(Budget.of(TOKENS, 0.05, 0))
                .afterQuantile(0.95, Duration.ofMillis(USUAL_MILLIS + USUAL_MILLIS / 2))
                .over(nodes)
                .build();
    }
}

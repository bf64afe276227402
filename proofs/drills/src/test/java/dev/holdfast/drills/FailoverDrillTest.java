// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.holdfast.Pipeline;
import dev.holdfast.failover.Ejection;
import dev.holdfast.failover.Failover;
import dev.holdfast.failover.NodeState;
import dev.holdfast.failover.NodeStatus;
import dev.holdfast.failover.Pick;
import dev.holdfast.failover.Replicas;
import dev.holdfast.timeout.Timeout;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout.ThreadMode;

/**
 * Five servers in processes of their own, under load from four threads, of which one fails fast from the beginning, one is stopped, one is killed
 * and started anew at another port, and one is slow.
 */
@org.junit.jupiter.api.Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
class FailoverDrillTest {
    private static final long PATIENCE_MILLIS = 30_000;
    private static final int CALLERS = 4;

    private final List<Replica> servers = new ArrayList<>();
    private final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<String> lost = new ConcurrentLinkedQueue<>();
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicBoolean over = new AtomicBoolean();
    private final List<Thread> callers = new ArrayList<>();
    private JdkHttp jdk;

    @BeforeAll
    static void needsUnix() {
        assumeThat(Files.isExecutable(Path.of("/bin/kill")) || Files.isExecutable(Path.of("/usr/bin/kill")))
                .as("kill")
                .isTrue();
    }

    @BeforeEach
    void open() throws IOException {
        jdk = new JdkHttp();
    }

    @AfterEach
    void close() throws IOException, InterruptedException {
        over.set(true);
        for (Thread caller : callers) {
            caller.join();
        }
        jdk.close();
        servers.forEach(Replica::close);
    }

    private Replica add(Replica replica) {
        servers.add(replica);
        return replica;
    }

    private String get(Replica replica) throws IOException, InterruptedException {
        asked.computeIfAbsent(replica.name(), name -> new AtomicInteger()).incrementAndGet();
        String body = jdk.client
                .send(HttpRequest.newBuilder(replica.uri()).build(), BodyHandlers.ofString())
                .body();
        if (body.endsWith("a lie")) {
            throw new IOException("fails fast");
        }
        return body;
    }

    private void call(Replicas<Replica> replicas, Pipeline<Object> pipeline) {
        while (!over.get()) {
            try {
                String body = replicas.through(pipeline).call(this::get);
                assertThat(body).isNotEmpty();
                answered.incrementAndGet();
            } catch (Exception thrown) {
                lost.add(thrown.toString());
            }
        }
    }

    private int asked(String name) {
        return asked.getOrDefault(name, new AtomicInteger()).get();
    }

    private static NodeStatus<Replica> status(Replicas<Replica> replicas, String name) {
        return replicas.nodes().stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void await(BooleanSupplier condition, String what) throws InterruptedException {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - start).as(what).isLessThan(PATIENCE_MILLIS * 1_000_000);
            Thread.sleep(10);
        }
    }

    /** So many calls go on being answered. */
    private void answers(int more) throws InterruptedException {
        int before = answered.get();
        await(() -> answered.get() >= before + more, more + " more answers");
    }

    @Test
    @DisplayName(
            "no call is lost while one of five servers fails fast, one is stopped, one is killed and comes back, and one is slow")
    void noCallIsLost() throws Exception {
        add(Replica.start("well", 2));
        Replica stopped = add(Replica.start("stopped", 2));
        Replica killed = add(Replica.start("killed", 2));
        add(Replica.start("slow", 60));
        add(Replica.startLying("liar"));
        Replicas<Replica> replicas = Replicas.<Replica>builder("servers")
                .nameOf(Replica::name)
                .nodes(servers)
                // A failure of a second beside answers of 2 ms is forgotten after six.
                .pick(Pick.leastLoaded(Duration.ofSeconds(1), Duration.ofSeconds(1)))
                .eject(Ejection.afterFailures(3)
                        .lasting(Duration.ofSeconds(1), Duration.ofSeconds(2))
                        .atMost(.7))
                .panicBelow(.1)
                .ramp(Duration.ofSeconds(1))
                .build();
        Failover<Object> failover = Failover.builder("servers")
                .over(replicas)
                .repeatable()
                .attempts(4)
                .withoutBudget()
                .build();
        Pipeline<Object> pipeline = Pipeline.of(
                Timeout.of("all", Duration.ofSeconds(20)), failover, Timeout.of("each", Duration.ofSeconds(1)));
        for (int i = 0; i < CALLERS; i++) {
            Thread caller = new Thread(() -> call(replicas, pipeline), "caller " + i);
            callers.add(caller);
            caller.start();
        }

        answers(200);
        await(() -> asked("liar") >= 1, "the liar is asked");
        stopped.freeze();
        await(() -> status(replicas, "stopped").state() == NodeState.EJECTED, "the stopped one is out");
        long failed = status(replicas, "stopped").failed();
        killed.close();
        answers(400);
        assertThat(status(replicas, "stopped").failed()).isLessThanOrEqualTo(failed + 10);

        stopped.thaw();
        long before = status(replicas, "stopped").succeeded();
        await(() -> status(replicas, "stopped").succeeded() > before + 20, "the stopped one gets its calls again");
        servers.remove(killed);
        add(Replica.start("killed", 2));
        replicas.replace(servers);
        long restarted = status(replicas, "killed").succeeded();
        await(() -> status(replicas, "killed").succeeded() > restarted + 20, "the killed one gets its calls again");

        over.set(true);
        for (Thread caller : callers) {
            caller.join();
        }
        assertThat(lost).isEmpty();
        assertThat(asked("liar")).as("of %s answers", answered).isLessThan(answered.get() / 10);
        assertThat(asked("slow")).isLessThan(asked("well"));
        assertThat(replicas.nodes()).allMatch(node -> node.inFlight() == 0);
        System.out.printf(
                "failover drill: %d answers, none lost; asked %s; %s%n", answered.get(), asked, failover.counts());
    }
}

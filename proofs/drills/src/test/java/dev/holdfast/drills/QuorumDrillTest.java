// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.holdfast.Lease;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.quorum.NoQuorumException;
import dev.holdfast.quorum.NodeCounts;
import dev.holdfast.quorum.Quorum;
import dev.holdfast.quorum.Tally;
import dev.holdfast.quorum.Vote;
import dev.holdfast.timeout.Timeout;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Quorums and votes over three servers in processes of their own, one of which is stopped, gone, slow or lies. How long it takes is looked at
 * only on a machine that does nothing else, by {@code -Dholdfast.quorum.drill=true}: docs/drills.md.
 */
@org.junit.jupiter.api.Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
class QuorumDrillTest {
    private static final long BACK_MILLIS = 10_000;
    private static final int CALLERS = 4;
    /** So many that what is late is learned several times. */
    private static final int CALLS = 400;

    private static final long USUAL_MILLIS = 100;
    private static final Comparator<String> VERSIONS = Comparator.comparingLong(Replica::versionOf);

    private final List<Replica> replicas = new ArrayList<>();
    private final List<Bulkhead> bulkheads = new ArrayList<>();

    private Resources before;

    private JdkHttp jdk;

    /** Where nodes are asked: no call may keep one of them. */
    private ExecutorService threads;

    @BeforeAll
    static void needsUnix() {
        assumeThat(Resources.canBeCounted()).as("/proc/self/fd").isTrue();
        assumeThat(Files.isExecutable(Path.of("/bin/kill")) || Files.isExecutable(Path.of("/usr/bin/kill")))
                .as("kill")
                .isTrue();
    }

    /** The first client of a JVM opens what all later ones use. */
    @BeforeAll
    static void warmUp() throws IOException, InterruptedException {
        JdkHttp first = new JdkHttp();
        try (Replica replica = Replica.start("first", 0)) {
            first.client.send(getting(replica), BodyHandlers.ofString());
        } finally {
            first.close();
        }
    }

    @BeforeEach
    void open() {
        before = Resources.now();
        jdk = new JdkHttp();
        threads = Executors.newCachedThreadPool();
    }

    @AfterEach
    void allIsBack() throws IOException, InterruptedException {
        try {
            for (Bulkhead bulkhead : bulkheads) {
                await(() -> bulkhead.report().inFlight() == 0, "every permit of " + bulkhead + " is back");
            }
            threads.shutdown();
            assertThat(threads.awaitTermination(BACK_MILLIS, TimeUnit.MILLISECONDS))
                    .as("every thread is back")
                    .isTrue();
        } finally {
            jdk.close();
            replicas.forEach(Replica::close);
        }
        if (JdkHttp.CLOSES) {
            Resources after = Resources.awaitBack(before, BACK_MILLIS);
            assertThat(after.isBack(before)).as(after.beyond(before)).isTrue();
        }
    }

    private static void await(BooleanSupplier condition, String what) throws InterruptedException {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - start).as(what).isLessThan(BACK_MILLIS * 1_000_000);
            Thread.sleep(10);
        }
    }

    // ---- The servers ------------------------------------------------------------------------------------------------

    private Replica start(String name) throws IOException {
        return add(Replica.start(name, 0));
    }

    private Replica add(Replica replica) {
        replicas.add(replica);
        return replica;
    }

    /** All servers, each with a bulkhead that sees what is asked of it. */
    private List<Lease<Replica>> nodes() {
        return replicas.stream().map(replica -> lease(replica, null)).toList();
    }

    private Lease<Replica> lease(Replica replica, @Nullable Timeout timeout) {
        Bulkhead bulkhead = Bulkhead.of(replica.name(), 64);
        bulkheads.add(bulkhead);
        Lease<Replica> lease = timeout == null ? Lease.of(replica, bulkhead) : Lease.of(replica, timeout, bulkhead);
        return lease.named(replica.name());
    }

    private static HttpRequest getting(Replica replica) {
        return HttpRequest.newBuilder(replica.uri()).build();
    }

    private static HttpRequest putting(Replica replica, String value) {
        return HttpRequest.newBuilder(replica.uri())
                .PUT(HttpRequest.BodyPublishers.ofString(value))
                .build();
    }

    private String get(Replica replica) throws IOException, InterruptedException {
        return jdk.client.send(getting(replica), BodyHandlers.ofString()).body();
    }

    private String put(Replica replica, String value) throws IOException, InterruptedException {
        return jdk.client.send(putting(replica, value), BodyHandlers.ofString()).body();
    }

    private static List<String> names(Tally<?, ?> tally, Tally.State state) {
        return tally.in(state).stream().map(Tally.Part::name).toList();
    }

    // ---- Quorums ----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName(
            "a read of two of three gives the newest while one server is stopped, and while it is gone, and repairs the older one")
    void readsGiveTheNewest() throws Exception {
        Replica newer = start("newer");
        Replica older = start("older");
        Replica stopped = start("stopped");
        put(newer, "2 pear");
        put(older, "1 apple");
        put(stopped, "2 pear");
        Quorum<Replica, String> reads = Quorum.<String>reads("value", String.class)
                .over(nodes())
                .newest(VERSIONS)
                .repair((replica, old, newest) -> put(replica, newest))
                .runOn(threads)
                .build();

        stopped.freeze();
        for (int i = 0; i < 6; i++) {
            assertThat(reads.call(this::get)).isEqualTo("2 pear");
        }
        await(() -> reads.counts().repaired() > 0, "repaired");
        assertThat(get(older)).isEqualTo("2 pear");

        stopped.close();
        put(newer, "3 plum");
        long repaired = reads.counts().repaired();
        for (int i = 0; i < 6; i++) {
            assertThat(reads.call(this::get)).isEqualTo("3 plum");
        }
        await(() -> reads.counts().repaired() > repaired, "repaired");
        assertThat(get(older)).isEqualTo("3 plum");
        Quorum.Counts counts = reads.counts();
        assertThat(counts.reached()).isEqualTo(12);
        assertThat(counts.failed() + counts.notRepaired()).isZero();
        // Four times of six it is one of the two that are asked first.
        assertThat(counts.late()).isGreaterThanOrEqualTo(4);
        assertThat(counts.missing()).isGreaterThanOrEqualTo(4);
        assertThat(reads.nodes().get("stopped").accepted()).isZero();
    }

    @Test
    @DisplayName(
            "a write to three servers, of which one is stopped, succeeds at two, and goes on at the third when that is back")
    void writesDoNotWaitForTheStopped() throws Exception {
        Replica one = start("one");
        Replica two = start("two");
        Replica stopped = start("stopped");
        Quorum<Replica, String> writes = Quorum.<String>writes("value", String.class)
                .over(nodes())
                .runOn(threads)
                .build();
        Quorum<Replica, String> reads = Quorum.<String>reads("value", String.class)
                .over(nodes())
                .newest(VERSIONS)
                .pairedWith(writes)
                .runOn(threads)
                .build();

        stopped.freeze();
        // No request has a deadline: whoever waited for that server would wait for ever.
        Tally<Replica, String> written = writes.tally(replica -> put(replica, "1 fig"));

        assertThat(written.reached()).isEqualTo(2);
        assertThat(names(written, Tally.State.ACCEPTED)).containsExactly("one", "two");
        assertThat(names(written, Tally.State.ABSENT)).containsExactly("stopped");
        assertThat(writes.nodes()).containsEntry("stopped", new NodeCounts(0, 0, 0, 1, 0));
        assertThat(get(one)).isEqualTo(get(two)).isEqualTo("1 fig");
        assertThat(reads.call(this::get)).isEqualTo("1 fig");

        stopped.thaw();
        await(() -> writes.nodes().get("stopped").late() == 1, "has answered late");
        assertThat(get(stopped)).isEqualTo("1 fig");
    }

    // ---- Votes ------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName(
            "a vote over three servers, of which one lies, gives the truth each time and names the liar; with another one stopped, both apart")
    void votesNameTheLiar() throws Exception {
        start("well");
        Replica stopped = start("stopped");
        add(Replica.startLying("liar"));
        Vote<Replica, String> vote = Vote.<String>builder("value", String.class)
                .over(nodes())
                .tolerateLiars(1)
                .runOn(threads)
                .build();
        // What the client gives, because its future is the one whose cancellation ends the exchange.
        Vote<Replica, HttpResponse<String>> async = Vote.<HttpResponse<String>>builder("value", HttpResponse.class)
                .over(nodes())
                .tolerateLiars(1)
                .sameBy(HttpResponse::body)
                .build();

        for (int version = 1; version <= 9; version++) {
            String truth = version + " truth";
            for (Replica replica : replicas) {
                put(replica, truth);
            }
            assertThat(vote.call(this::get)).isEqualTo(truth);
            CompletableFuture<HttpResponse<String>> answer =
                    async.callAsync(replica -> jdk.client.sendAsync(getting(replica), BodyHandlers.ofString()));
            assertThat(answer.get().body()).isEqualTo(truth);
        }
        for (Vote<Replica, ?> each : List.of(vote, async)) {
            assertThat(each.nodes().get("liar").dissenting()).as("%s", each).isPositive();
            assertThat(each.nodes().get("liar").accepted()).as("%s", each).isZero();
            assertThat(each.nodes().get("well").dissenting()).as("%s", each).isZero();
            assertThat(each.nodes().get("stopped").dissenting()).as("%s", each).isZero();
        }

        // It has to give up at some time: an answer of that server could still be what is missing.
        List<Lease<Replica>> inTime = replicas.stream()
                .map(replica -> lease(replica, Timeout.of(replica.name(), Duration.ofSeconds(2))))
                .toList();
        Vote<Replica, String> bounded = Vote.<String>builder("bounded", String.class)
                .over(inTime)
                .tolerateLiars(1)
                .runOn(threads)
                .build();
        stopped.freeze();
        NoQuorumException failure = catchThrowableOfType(NoQuorumException.class, () -> bounded.call(this::get));

        Tally<?, ?> tally = Objects.requireNonNull(failure.tally());
        assertThat(tally.reached()).isEqualTo(1);
        assertThat(names(tally, Tally.State.DISSENTING)).containsExactlyInAnyOrder("well", "liar");
        assertThat(names(tally, Tally.State.FAILED)).containsExactly("stopped");
        assertThat(failure).hasMessageContaining("dissenting '").hasMessageContaining("failed 'stopped'");
    }

    // ---- How long it takes ------------------------------------------------------------------------------------------

    @Test
    @EnabledIfSystemProperty(named = "holdfast.quorum.drill", matches = "true")
    @DisplayName(
            "a read of two of three takes no five times as long when one server is ten times as slow, however long it is")
    void readsDoNotWaitForTheSlow() throws Exception {
        Replica one = add(Replica.start("one", USUAL_MILLIS));
        Replica two = add(Replica.start("two", USUAL_MILLIS));
        Replica three = add(Replica.start("three", USUAL_MILLIS));
        Replica slow = add(Replica.start("slow", USUAL_MILLIS + 1_000));
        Quorum<Replica, String> healthy = timed(one, two, three);
        Quorum<Replica, String> ailing = timed(one, two, slow);
        run(healthy, 40); // until both sides are compiled

        double[] usual = run(healthy, 100);
        double[] took = run(ailing, CALLS);

        System.out.printf(
                "quorum drill: a read of two of three healthy servers takes p50 %.1f, p99 %.1f ms; with one slow p50 %.1f, p99 %.1f, at most %.1f ms; %s%n",
                at(usual, 0.5), at(usual, 0.99), at(took, 0.5), at(took, 0.99), at(took, 1), ailing.counts());
        assertThat(at(took, 0.99)).isLessThan(5 * at(usual, 0.99));
    }

    private Quorum<Replica, String> timed(Replica... all) {
        return Quorum.<String>reads("value", String.class)
                .over(Arrays.stream(all).map(replica -> lease(replica, null)).toList())
                .newest(VERSIONS)
                .runOn(threads)
                .build();
    }

    /** Milliseconds that the calls took, sorted. */
    private double[] run(Quorum<Replica, String> quorum, int calls) throws Exception {
        List<Future<double[]>> callers = new ArrayList<>();
        for (int caller = 0; caller < CALLERS; caller++) {
            callers.add(threads.submit(() -> {
                double[] took = new double[calls / CALLERS];
                for (int i = 0; i < took.length; i++) {
                    long start = System.nanoTime();
                    quorum.call(this::get);
                    took[i] = (System.nanoTime() - start) / 1e6;
                }
                return took;
            }));
        }
        double[] all = {};
        for (Future<double[]> caller : callers) {
            all = DoubleStream.concat(Arrays.stream(all), Arrays.stream(caller.get()))
                    .toArray();
        }
        Arrays.sort(all);
        return all;
    }

    private static double at(double[] sorted, double share) {
        return sorted[Math.min(sorted.length - 1, (int) (sorted.length * share))];
    }
}

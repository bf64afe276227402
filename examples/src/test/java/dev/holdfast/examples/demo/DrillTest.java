// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Pipeline;
import dev.holdfast.RejectedException;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.timeout.Timeout;
import dev.holdfast.timeout.TimeoutExceededException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** Outages with real parts: processes that are stopped and killed, clocks that jump, executors that do not get to work. */
@org.junit.jupiter.api.Timeout(value = 180, threadMode = ThreadMode.SEPARATE_THREAD)
class DrillTest {
    @TempDir
    private Path folder;

    private final ServerProcess server = new ServerProcess("drill", new Capacity(4, 100, 0), 0);

    @BeforeEach
    void needsKill() {
        try {
            Signals.requireKill();
        } catch (DemoException e) {
            Assumptions.abort(e.getMessage());
        }
    }

    @AfterEach
    void close() {
        server.close();
    }

    private void start() {
        server.launch();
        server.awaitReady();
    }

    @Test
    @DisplayName("BH-1 CB-4 MX-1 RL-1 TO-2 a service that is stopped, continued, killed and started again")
    void service() throws InterruptedException {
        start();
        try (DrillCallers callers = new DrillCallers(server.uri())) {
            callers.awaitAnswers(30);

            server.freeze();
            callers.awaitState(State.OPEN);
            server.thaw();
            callers.awaitState(State.CLOSED);
            callers.awaitAnswers(30);

            server.kill();
            callers.awaitState(State.OPEN);
            start();
            callers.awaitState(State.CLOSED);
            callers.awaitAnswers(30);

            callers.stopAndCheck();
        }
    }

    @Test
    @DisplayName("BH-1 CB-4 MX-1 RL-1 TO-2 a client that is stopped for longer than its timeouts, and goes on")
    void client() throws IOException, InterruptedException {
        start();
        Process child = child(List.of(), "calls", server.uri().toString());
        try (BufferedReader said = child.inputReader(StandardCharsets.UTF_8)) {
            Writer orders = child.outputWriter();
            for (int stops = 0; stops < 3; stops++) {
                order(orders, said);
                Signals.send("-STOP", child.pid());
                Thread.sleep(800);
                Signals.send("-CONT", child.pid());
            }
            order(orders, said);
            orders.close();
            assertPassed(child, said);
        } finally {
            child.destroyForcibly();
        }
    }

    private static void order(Writer orders, BufferedReader said) throws IOException {
        orders.write("go on\n");
        orders.flush();
        assertThat(said.readLine()).isEqualTo(DrillChild.RUNNING);
    }

    @Test
    @DisplayName("CB-5 RL-6 TO-6 a wall clock that jumps an hour forth and two hours back moves nothing")
    void wallClock() throws IOException, InterruptedException {
        Path library = libfaketime();
        Assumptions.assumeTrue(
                library != null, "skipped: libfaketime is not installed (Debian: apt-get install libfaketime)");
        Path file = Files.writeString(folder.resolve("time"), "+0\n");
        Process child = child(
                List.of(
                        "LD_PRELOAD=" + library,
                        "FAKETIME_TIMESTAMP_FILE=" + file,
                        "FAKETIME_NO_CACHE=1",
                        "FAKETIME_DONT_FAKE_MONOTONIC=1"),
                "clock",
                file.toString());
        try (BufferedReader said = child.inputReader(StandardCharsets.UTF_8)) {
            assertPassed(child, said);
        } finally {
            child.destroyForcibly();
        }
    }

    /** The variant for programs with threads: in the plain one, two that read the clock at once spoil each other's answer. */
    private static Path libfaketime() throws IOException {
        for (Path root : List.of(Path.of("/usr/lib"), Path.of("/usr/lib64"), Path.of("/usr/local/lib"))) {
            if (Files.isDirectory(root)) {
                try (Stream<Path> all =
                        Files.find(root, 3, (path, is) -> path.endsWith("faketime/libfaketimeMT.so.1"))) {
                    Path found = all.findFirst().orElse(null);
                    if (found != null) {
                        return found;
                    }
                }
            }
        }
        return null;
    }

    private Process child(List<String> environment, String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of("env"));
        command.addAll(environment);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                DrillChild.class.getName()));
        command.addAll(List.of(args));
        return new ProcessBuilder(command).redirectError(errors().toFile()).start();
    }

    private Path errors() {
        return folder.resolve("errors");
    }

    private void assertPassed(Process child, BufferedReader said) throws IOException, InterruptedException {
        String last = said.readLine();
        assertThat(last)
                .as("what the client says; its errors:%n%s", Files.readString(errors()))
                .isEqualTo(DrillChild.PASSED);
        assertThat(child.waitFor(30, TimeUnit.SECONDS)).as("the client ends").isTrue();
        assertThat(child.exitValue()).isZero();
    }

    @Test
    @DisplayName("BH-1 TO-1 an executor that others keep busy: callers are free in time, and nothing runs for nobody")
    void starvedExecutor() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        ThreadPoolExecutor starved = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
        try {
            starved.execute(() -> awaitQuietly(release));
            AtomicInteger ran = new AtomicInteger();
            Bulkhead bulkhead =
                    Bulkhead.builder("starved").limit(2).runOn(starved).build();
            Pipeline<Object> pipeline = Pipeline.of(Timeout.of("starved", Duration.ofMillis(50)), bulkhead);
            Timeout own =
                    Timeout.builder("own", Duration.ofMillis(50)).runOn(starved).build();

            for (int i = 0; i < 5; i++) {
                assertThatThrownBy(() -> pipeline.run(ran::incrementAndGet))
                        .isInstanceOfAny(TimeoutExceededException.class, RejectedException.class);
                assertThatThrownBy(() -> own.run(ran::incrementAndGet)).isInstanceOf(TimeoutExceededException.class);
            }
            assertThat(ran).hasValue(0);

            release.countDown();
            DrillCallers.until(
                    "the executor has caught up", () -> starved.getQueue().isEmpty() && starved.getActiveCount() == 0);
            assertThat(ran).as("work that was given up before it began").hasValue(0);
            assertThat(bulkhead.report()).isEqualTo(new Bulkhead.Report(2, 0, 0));
            bulkhead.run(ran::incrementAndGet);
            assertThat(ran).hasValue(1);
            assertThat(bulkhead.counts().calls()).isEqualTo(6);
        } finally {
            release.countDown();
            starved.shutdownNow();
        }
    }

    @Test
    @DisplayName("BH-1 MX-1 an executor that takes nothing: every call is refused, and every permit is back")
    void refusingExecutor() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        ThreadPoolExecutor full = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new SynchronousQueue<>());
        try {
            full.execute(() -> awaitQuietly(release));
            Bulkhead bulkhead = Bulkhead.builder("full").limit(2).runOn(full).build();
            Timeout timeout =
                    Timeout.builder("full", Duration.ofSeconds(30)).runOn(full).build();

            for (int i = 0; i < 5; i++) {
                assertThatThrownBy(() -> bulkhead.run(() -> {})).isInstanceOf(RejectedException.class);
                assertThatThrownBy(() -> timeout.run(() -> {}))
                        .isInstanceOfAny(RejectedException.class, RejectedExecutionException.class);
            }

            assertThat(bulkhead.report()).isEqualTo(new Bulkhead.Report(2, 0, 0));
            assertThat(bulkhead.counts().rejected()).isEqualTo(5);
            assertThat(bulkhead.counts().calls()).isEqualTo(5);
            release.countDown();
            DrillCallers.until("the executor is free", () -> full.getActiveCount() == 0);
        } finally {
            release.countDown();
            full.shutdownNow();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(120, TimeUnit.SECONDS);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }
}

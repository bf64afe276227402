// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.holdfast.micrometer.HoldfastMeters;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls that are bare, through the pipeline and through the guard, of a real service with one worker and room for one more request. */
@Timeout(60)
class StocksTest {
    private final ServerProcess server = new ServerProcess("test", new Capacity(1, 1, 50), 0);
    private final AtomicInteger requests = new AtomicInteger();
    private StockClient client;

    @BeforeEach
    void start() {
        server.launch();
        server.awaitReady();
        client = new StockClient(server.uri(), StockClient.PATIENT, requests::incrementAndGet);
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    @Test
    void bareCallsAreRepeatedAtOnce() {
        client.control(0, 1);

        assertThatThrownBy(() -> new BareStocks(client, 3).stock("a")).isInstanceOf(StockException.class);
        assertThat(requests).hasValue(3);
    }

    @Test
    void callsThroughThePipelineFallBackToTheLastKnownStock() throws IOException {
        PipelineStocks stocks = new PipelineStocks(client, 100, state -> {});
        Answer fresh = stocks.stock("a");
        client.control(0, 1);

        assertThat(fresh.degraded()).isFalse();
        assertThat(stocks.stock("a")).isEqualTo(new Answer(fresh.stock(), true));
        assertThatThrownBy(() -> stocks.stock("b")).isInstanceOf(IOException.class);
    }

    @Test
    void callsAboveThePipelinesQuotaAreNotSent() throws IOException {
        PipelineStocks stocks = new PipelineStocks(client, 1, state -> {});
        List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            answers.add(stocks.stock("a"));
        }

        assertThat(answers).anyMatch(Answer::degraded);
        assertThat(requests.get()).isLessThan(30);
    }

    @Test
    void theGuardRepeatsOnceWhatFailsAtOnceAndKnowsNoOtherAnswer() throws IOException {
        List<Integer> limits = new ArrayList<>();
        GuardStocks stocks = new GuardStocks(client, limits::add);
        Answer fresh = stocks.stock("a");
        client.control(0, 1);

        assertThat(fresh.degraded()).isFalse();
        assertThatThrownBy(() -> stocks.stock("a")).isInstanceOf(StockException.class);
        assertThat(requests).hasValue(3);
        assertThat(limits).hasSize(1).allMatch(limit -> limit > 1);
    }

    private static List<Double> good(SimpleMeterRegistry registry) {
        return registry.get("holdfast.objective.calls").tag("holdfast.outcome", "good").functionCounters().stream()
                .map(FunctionCounter::count)
                .toList();
    }

    @Test
    void numbersOfBothAreShownSideBySideUntilTheyAreTakenAway() throws IOException {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        HoldfastMeters meters = HoldfastMeters.of();
        meters.bindTo(registry);
        PipelineStocks pipeline = new PipelineStocks(client, 100, state -> {});
        GuardStocks guard = new GuardStocks(client, limit -> {});
        Watch one = pipeline.watched(meters);
        Watch other = guard.watched(meters);
        pipeline.stock("a");
        guard.stock("a");

        // They are looked at each half second.
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
            while (!good(registry).equals(List.of(1.0, 1.0))) {
                Thread.sleep(20);
            }
        });
        assertThat(registry.get("holdfast.outage.active").gauges()).hasSize(2);
        one.close();
        other.close();
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void takesOrdersWhileAllWorkersAreBusy() throws Exception {
        client.control(60_000, 0);
        Thread busy = new Thread(() -> {
            try {
                client.stock("a");
            } catch (IOException e) {
                // The end of the test.
            }
        });
        busy.setDaemon(true);
        busy.start();
        while (requests.get() == 0) {
            Thread.onSpinWait();
        }

        client.control(0, 0);
    }

    @Test
    void theServiceDropsWhatItHasNoRoomFor() throws Exception {
        client.control(500, 0);
        ExecutorService callers = Executors.newFixedThreadPool(10);
        try {
            List<Callable<Integer>> calls = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                calls.add(() -> client.stock("a"));
            }
            int dropped = 0;
            for (Future<Integer> call : callers.invokeAll(calls)) {
                try {
                    call.get();
                } catch (ExecutionException e) {
                    assertThat(e).hasCauseInstanceOf(IOException.class);
                    dropped++;
                }
            }
            assertThat(dropped).isBetween(1, 9);
        } finally {
            callers.shutdownNow();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedGate;
import dev.holdfast.Lab.Wait;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntFunction;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A call that is counted is told once, as what it is counted, also where little of it is left to tell. */
@Timeout(60)
class ToldOnceTest {
    private final Lab lab = new Lab();
    private final TracedGate gate = lab.gate("g");
    private final List<Event.CallEnded> ended = new ArrayList<>();

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "SYNC")
    @DisplayName(
            "MX-1 a turn that was granted, and given up before the call went on, is told as ignored, and took no time")
    void grantedAndGivenUp(Mode mode) {
        gate.on(Event.CallEnded.class, ended::add);
        lab.environment.executor = later -> {};
        gate.waits = number -> new Wait(ms(100), ms(7), false);
        CompletableFuture<Object> future = lab.start(mode, gate, Step.gives("value"));
        lab.time.advance(ms(7));
        assertThat(future.cancel(false)).isTrue();

        assertThat(gate.counts()).isEqualTo(new CallCounts(0, 0, 1, 0, 0));
        assertThat(ended).hasSize(1);
        assertThat(ended.get(0).ending()).isEqualTo(Ending.IGNORED);
        assertThat(ended.get(0).elapsed()).isEqualTo(Duration.ZERO);
        assertThat(ended.get(0).outcome().failure()).isInstanceOf(GivenUp.class);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("MX-1 wherever the clock throws, once or from then on, what is counted is told")
    void clockThrows(Mode mode) {
        for (int failing = 1; failing <= 8; failing++) {
            int at = failing;
            assertTold(mode, "at " + at, number -> number == at ? new Error("clock") : null);
            assertTold(mode, "from " + at, number -> number >= at ? new Error("clock") : null);
        }
    }

    private static void assertTold(Mode mode, String when, IntFunction<Throwable> clockThrows) {
        Lab fresh = new Lab();
        TracedGate asking = fresh.gate("asking");
        asking.asksAtEnter = true;
        asking.asksAtExit = true;
        asking.waits = number -> new Wait(ms(100), ms(7), false);
        List<Event> told = new ArrayList<>();
        asking.on(Event.class, told::add);
        fresh.environment.clockThrows = clockThrows;
        fresh.run(mode, asking, Step.gives("value").after(ms(3)));
        assertThat(told).as(when).hasSize((int) asking.counts().calls());
        assertThat(told)
                .as(when)
                .filteredOn(Event.CallEnded.class::isInstance)
                .allMatch(each -> ((Event.CallEnded) each).ending()
                        == Ending.IGNORED
                        == (asking.counts().ignored() == 1));
    }

    @Test
    @DisplayName("MX-1 BH-3 of calls that are cancelled while their turns come, as many are told as are counted")
    void together() throws Exception {
        FifoGate fifo =
                new FifoGate(Environment.standard(), 1, Duration.ofHours(1).toNanos());
        LongAdder told = new LongAdder();
        fifo.on(Event.class, event -> told.increment());
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            CyclicBarrier together = new CyclicBarrier(2);
            for (int round = 0; round < 3_000; round++) {
                CompletableFuture<Object> holding = new CompletableFuture<>();
                fifo.callAsync(() -> holding);
                CompletableFuture<Object> waiting = fifo.callAsync(() -> CompletableFuture.completedFuture(1));
                Future<?> cancelling = threads.submit(() -> {
                    together.await(10, TimeUnit.SECONDS);
                    return waiting.cancel(true);
                });
                Future<?> granting = threads.submit(() -> {
                    together.await(10, TimeUnit.SECONDS);
                    return holding.complete(1);
                });
                cancelling.get(10, TimeUnit.SECONDS);
                granting.get(10, TimeUnit.SECONDS);
            }
            fifo.run(() -> {});
        } finally {
            threads.shutdown();
        }
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(fifo.counts().calls()).isEqualTo(6_001).isEqualTo(told.sum());
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Schedulers, timers and contexts of the user's that throw, give null, or are shut down. */
@Timeout(60)
class ForeignPartsTest {
    private final ExecutorService pool = Executors.newFixedThreadPool(2);

    @AfterEach
    void end() {
        pool.shutdownNow();
    }

    private Gate onPool(Environment environment) {
        return new CountingGate("pool", environment) {
            @Override
            protected Executor executor() {
                return pool;
            }
        };
    }

    // ---- Contexts -------------------------------------------------------------------------------------------------

    @Test
    @DisplayName(
            "XC-14 a context that throws when it is closed: work that succeeded is not run again, nor counted as a failure")
    void contextThatThrowsAtClose() throws Exception {
        Environment environment = Environment.builder()
                .context(() -> () -> () -> {
                    throw new IllegalStateException("close");
                })
                .build();
        AtomicInteger ran = new AtomicInteger();
        Gate gate = onPool(environment);
        Lab.Limit limit = new Lab.Limit(environment, TimeUnit.HOURS.toNanos(1));
        limit.executor = pool;
        for (Policy<Object> inner : List.of(gate, limit)) {
            ran.set(0);
            Pipeline<Object> pipeline = Pipeline.of(new Again(environment, 3, 0), inner);
            assertThat(pipeline.<Object>call(ran::incrementAndGet)).isEqualTo(1);
            assertThat(pipeline.callAsync(() -> CompletableFuture.completedFuture(ran.incrementAndGet()))
                            .get(20, TimeUnit.SECONDS))
                    .isEqualTo(2);
        }
        assertThat(gate.counts()).isEqualTo(new CallCounts(2, 0, 0, 0, 0));
        CompletableFuture<Object> future = new CountingGate("g", environment).callAsync(CompletableFuture::new);
        assertThat(future.cancel(true)).isTrue();
    }

    @Test
    @DisplayName("XC-14 classifiers and listeners see the context of the call, wherever they run")
    void contextOfClassifiersAndListeners() throws Exception {
        ThreadLocal<String> tenant = new ThreadLocal<>();
        List<String> seen = new ArrayList<>();
        Environment environment =
                Environment.builder().context(ThreadContext.of(tenant)).build();
        class Watched extends CountingGate {
            Watched() {
                super("watched", environment);
                classifyBy(Classifier.standard().failOnResult(value -> {
                    seen.add("classifier " + tenant.get());
                    return false;
                }));
            }

            @Override
            protected Executor executor() {
                return pool;
            }

            @Override
            protected boolean holdsUntilWorkEnds() {
                return true;
            }
        }
        Gate gate = new Watched();
        gate.on(Event.CallEnded.class, event -> seen.add("listener " + tenant.get()));
        tenant.set("A");
        gate.call(() -> seen.add("work " + tenant.get()));
        assertThat(seen).containsExactly("work A", "classifier A", "listener A");

        seen.clear();
        CompletableFuture<Object> stage = new CompletableFuture<>();
        gate.callAsync(() -> stage).cancel(true);
        CompletableFuture<Object> minimal = new CompletableFuture<>();
        CompletableFuture<?> abandoned = gate.callAsync(minimal::minimalCompletionStage);
        Thread.sleep(50);
        abandoned.cancel(true);
        tenant.remove();
        Thread elsewhere = new Thread(() -> minimal.complete("late"));
        elsewhere.start();
        elsewhere.join();
        assertThat(seen).isNotEmpty().allMatch(each -> each.endsWith(" A"));
    }

    @Test
    @DisplayName(
            "XC-14 a variable with an initial value: clearing() leaves none behind on the threads that it comes to")
    void initialValues() throws Exception {
        AtomicInteger made = new AtomicInteger();
        ThreadLocal<Integer> local = ThreadLocal.withInitial(made::incrementAndGet);
        Environment environment =
                Environment.builder().context(ThreadContext.clearing(local)).build();
        Gate gate = onPool(environment);
        local.set(42);
        for (int i = 0; i < 8; i++) {
            assertThat(gate.<Object>call(local::get)).isEqualTo(42);
        }
        assertThat(made).hasValue(0);
        assertThat(pool.submit(local::get).get(20, TimeUnit.SECONDS)).isEqualTo(1);
        local.remove();
    }

    // ---- Timers ---------------------------------------------------------------------------------------------------

    private static Environment with(ScheduledThreadPoolExecutor scheduler) {
        return Environment.builder().scheduler(scheduler).build();
    }

    @Test
    @DisplayName("XC-14 a scheduler that gives null or whose cancel throws costs no permit and no result")
    void timersThatCannotBeCancelled() throws Exception {
        ScheduledThreadPoolExecutor givesNull = new ScheduledThreadPoolExecutor(1) {
            @Override
            public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
                super.schedule(task, delay, unit);
                return null;
            }
        };
        Environment nothing = with(givesNull);
        Environment throwing = new Wrapped(Environment.system()) {
            @Override
            public Timer schedule(Runnable task, long delayNanos) {
                super.schedule(task, delayNanos);
                return () -> {
                    throw new IllegalStateException("cancel");
                };
            }
        };
        Environment none = new Wrapped(Environment.system()) {
            @Override
            public Timer schedule(Runnable task, long delayNanos) {
                super.schedule(task, delayNanos);
                return null;
            }
        };
        try {
            for (Environment environment : List.of(nothing, throwing, none)) {
                FifoGate gate = new FifoGate(environment, 1, TimeUnit.HOURS.toNanos(1));
                Permit permit = gate.acquire();
                CompletableFuture<String> queued = gate.callAsync(() -> CompletableFuture.completedFuture("in"));
                permit.succeeded();
                assertThat(queued.get(20, TimeUnit.SECONDS)).isEqualTo("in");
                Lab.Limit limit = new Lab.Limit(environment, TimeUnit.HOURS.toNanos(1));
                CountingGate outside = new CountingGate("outside", environment);
                assertThat(Pipeline.of(outside, limit).<Object>call(() -> "value"))
                        .isEqualTo("value");
                assertThat(Pipeline.of(outside, limit)
                                .callAsync(() -> CompletableFuture.completedFuture("value"))
                                .get(20, TimeUnit.SECONDS))
                        .isEqualTo("value");
                assertThat(new Again(environment, 2, 1_000_000)
                                .callAsync(CompletableFuture::new)
                                .cancel(true))
                        .isTrue();
                assertThat(gate.available).hasValue(1);
                assertThat(outside.counts()).isEqualTo(new CallCounts(2, 0, 0, 0, 0));
            }
        } finally {
            givesNull.shutdownNow();
        }
    }

    @Test
    @DisplayName("XC-14 a scheduler that was shut down is not the dependency's fault: refusals, which gates ignore")
    void schedulerThatIsShutDown() {
        ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);
        Environment environment = with(scheduler);
        scheduler.shutdownNow();
        CountingGate outside = new CountingGate("outside", environment);
        Pipeline<Object> pipeline = Pipeline.of(outside, new Lab.Limit(environment, ms(50).toNanos()));
        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> pipeline.run(() -> {})).isInstanceOf(UnavailableException.class);
            assertThatThrownBy(() -> pipeline.callAsync(CompletableFuture::new).join())
                    .hasCauseInstanceOf(UnavailableException.class);
        }
        assertThat(outside.counts()).isEqualTo(new CallCounts(0, 0, 20, 0, 0));
    }

    private static class Wrapped implements Environment {
        private final Environment real;

        Wrapped(Environment real) {
            this.real = real;
        }

        @Override
        public long nanoTime() {
            return real.nanoTime();
        }

        @Override
        public Timer schedule(Runnable task, long delayNanos) {
            return real.schedule(task, delayNanos);
        }

        @Override
        public boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
            return real.await(done, nanos);
        }

        @Override
        public long nextLong(long bound) {
            return real.nextLong(bound);
        }
    }
}

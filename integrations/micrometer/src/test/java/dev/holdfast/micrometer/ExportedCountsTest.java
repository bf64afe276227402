// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.holdfast.Gate;
import dev.holdfast.Pipeline;
import dev.holdfast.RejectedException;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.ratelimiter.RateLimiter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is exported is what happened, and costs who calls nothing. */
class ExportedCountsTest {
    private static final int THREADS = 8;
    private static final int CALLS = 3_000;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    private double calls(Gate gate, String... outcomes) {
        double sum = 0;
        for (FunctionCounter counter :
                registry.get("holdfast." + gate.kind() + ".calls").functionCounters()) {
            if (outcomes.length == 0
                    || List.of(outcomes).contains(counter.getId().getTag("holdfast.outcome"))) {
                sum += counter.count();
            }
        }
        return sum;
    }

    @Test
    @DisplayName("OB-7 the outcomes of each gate are its calls, and each refusal is one gate's")
    void sums() throws Exception {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("stock");
        RateLimiter limiter = RateLimiter.builder("stock")
                .limit(THREADS * CALLS / 3, Duration.ofHours(1))
                .build();
        Bulkhead bulkhead = Bulkhead.builder("stock").limit(2).build();
        Pipeline<Object> pipeline = Pipeline.of(breaker, limiter, bulkhead);
        LongAdder refused = new LongAdder();
        LongAdder failed = new LongAdder();
        try (HoldfastMeters meters = HoldfastMeters.of(pipeline)) {
            meters.bindTo(registry);
            ExecutorService threads = Executors.newFixedThreadPool(THREADS);
            try {
                List<Future<?>> all = new ArrayList<>();
                for (int i = 0; i < THREADS; i++) {
                    all.add(threads.submit(() -> {
                        for (int k = 0; k < CALLS; k++) {
                            call(pipeline, refused, failed);
                        }
                    }));
                }
                for (Future<?> each : all) {
                    each.get();
                }
            } finally {
                threads.shutdown();
            }
            assertThat(calls(breaker)).isEqualTo(THREADS * CALLS);
            assertThat(calls(limiter)).isEqualTo(calls(breaker, "success", "failure", "ignored"));
            assertThat(calls(bulkhead)).isEqualTo(calls(limiter, "success", "failure", "ignored"));
            assertThat(calls(breaker, "rejected") + calls(limiter, "rejected") + calls(bulkhead, "rejected"))
                    .isEqualTo(refused.sum())
                    .isPositive();
            assertThat(calls(bulkhead, "failure")).isEqualTo(failed.sum()).isPositive();
        }
    }

    private static void call(Pipeline<Object> pipeline, LongAdder refused, LongAdder failed) {
        try {
            pipeline.run(() -> {
                Thread.yield();
                if (ThreadLocalRandom.current().nextInt(10) < 3) {
                    throw new IllegalStateException("down");
                }
            });
        } catch (RejectedException rejection) {
            refused.increment();
        } catch (IllegalStateException failure) {
            failed.increment();
        }
    }

    @Test
    @DisplayName("OB-1 a call allocates nothing where its policies' numbers are bound, and read")
    void bytes() {
        ThreadMXBean allocated = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Pipeline<Object> pipeline = Pipeline.of(CircuitBreaker.ofDefaults("inventory"), Bulkhead.of("inventory", 10));
        Supplier<String> answer = () -> "answer";
        try (HoldfastMeters meters = HoldfastMeters.of(pipeline)) {
            meters.bindTo(registry);
            double least = Double.MAX_VALUE;
            for (int i = 0; i < 10 && least > 0.05; i++) {
                registry.forEachMeter(meter -> meter.measure().forEach(each -> each.getValue()));
                long before = allocated.getCurrentThreadAllocatedBytes();
                for (int k = 0; k < 100_000; k++) {
                    pipeline.call(answer);
                }
                least = Math.min(least, (allocated.getCurrentThreadAllocatedBytes() - before) / 100_000.0);
            }
            assertThat(least).isLessThan(0.05);
        }
    }
}

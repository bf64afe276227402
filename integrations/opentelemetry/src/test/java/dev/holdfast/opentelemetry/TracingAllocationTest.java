// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.holdfast.Pipeline;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.retry.Retry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.lang.management.ManagementFactory;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Bytes a call, counted by the JVM for this thread, once the code is compiled. */
class TracingAllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int CALLS = 100_000;
    private static final Supplier<String> ANSWER = () -> "answer";

    private static double bytesPerCall(Pipeline<Object> pipeline) {
        double least = Double.MAX_VALUE;
        for (int i = 0; i < 10 && least > 0.05; i++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int k = 0; k < CALLS; k++) {
                pipeline.call(ANSWER);
            }
            least = Math.min(least, (double) (THREADS.getCurrentThreadAllocatedBytes() - before) / CALLS);
        }
        return least;
    }

    private static Pipeline<Object> traced(OpenTelemetry openTelemetry) {
        HoldfastTelemetry telemetry = HoldfastTelemetry.of(openTelemetry);
        return Pipeline.of(
                telemetry.calls("inventory"),
                Retry.ofDefaults("inventory"),
                Bulkhead.of("inventory", 10),
                telemetry.attempts("inventory"));
    }

    @Test
    @DisplayName("OB-12 a call whose trace is not sampled allocates nothing, nor does one where nobody listens")
    void notSampled() {
        InMemorySpanExporter spans = InMemorySpanExporter.create();
        OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .setSampler(Sampler.alwaysOff())
                        .addSpanProcessor(SimpleSpanProcessor.create(spans))
                        .build())
                .build();
        Pipeline<Object> pipeline = traced(sdk);
        Span request = sdk.getTracer("server").spanBuilder("request").startSpan();
        try (Scope scope = request.makeCurrent()) {
            assertThat(scope).isNotNull();
            assertThat(bytesPerCall(pipeline)).isLessThan(0.05);
        } finally {
            request.end();
        }
        assertThat(bytesPerCall(traced(OpenTelemetry.noop()))).isLessThan(0.05);
        assertThat(spans.getFinishedSpanItems()).isEmpty();
    }
}

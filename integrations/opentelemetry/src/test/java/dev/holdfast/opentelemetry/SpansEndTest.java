// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Environment;
import dev.holdfast.Pipeline;
import dev.holdfast.testkit.VirtualTime;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A span that has begun ends, whatever code of somebody else's throws meanwhile, and the call goes on. */
@SuppressWarnings("try") // Scopes are opened to be there.
class SpansEndTest {
    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    private final OpenTelemetry sdk = OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                    .build())
            .setMeterProvider(SdkMeterProvider.builder()
                    .registerMetricReader(InMemoryMetricReader.create())
                    .build())
            .build();
    /** How many more times something throws. */
    private int failures;

    /** The same, and what it gives of its package, one method of which throws as long as there are failures. */
    private <T> T breaking(Class<T> type, T target, String broken) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (method.getName().equals(broken) && failures-- > 0) {
                        throw new IllegalStateException("broken: " + broken);
                    }
                    try {
                        Object result = method.invoke(target, arguments);
                        Class<?> given = method.getReturnType();
                        return given.getName().startsWith("io.opentelemetry.api.metrics")
                                ? broken(given, result, broken)
                                : result;
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                }));
    }

    private <T> Object broken(Class<T> type, Object target, String broken) {
        return breaking(type, type.cast(target), broken);
    }

    private List<String> ended() {
        return exporter.getFinishedSpanItems().stream()
                .map(span ->
                        span.getName() + " " + span.getAttributes().get(AttributeKey.stringKey("holdfast.outcome")))
                .toList();
    }

    private void breaksMeanwhile(Pipeline<Object> pipeline) {
        String answer = pipeline.call(() -> {
            failures = 2;
            return "answer";
        });
        assertThat(answer).isEqualTo("answer");
        assertThat(ended()).containsExactly("attempt orders success", "call orders success");
    }

    @Test
    @DisplayName("OB-12 spans end, and say how, although the clock throws at the end")
    void clock() {
        Environment time = breaking(Environment.class, VirtualTime.create(), "nanoTime");
        HoldfastTelemetry telemetry = HoldfastTelemetry.of(sdk);
        breaksMeanwhile(Pipeline.of(telemetry.calls("orders", time), telemetry.attempts("orders", time)));
    }

    @Test
    @DisplayName("OB-12 spans end, and say how, although histograms throw")
    void histogram() {
        HoldfastTelemetry telemetry = HoldfastTelemetry.of(breaking(OpenTelemetry.class, sdk, "record"));
        breaksMeanwhile(Pipeline.of(telemetry.calls("orders"), telemetry.attempts("orders")));
    }

    /** Takes what others put into it, and nothing of ours. */
    private record Refusing(Context inside) implements Context {
        @Override
        public <V> @Nullable V get(ContextKey<V> key) {
            return inside.get(key);
        }

        @Override
        public <V> Context with(ContextKey<V> key, V value) {
            if (value instanceof Traced) {
                throw new IllegalStateException("broken: with");
            }
            return new Refusing(inside.with(key, value));
        }
    }

    @Test
    @DisplayName("OB-12 a span ends that has begun in a context which does not take it")
    void context() {
        Pipeline<Object> pipeline = Pipeline.of(HoldfastTelemetry.of(sdk).calls("orders"));
        try (Scope scope = new Refusing(Context.root()).makeCurrent()) {
            assertThat(pipeline.<String>call(() -> "answer")).isEqualTo("answer");
        }
        assertThat(ended()).containsExactly("call orders null");
    }
}

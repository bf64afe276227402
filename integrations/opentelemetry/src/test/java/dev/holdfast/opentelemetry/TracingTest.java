// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff;
import dev.holdfast.Environment;
import dev.holdfast.Pipeline;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitOpenException;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import dev.holdfast.timeout.TimeoutExceededException;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // Scopes are opened to be there.
class TracingTest {
    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    private final HoldfastTelemetry telemetry = HoldfastTelemetry.of(tracing(Sampler.alwaysOn()));
    private final ExecutorService executor = Executors.newFixedThreadPool(2);
    private final Retry<Object> retry =
            Retry.builder("orders").maxAttempts(3).backoff(Backoff.none()).build();
    private final Pipeline<Object> pipeline =
            Pipeline.of(telemetry.calls("orders"), retry, telemetry.attempts("orders"));

    private OpenTelemetry tracing(Sampler sampler) {
        return OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .setSampler(sampler)
                        .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                        .build())
                .build();
    }

    @AfterEach
    void shutDown() {
        executor.shutdownNow();
        assertThat(Context.current()).isSameAs(Context.root());
    }

    private List<SpanData> spans(String name) {
        return exporter.getFinishedSpanItems().stream()
                .filter(span -> span.getName().equals(name))
                .toList();
    }

    private SpanData call() {
        List<SpanData> calls = spans("call orders");
        assertThat(calls).hasSize(1);
        return calls.get(0);
    }

    private static @Nullable String text(SpanData span, String key) {
        return span.getAttributes().get(AttributeKey.stringKey(key));
    }

    private static @Nullable Long number(SpanData span, String key) {
        return span.getAttributes().get(AttributeKey.longKey(key));
    }

    @Test
    @DisplayName("OB-11 a call has one child for each attempt, numbered from 1; what was retried leaves it unset")
    void attempts() {
        AtomicInteger runs = new AtomicInteger();
        List<String> seen = new ArrayList<>();
        pipeline.run(() -> {
            seen.add(Span.current().getSpanContext().getSpanId());
            if (runs.incrementAndGet() < 3) {
                throw new IllegalStateException("down");
            }
        });
        SpanData call = call();
        assertThat(call.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(call.getEvents()).isEmpty();
        assertThat(text(call, "holdfast.policy")).isEqualTo("orders");
        assertThat(text(call, "holdfast.outcome")).isEqualTo("success");
        assertThat(text(call, "error.type")).isNull();
        assertThat(number(call, "holdfast.attempts")).isEqualTo(3);
        List<SpanData> attempts = spans("attempt orders");
        assertThat(attempts).extracting(SpanData::getSpanId).containsExactlyElementsOf(seen);
        assertThat(attempts).extracting(SpanData::getParentSpanId).containsOnly(call.getSpanId());
        assertThat(attempts)
                .extracting(span -> number(span, "holdfast.attempt"))
                .containsExactly(1L, 2L, 3L);
        assertThat(attempts)
                .extracting(span -> span.getStatus().getStatusCode())
                .containsExactly(StatusCode.ERROR, StatusCode.ERROR, StatusCode.UNSET);
        assertThat(text(attempts.get(0), "error.type")).isEqualTo("java.lang.IllegalStateException");
        assertThat(attempts.get(0).getEvents()).hasSize(1);
    }

    @Test
    @DisplayName("OB-11 an exception is recorded once, at the attempt that threw it")
    void recordedOnce() {
        assertThatThrownBy(() -> pipeline.run(() -> {
                    throw new IllegalStateException("down");
                }))
                .isInstanceOf(IllegalStateException.class);
        SpanData call = call();
        assertThat(call.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(text(call, "error.type")).isEqualTo("java.lang.IllegalStateException");
        assertThat(call.getEvents()).isEmpty();
        assertThat(spans("attempt orders"))
                .hasSize(3)
                .allSatisfy(span -> assertThat(span.getEvents()).hasSize(1));
    }

    @Test
    @DisplayName("OB-11 a call that is refused has no attempt, and has the refusal")
    void refused() {
        CircuitBreaker breaker =
                CircuitBreaker.builder("orders").openFor(Duration.ofHours(1)).build();
        breaker.transitionTo(State.OPEN);
        assertThatThrownBy(() -> Pipeline.of(telemetry.calls("orders"), breaker, telemetry.attempts("orders"))
                        .run(() -> {}))
                .isInstanceOf(CircuitOpenException.class);
        assertThat(spans("attempt orders")).isEmpty();
        SpanData call = call();
        assertThat(text(call, "holdfast.outcome")).isEqualTo("rejected");
        assertThat(number(call, "holdfast.attempts")).isZero();
        assertThat(call.getEvents()).hasSize(1);
    }

    @Test
    @DisplayName("OB-11 a failure that a fallback has dealt with leaves the call unset")
    void recovered() {
        Object answer = Pipeline.of(
                        telemetry.calls("orders"),
                        Fallback.<Object>of("orders", Object.class, "instead"),
                        telemetry.attempts("orders"))
                .call(() -> {
                    throw new IllegalStateException("down");
                });
        assertThat(answer).isEqualTo("instead");
        assertThat(call().getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    }

    @Test
    @DisplayName("OB-12 OB-13 an asynchronous call's spans end once each, on whatever threads, which keep none of them")
    void asynchronous() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        List<String> seen = new ArrayList<>();
        CompletableFuture<Object> first = new CompletableFuture<>();
        CompletableFuture<Object> call = pipeline.callAsync(() -> {
            seen.add(Span.current().getSpanContext().getSpanId());
            return runs.incrementAndGet() == 1 ? first : CompletableFuture.supplyAsync(() -> "answer", executor);
        });
        assertThat(Context.current()).isSameAs(Context.root());
        assertThat(spans("call orders")).isEmpty();
        executor.execute(() -> first.completeExceptionally(new IOException("reset")));
        assertThat(call.get(10, TimeUnit.SECONDS)).isEqualTo("answer");
        assertThat(spans("attempt orders")).extracting(SpanData::getSpanId).containsExactlyElementsOf(seen);
        assertThat(number(call(), "holdfast.attempts")).isEqualTo(2);
        assertThat(spans("attempt orders"))
                .extracting(SpanData::getParentSpanId)
                .containsOnly(call().getSpanId());
        for (int i = 0; i < 4; i++) {
            assertThat(executor.submit(Context::current).get()).isSameAs(Context.root());
        }
    }

    @Test
    @DisplayName("OB-12 spans of a call that is cancelled end")
    void cancelled() {
        CompletableFuture<Object> call = pipeline.callAsync(CompletableFuture::new);
        call.cancel(true);
        assertThat(spans("attempt orders")).hasSize(1);
        assertThat(exporter.getFinishedSpanItems()).hasSize(2).allSatisfy(span -> {
            assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
            assertThat(text(span, "holdfast.outcome")).isEqualTo("abandoned");
            assertThat(text(span, "error.type")).isNull();
            assertThat(span.getEvents()).isEmpty();
        });
    }

    private Pipeline<Object> stock() {
        return Pipeline.of(
                Retry.builder("stock").maxAttempts(3).backoff(Backoff.none()).build(), telemetry.attempts("stock"));
    }

    /** How many exceptions all spans have together. */
    private int recordedExceptions() {
        return exporter.getFinishedSpanItems().stream()
                .mapToInt(span -> span.getEvents().size())
                .sum();
    }

    @Test
    @DisplayName("OB-11 a call has the number of its own attempts, and not of those that its work makes elsewhere")
    void ownAttempts() {
        Pipeline<Object> stock = stock();
        AtomicInteger runs = new AtomicInteger();
        Supplier<Object> work = () -> stock.call(() -> {
            if (runs.incrementAndGet() < 3) {
                throw new IllegalStateException("down");
            }
            return "answer";
        });
        pipeline.call(work);
        assertThat(number(call(), "holdfast.attempts")).isOne();
        assertThat(number(call(), "holdfast.attempt")).isNull();
        assertThat(spans("attempt stock")).hasSize(3);
        exporter.reset();

        runs.set(0);
        Pipeline.of(telemetry.calls("orders"), retry).call(work);
        assertThat(number(call(), "holdfast.attempts")).isZero();
        exporter.reset();

        AtomicInteger depth = new AtomicInteger();
        pipeline.run(() -> {
            if (depth.incrementAndGet() == 1) {
                pipeline.run(() -> {});
            }
        });
        assertThat(spans("call orders"))
                .extracting(span -> number(span, "holdfast.attempts"))
                .containsExactly(1L, 1L);
        exporter.reset();

        Pipeline.of(telemetry.calls("orders"), pipeline).run(() -> {});
        assertThat(spans("call orders"))
                .extracting(span -> number(span, "holdfast.attempts"))
                .containsExactly(1L, 1L);
        exporter.reset();

        AtomicReference<Pipeline<Object>> again = new AtomicReference<>(pipeline);
        again.set(Pipeline.of(
                telemetry.calls("orders"),
                Fallback.<Object>builder("orders", Object.class)
                        .call(() -> again.get().call(() -> "instead"))
                        .build(),
                telemetry.attempts("orders")));
        again.get().call(() -> {
            throw new IllegalStateException("down");
        });
        assertThat(spans("call orders"))
                .extracting(span -> number(span, "holdfast.attempts"))
                .containsExactly(1L, 1L);
    }

    @Test
    @DisplayName("OB-11 what a call fails with after attempts that went well is recorded at the call")
    void recordedAtTheCall() throws Exception {
        Pipeline<Object> stock = stock();
        Pipeline<Object> calls = Pipeline.of(telemetry.calls("orders"));
        assertThatThrownBy(() -> calls.run(() -> {
                    stock.call(() -> "answer");
                    throw new IllegalArgumentException("the real failure");
                }))
                .hasMessage("the real failure");
        assertThat(call().getEvents()).hasSize(1);
        assertThat(recordedExceptions()).isOne();
        exporter.reset();

        Pipeline<Object> limited = Pipeline.of(
                telemetry.calls("orders"), Timeout.of("orders", Duration.ofMillis(20)), telemetry.attempts("orders"));
        CompletableFuture<Object> call = limited.callAsync(CompletableFuture::new);
        assertThatThrownBy(() -> call.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(TimeoutExceededException.class);
        assertThat(call().getEvents()).hasSize(1);
        assertThat(call().getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(text(spans("attempt orders").get(0), "holdfast.outcome")).isEqualTo("abandoned");
        assertThat(recordedExceptions()).isOne();
    }

    @Test
    @DisplayName("OB-11 an exception that passes several calls, or is wrapped on its way, is recorded where it arose")
    void recordedWhereItArose() {
        Pipeline<Object> once = Pipeline.of(telemetry.calls("orders"), telemetry.attempts("orders"));
        Pipeline<Object> inner = Pipeline.of(telemetry.calls("stock"), telemetry.attempts("stock"));
        IOException reset = new IOException("reset");
        assertThatThrownBy(() -> once.run(() -> {
                    try {
                        inner.runChecked(() -> {
                            throw reset;
                        });
                    } catch (IOException thrown) {
                        throw new UncheckedIOException(thrown);
                    }
                }))
                .hasCause(reset);
        assertThat(exporter.getFinishedSpanItems())
                .hasSize(4)
                .allSatisfy(span -> assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR));
        assertThat(spans("attempt stock").get(0).getEvents()).hasSize(1);
        assertThat(recordedExceptions()).isOne();
        exporter.reset();

        CompletableFuture<Object> call = once.callAsync(() -> CompletableFuture.supplyAsync(
                () -> {
                    throw new CompletionException(reset);
                },
                executor));
        assertThatThrownBy(() -> call.get(10, TimeUnit.SECONDS)).hasRootCause(reset);
        assertThat(recordedExceptions()).isOne();
    }

    @Test
    @DisplayName("a parent in another process that is not sampled decides nothing here: the sampler does")
    void remoteParents() {
        SpanContext remote = SpanContext.createFromRemoteParent(
                "0af7651916cd43dd8448eb211c80319c",
                "b7ad6b7169203331",
                TraceFlags.getDefault(),
                TraceState.getDefault());
        HoldfastTelemetry asItsParent = HoldfastTelemetry.of(tracing(Sampler.parentBased(Sampler.alwaysOn())));
        try (Scope current = Context.root().with(Span.wrap(remote)).makeCurrent()) {
            Pipeline.of(asItsParent.calls("orders"), asItsParent.attempts("orders"))
                    .run(() -> {});
            assertThat(exporter.getFinishedSpanItems()).isEmpty();
            pipeline.run(() -> {});
        }
        assertThat(call().getParentSpanId()).isEqualTo(remote.getSpanId());
        assertThat(spans("attempt orders")).hasSize(1);
    }

    @Test
    @DisplayName("OB-13 work on a bulkhead's own threads sees its attempt's span")
    void onOtherThreads() {
        Bulkhead bulkhead = Bulkhead.builder("orders").limit(2).runOn(executor).build();
        List<String> seen = new ArrayList<>();
        Pipeline.of(telemetry.calls("orders"), bulkhead, telemetry.attempts("orders"))
                .run(() -> seen.add(Span.current().getSpanContext().getSpanId()));
        assertThat(spans("attempt orders")).extracting(SpanData::getSpanId).containsExactlyElementsOf(seen);
        assertThat(spans("attempt orders"))
                .extracting(SpanData::getParentSpanId)
                .containsExactly(call().getSpanId());
    }

    @Test
    @DisplayName("the caller's span is the call's parent, and one that is not sampled has no children")
    void parents() {
        Span caller = tracing(Sampler.alwaysOn())
                .getTracer("caller")
                .spanBuilder("caller")
                .startSpan();
        try (Scope current = caller.makeCurrent()) {
            pipeline.run(() -> {});
        }
        assertThat(call().getParentSpanId()).isEqualTo(caller.getSpanContext().getSpanId());
        exporter.reset();

        Span unsampled = tracing(Sampler.alwaysOff())
                .getTracer("caller")
                .spanBuilder("caller")
                .startSpan();
        try (Scope current = unsampled.makeCurrent()) {
            pipeline.run(() -> assertThat(Span.current()).isSameAs(unsampled));
        }
        assertThat(exporter.getFinishedSpanItems()).isEmpty();
    }

    @Test
    @DisplayName("an OpenTelemetry that does nothing costs nothing")
    void noop() {
        HoldfastTelemetry nothing = HoldfastTelemetry.of(OpenTelemetry.noop());
        Pipeline<Object> quiet = Pipeline.of(nothing.calls("orders"), nothing.attempts("orders"));
        assertThat(quiet.call(() -> "answer")).isEqualTo("answer");
        nothing.add(CircuitBreaker.ofDefaults("inventory"));
        nothing.close();
    }

    @Test
    @DisplayName("OB-13 the context carries the caller's context to other threads, and takes it off again")
    void context() throws Exception {
        ContextKey<String> tenant = ContextKey.named("tenant");
        Environment environment =
                Environment.builder().context(HoldfastTelemetry.context()).build();
        Retry<Object> carrying = Retry.builder("orders")
                .environment(environment)
                .maxAttempts(2)
                .backoff(Backoff.none())
                .build();
        List<@Nullable String> seen = new ArrayList<>();
        CompletableFuture<Object> first = new CompletableFuture<>();
        CompletableFuture<Object> call;
        try (Scope current = Context.current().with(tenant, "acme").makeCurrent()) {
            call = carrying.callAsync(() -> {
                seen.add(Context.current().get(tenant));
                return seen.size() == 1 ? first : CompletableFuture.completedFuture("answer");
            });
        }
        executor.submit(() -> first.completeExceptionally(new IOException("reset")))
                .get();
        assertThat(call.get(10, TimeUnit.SECONDS)).isEqualTo("answer");
        assertThat(seen).containsExactly("acme", "acme");
        for (int i = 0; i < 4; i++) {
            assertThat(executor.submit(Context::current).get()).isSameAs(Context.root());
        }
    }
}

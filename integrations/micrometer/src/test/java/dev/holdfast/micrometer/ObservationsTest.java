// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.micrometer;

import static io.micrometer.observation.tck.TestObservationRegistryAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff;
import dev.holdfast.Environment;
import dev.holdfast.Pipeline;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitOpenException;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.retry.Retry;
import io.micrometer.context.ContextRegistry;
import io.micrometer.context.ContextSnapshotFactory;
import io.micrometer.core.instrument.LongTaskTimer;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistry;
import java.io.IOException;
import java.nio.BufferOverflowException;
import java.nio.BufferUnderflowException;
import java.nio.ReadOnlyBufferException;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.EmptyStackException;
import java.util.InputMismatchException;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObservationsTest {
    private final TestObservationRegistry registry = TestObservationRegistry.create();
    private final ExecutorService executor = Executors.newFixedThreadPool(2);
    /** The names of observations, in the order of their ends. */
    private final List<@Nullable String> ended = new CopyOnWriteArrayList<>();

    private final Retry<Object> retry =
            Retry.builder("orders").maxAttempts(3).backoff(Backoff.none()).build();
    private final Pipeline<Object> pipeline =
            Pipeline.of(Observations.calls("orders", registry), retry, Observations.attempts("orders", registry));

    @BeforeEach
    void listen() {
        registry.observationConfig().observationHandler(new ObservationHandler<Observation.Context>() {
            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }

            @Override
            public void onStop(Observation.Context context) {
                ended.add(context.getName());
            }
        });
    }

    @AfterEach
    void shutDown() {
        executor.shutdownNow();
    }

    private @Nullable String current() {
        Observation now = registry.getCurrentObservation();
        return now == null ? null : now.getContextView().getContextualName();
    }

    @Test
    @DisplayName(
            "OB-11 a call has one attempt each time that its work is run, numbered; what was retried is no error of the call")
    void attempts() {
        AtomicInteger runs = new AtomicInteger();
        List<@Nullable String> seen = new ArrayList<>();
        pipeline.run(() -> {
            seen.add(current());
            if (runs.incrementAndGet() < 3) {
                throw new IllegalStateException("down");
            }
        });
        assertThat(seen).containsExactly("attempt orders", "attempt orders", "attempt orders");
        assertThat(current()).isNull();
        assertThat(registry)
                .hasNumberOfObservationsWithNameEqualTo("holdfast.call", 1)
                .hasNumberOfObservationsWithNameEqualTo("holdfast.attempt", 3)
                .hasObservationWithNameEqualTo("holdfast.call")
                .that()
                .hasBeenStarted()
                .hasBeenStopped()
                .doesNotHaveError()
                .hasLowCardinalityKeyValue("holdfast.policy", "orders")
                .hasLowCardinalityKeyValue("holdfast.outcome", "success")
                .hasLowCardinalityKeyValue("error.type", "none");
        assertThat(registry)
                .hasAnObservationWithAKeyValue("holdfast.attempt", "1")
                .hasAnObservationWithAKeyValue("holdfast.attempt", "2")
                .hasAnObservationWithAKeyValue("holdfast.attempt", "3")
                .hasAnObservationWithAKeyValue("error.type", "java.lang.IllegalStateException");
    }

    @Test
    @DisplayName("OB-11 a call that is refused has no attempt, and the refusal is its outcome")
    void refused() {
        CircuitBreaker breaker =
                CircuitBreaker.builder("orders").openFor(Duration.ofHours(1)).build();
        breaker.transitionTo(State.OPEN);
        Pipeline<Object> guarded =
                Pipeline.of(Observations.calls("orders", registry), breaker, Observations.attempts("orders", registry));
        assertThatThrownBy(() -> guarded.run(() -> {})).isInstanceOf(CircuitOpenException.class);
        assertThat(registry)
                .hasNumberOfObservationsWithNameEqualTo("holdfast.attempt", 0)
                .hasSingleObservationThat()
                .hasLowCardinalityKeyValue("holdfast.outcome", "rejected")
                .hasLowCardinalityKeyValue("error.type", "dev.holdfast.circuitbreaker.CircuitOpenException")
                .hasError();
    }

    @Test
    @DisplayName("OB-11 a failure that a fallback has dealt with is an error of what is inside of it only")
    void recovered() {
        Pipeline<Object> guarded = Pipeline.of(
                Observations.calls("orders", registry),
                Fallback.<Object>of("orders", Object.class, "instead"),
                Observations.attempts("orders", registry));
        Object answer = guarded.call(() -> {
            throw new IllegalStateException("down");
        });
        assertThat(answer).isEqualTo("instead");
        assertThat(registry)
                .hasObservationWithNameEqualTo("holdfast.call")
                .that()
                .doesNotHaveError();
        assertThat(registry)
                .hasObservationWithNameEqualTo("holdfast.attempt")
                .that()
                .hasError();
    }

    @Test
    @DisplayName(
            "OB-12 an asynchronous call's observations end once each, after its stage, and leave no thread with one")
    void asynchronous() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        CompletableFuture<Object> first = new CompletableFuture<>();
        CompletableFuture<Object> call = pipeline.callAsync(
                () -> runs.incrementAndGet() == 1 ? first : CompletableFuture.supplyAsync(() -> "answer", executor));
        assertThat(current()).isNull();
        assertThat(registry)
                .hasObservationWithNameEqualTo("holdfast.call")
                .that()
                .isNotStopped();
        executor.execute(() -> first.completeExceptionally(new IOException("reset")));
        assertThat(call.get(10, TimeUnit.SECONDS)).isEqualTo("answer");
        assertThat(registry)
                .hasNumberOfObservationsWithNameEqualTo("holdfast.call", 1)
                .hasNumberOfObservationsWithNameEqualTo("holdfast.attempt", 2);
        assertThat(ended).containsExactly("holdfast.attempt", "holdfast.attempt", "holdfast.call");
        assertThat(executor.submit(this::current).get()).isNull();
        assertThat(executor.submit(this::current).get()).isNull();
    }

    @Test
    @DisplayName("OB-12 an observation that was cancelled ends")
    void cancelled() {
        CompletableFuture<Object> call = pipeline.callAsync(CompletableFuture::new);
        call.cancel(true);
        assertThat(ended).containsExactly("holdfast.attempt", "holdfast.call");
        assertThat(registry)
                .hasObservationWithNameEqualTo("holdfast.call")
                .that()
                .hasLowCardinalityKeyValue("holdfast.outcome", "abandoned")
                .hasLowCardinalityKeyValue("error.type", "none")
                .doesNotHaveError();
    }

    @Test
    @DisplayName("OB-11 only attempts have the number of an attempt")
    void numberOfAnAttempt() {
        pipeline.run(() -> {});
        assertThat(registry)
                .hasObservationWithNameEqualTo("holdfast.call")
                .that()
                .doesNotHaveHighCardinalityKeyValueWithKey("holdfast.attempt");
        assertThat(registry)
                .hasObservationWithNameEqualTo("holdfast.attempt")
                .that()
                .hasHighCardinalityKeyValue("holdfast.attempt", "1");
    }

    /** Throws at one thing that it is told. */
    private static final class Throwing implements ObservationHandler<Observation.Context> {
        private final String where;

        Throwing(String where) {
            this.where = where;
        }

        private void at(String what) {
            if (what.equals(where)) {
                throw new IllegalStateException(what);
            }
        }

        @Override
        public boolean supportsContext(Observation.Context context) {
            return true;
        }

        @Override
        public void onStart(Observation.Context context) {
            at("start");
        }

        @Override
        public void onScopeOpened(Observation.Context context) {
            at("open");
        }

        @Override
        public void onScopeClosed(Observation.Context context) {
            at("close");
        }

        @Override
        public void onError(Observation.Context context) {
            at("error");
        }
    }

    /** Counts the scopes that it has been told of and not the end of. */
    private static final class Open implements ObservationHandler<Observation.Context> {
        private int scopes;

        @Override
        public boolean supportsContext(Observation.Context context) {
            return true;
        }

        @Override
        public void onScopeOpened(Observation.Context context) {
            scopes++;
        }

        @Override
        public void onScopeClosed(Observation.Context context) {
            scopes--;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"start", "open", "close", "error"})
    @DisplayName("OB-19 a handler that throws leaves no scope on the thread, and no timer that runs for ever")
    void throwing(String where) {
        for (boolean isFirst : List.of(true, false)) {
            SimpleMeterRegistry meters = new SimpleMeterRegistry();
            ObservationRegistry observed = ObservationRegistry.create();
            List<ObservationHandler<Observation.Context>> handlers = new ArrayList<>();
            Open open = new Open();
            handlers.add(new DefaultMeterObservationHandler(meters));
            handlers.add(open);
            handlers.add(isFirst ? 0 : 2, new Throwing(where));
            handlers.forEach(observed.observationConfig()::observationHandler);
            Pipeline<Object> watched =
                    Pipeline.of(Observations.calls("orders", observed), Observations.attempts("orders", observed));
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> watched.run(() -> {
                            throw new IllegalStateException("down");
                        }))
                        .hasMessage("down");
                assertThat(observed.getCurrentObservationScope()).isNull();
            }
            int active = meters.getMeters().stream()
                    .filter(LongTaskTimer.class::isInstance)
                    .mapToInt(timer -> ((LongTaskTimer) timer).activeTasks())
                    .sum();
            assertThat(active).as(where + ", first: " + isFirst).isZero();
            if (where.equals("open") && !isFirst) {
                assertThat(open.scopes).isZero();
            }
        }
    }

    @Test
    @DisplayName("calls and attempts are timers with the same labels each time")
    void timers() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        ObservationRegistry observed = ObservationRegistry.create();
        observed.observationConfig().observationHandler(new DefaultMeterObservationHandler(meters));
        Pipeline<Object> timed =
                Pipeline.of(Observations.calls("orders", observed), retry, Observations.attempts("orders", observed));
        timed.run(() -> {});
        assertThatThrownBy(() -> timed.run(() -> {
                    throw new IllegalStateException("down");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(meters.get("holdfast.call")
                        .tag("holdfast.outcome", "success")
                        .timer()
                        .count())
                .isOne();
        assertThat(meters.get("holdfast.call")
                        .tag("holdfast.outcome", "failure")
                        .timer()
                        .count())
                .isOne();
        assertThat(meters.get("holdfast.attempt")
                        .tag("holdfast.outcome", "failure")
                        .timer()
                        .count())
                .isEqualTo(3);
        assertThat(meters.get("holdfast.attempt").timers())
                .allSatisfy(timer ->
                        assertThat(timer.getId().getTag("holdfast.attempt")).isNull());
    }

    private static final List<RuntimeException> OF_MANY_CLASSES = List.of(
            new ArithmeticException(),
            new ArrayIndexOutOfBoundsException(),
            new ArrayStoreException(),
            new BufferOverflowException(),
            new BufferUnderflowException(),
            new ClassCastException(),
            new ConcurrentModificationException(),
            new DateTimeException(""),
            new EmptyStackException(),
            new IllegalArgumentException(),
            new IllegalMonitorStateException(),
            new IllegalStateException(),
            new IllegalThreadStateException(),
            new IndexOutOfBoundsException(),
            new InputMismatchException(),
            new NegativeArraySizeException(),
            new NoSuchElementException(),
            new NullPointerException(),
            new NumberFormatException(),
            new ReadOnlyBufferException(),
            new SecurityException(),
            new StringIndexOutOfBoundsException(),
            new UnsupportedOperationException());

    @Test
    @DisplayName("OB-6 after twenty classes of exceptions the others have one name")
    void fewErrorTypes() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        ObservationRegistry observed = ObservationRegistry.create();
        observed.observationConfig().observationHandler(new DefaultMeterObservationHandler(meters));
        Pipeline<Object> once = Pipeline.of(Observations.calls("orders", observed));
        for (int round = 0; round < 2; round++) {
            for (RuntimeException failure : OF_MANY_CLASSES) {
                assertThatThrownBy(() -> once.run(() -> {
                            throw failure;
                        }))
                        .isSameAs(failure);
            }
        }
        Set<@Nullable String> types = meters.get("holdfast.call").timers().stream()
                .map(timer -> timer.getId().getTag("error.type"))
                .collect(Collectors.toSet());
        assertThat(types).hasSize(21).contains("_OTHER", "java.lang.ArithmeticException");
    }

    @Test
    @DisplayName("while nobody listens, nothing is observed and nothing begun")
    void noop() {
        Pipeline<Object> quiet = Pipeline.of(
                Observations.calls("orders", ObservationRegistry.NOOP),
                Observations.attempts("orders", ObservationRegistry.NOOP));
        assertThat(quiet.call(() -> "answer")).isEqualTo("answer");
    }

    @Test
    @DisplayName("OB-13 the context carries what Micrometer knows of to other threads, and takes it off again")
    void context() throws Exception {
        ThreadLocal<String> tenant = new ThreadLocal<>();
        ContextRegistry contexts = new ContextRegistry();
        contexts.registerThreadLocalAccessor("tenant", tenant);
        Environment environment = Environment.builder()
                .context(Observations.context(ContextSnapshotFactory.builder()
                        .contextRegistry(contexts)
                        .build()))
                .build();
        Retry<Object> carrying = Retry.builder("orders")
                .environment(environment)
                .maxAttempts(2)
                .backoff(Backoff.none())
                .build();
        List<@Nullable String> seen = new ArrayList<>();
        CompletableFuture<Object> first = new CompletableFuture<>();
        tenant.set("acme");
        CompletableFuture<Object> call = carrying.callAsync(() -> {
            seen.add(tenant.get());
            return seen.size() == 1 ? first : CompletableFuture.completedFuture("answer");
        });
        tenant.remove();
        executor.submit(() -> first.completeExceptionally(new IOException("reset")))
                .get();
        assertThat(call.get(10, TimeUnit.SECONDS)).isEqualTo("answer");
        assertThat(seen).containsExactly("acme", "acme");
        assertThat(executor.submit(tenant::get).get()).isNull();
        assertThat(executor.submit(tenant::get).get()).isNull();
    }
}

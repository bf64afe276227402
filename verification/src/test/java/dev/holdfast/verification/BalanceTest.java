// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.Backoff;
import dev.holdfast.Gate;
import dev.holdfast.Permit;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreakerBuilder;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BalanceTest {
    private static final int CALLS = 5;

    /** How user code throws: at its caller, as a stage that has failed or fails later, or with a permit in hand. */
    enum Way {
        SYNC,
        ASYNC,
        LATE,
        THROWN_BY_SUPPLIER,
        BY_HAND,
        BY_HAND_WITHOUT_REPORT
    }

    private final VirtualTime time = VirtualTime.create();
    private final Trace trace = new Trace(time);

    /** Eight kinds of throwables, most of which no policy takes for a failure. */
    private List<Throwable> throwables() {
        class Death extends Error {
            private static final long serialVersionUID = 1L;
        }
        return List.of(
                new IOException("no"), new IllegalStateException("no"), new InterruptedException("no"),
                new CancellationException("no"), new TestGate.Refused("inner"), overflow(), new OutOfMemoryError("no"),
                new Death());
    }

    private static Throwable overflow() {
        return catchThrowable(BalanceTest::deeper);
    }

    private static int deeper() {
        return 1 + deeper();
    }

    private CircuitBreaker breaker(UnaryOperator<CircuitBreakerBuilder> settings, State state) {
        CircuitBreaker breaker = settings.apply(CircuitBreaker.builder("b").environment(time).trials(2)).build();
        breaker.transitionTo(state);
        return breaker;
    }

    private Stream<Gate> gates() {
        return Stream.of(
                breaker(so -> so, State.CLOSED),
                breaker(so -> so.over(Window.time(Duration.ofSeconds(10))), State.CLOSED),
                breaker(so -> so.slowCalls(Duration.ofMillis(1), 0.5), State.CLOSED),
                breaker(so -> so.consecutiveFailures(2), State.CLOSED),
                breaker(so -> so, State.HALF_OPEN),
                breaker(so -> so.ramp(0.1, 0.5), State.HALF_OPEN),
                breaker(so -> so, State.OPEN),
                breaker(so -> so, State.METRICS_ONLY),
                breaker(so -> so, State.DISABLED),
                breaker(so -> so, State.FORCED_OPEN),
                new TestGate("g", time, trace),
                new TestGate("g", time, trace).refusingEvery(2),
                new TestGate("g", time, trace).queueing(1_000));
    }

    @AfterEach
    void leaveNoFlag() {
        assertThat(Thread.interrupted()).isFalse();
    }

    private void call(Way way, Policy<Object> policy, Throwable thrown) {
        try {
            switch (way) {
                case SYNC:
                    policy.callChecked(() -> {
                        throw Script.<Exception>sneaky(thrown);
                    });
                    break;
                case ASYNC:
                    join(policy.callAsync(() -> CompletableFuture.failedFuture(thrown)));
                    break;
                case LATE:
                    join(policy.callAsync(() -> {
                        CompletableFuture<Object> stage = new CompletableFuture<>();
                        time.schedule(() -> stage.completeExceptionally(thrown), 1);
                        return stage;
                    }));
                    break;
                case THROWN_BY_SUPPLIER:
                    join(policy.callAsync(() -> {
                        throw Script.<RuntimeException>sneaky(thrown);
                    }));
                    break;
                default:
                    byHand((Gate) policy, way == Way.BY_HAND ? thrown : null);
            }
        } catch (Throwable any) {
            // What callers get is looked at elsewhere.
        }
    }

    private void join(CompletableFuture<Object> future) {
        time.join(future);
    }

    private static void byHand(Gate gate, Throwable thrown) {
        try (Permit permit = gate.acquire()) {
            if (thrown != null) {
                permit.ended(null, thrown);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-2 whatever user code throws, every admission of a gate ends once and nothing stays in flight")
    void gates(Way way) {
        for (Throwable thrown : throwables()) {
            gates().forEach(gate -> {
                for (int i = 0; i < CALLS; i++) {
                    call(way, gate, thrown);
                }
                assertThat(gate.counts().calls()).as("%s, %s", gate, thrown).isEqualTo(CALLS);
                assertQuiet(gate);
            });
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SYNC", "ASYNC", "LATE", "THROWN_BY_SUPPLIER"})
    @DisplayName("XC-2 the same inside and outside of retries, deadlines and recoveries")
    void pipelines(Way way) {
        for (Throwable thrown : throwables()) {
            List<Gate> outer = gates().toList();
            List<Gate> inner = gates().toList();
            for (int i = 0; i < outer.size(); i++) {
                Retry<Object> retry = Retry.builder("r").environment(time).backoff(Backoff.none()).build();
                Pipeline<Object> pipeline = Pipeline.of(outer.get(i), new TestRecovery("f", time, trace, 3, 2), retry,
                        new TestDeadline("d", time, trace, 10_000), inner.get(i));
                for (int k = 0; k < CALLS; k++) {
                    call(way, pipeline, thrown);
                }

                assertThat(outer.get(i).counts().calls()).isEqualTo(CALLS);
                long admitted = CALLS - outer.get(i).counts().rejected();
                assertThat(inner.get(i).counts().calls()).isEqualTo(admitted + retry.counts().retries());
                assertQuiet(outer.get(i));
                assertQuiet(inner.get(i));
            }
        }
        assertThat(trace.wrongs()).isEmpty();
        assertThat(trace.inside()).isEmpty();
        assertThat(time.pendingTimers()).isZero();
    }

    private void assertQuiet(Gate gate) {
        if (gate instanceof TestGate) {
            assertThat(((TestGate) gate).inFlight()).isZero();
        } else {
            CircuitBreaker breaker = (CircuitBreaker) gate;
            assertThat(breaker.report().trialsRunning()).isZero();
            // A call that were still counted as running would by now be a slow one.
            time.advance(Duration.ofSeconds(9));
            assertThat(breaker.report().slowCalls()).isZero();
        }
    }
}

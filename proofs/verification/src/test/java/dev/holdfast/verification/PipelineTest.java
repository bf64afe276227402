// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff;
import dev.holdfast.CallCounts;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PipelineTest {
    private final VirtualTime time = VirtualTime.create();
    private final Trace trace = new Trace(time);
    private final IOException failure = new IOException("no");

    private int attempts;

    private Object fail() throws IOException {
        attempts++;
        throw failure;
    }

    private void failBothWays(Policy<Object> policy) {
        assertThatThrownBy(() -> policy.callChecked(this::fail)).isSameAs(failure);
        CompletableFuture<Object> future = policy.callAsync(() -> {
            attempts++;
            return CompletableFuture.failedFuture(failure);
        });
        assertThatThrownBy(() -> time.join(future)).hasCause(failure);
        assertThat(trace.inside()).isEmpty();
        assertThat(trace.wrongs()).isEmpty();
    }

    @Test
    @DisplayName("a retry that stands twice in a pipeline multiplies its attempts")
    void retryTwice() {
        Retry<Object> retry = Retry.builder("r")
                .withoutBudget()
                .environment(time)
                .maxAttempts(3)
                .backoff(Backoff.none())
                .build();

        failBothWays(Pipeline.of(retry, retry));

        assertThat(attempts).isEqualTo(2 * 9);
        assertThat(retry.counts()).isEqualTo(new Retry.Counts(0, 0, 2 * 8, 2 * 4, 0, 0));
    }

    @Test
    @DisplayName("a gate that stands twice is entered and left twice, beside itself or apart, innermost first")
    void gateTwice() {
        TestGate gate = new TestGate("g", time, trace);
        TestDeadline between = new TestDeadline("d", time, trace, 1_000);

        failBothWays(Pipeline.of(gate, gate, between, gate));

        assertThat(gate.counts()).isEqualTo(new CallCounts(0, 6, 0, 0, 0));
        assertThat(trace.lines().subList(0, 7))
                .containsExactly(
                        "0 enter g#0",
                        "0 enter g#1",
                        "0 enter g#2",
                        "0 exit g#2 FAILURE",
                        "0 d is kept",
                        "0 exit g#1 FAILURE",
                        "0 exit g#0 FAILURE");
    }

    @Test
    @DisplayName("a gate that refuses its second entry gives the first one back")
    void refusedTheSecondTime() {
        TestGate gate = new TestGate("g", time, trace).refusingEvery(2);

        assertThatThrownBy(() -> Pipeline.of(gate, gate).callChecked(this::fail))
                .isInstanceOf(TestGate.Refused.class);

        assertThat(attempts).isZero();
        assertThat(gate.counts()).isEqualTo(new CallCounts(0, 0, 1, 1, 0));
        assertThat(gate.inFlight()).isZero();
    }

    @Test
    @DisplayName("a breaker that stands twice counts twice, and a trial that finds the other place taken is given back")
    void breakerTwice() {
        CircuitBreaker breaker = CircuitBreaker.builder("b")
                .environment(time)
                .minimumCalls(4)
                .trials(1)
                .openFor(Duration.ofSeconds(1))
                .build();
        Pipeline<Object> twice = Pipeline.of(breaker, breaker);

        failBothWays(twice);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        time.advance(Duration.ofSeconds(1));
        assertThatThrownBy(() -> twice.run(() -> {})).hasMessageContaining("HALF_OPEN");

        assertThat(breaker.report().trialsRunning()).isZero();
        breaker.run(() -> {});
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("a deadline and a recovery that stand twice: the inner one acts, the outer one sees what it made")
    void deadlineAndRecoveryTwice() throws Exception {
        TestDeadline deadline = new TestDeadline("d", time, trace, 1_000);
        TestRecovery recovery = new TestRecovery("f", time, trace, 0, 2);

        Object value = Pipeline.of(recovery, deadline, deadline, recovery).callChecked(this::fail);
        assertThat(value).isEqualTo("from f");
        assertThat(trace.lines())
                .containsExactly(
                        "0 f replaces what throws IOException: no []", "0 d is kept", "0 d is kept", "0 f lets pass");

        // The inner one has nothing this time, the outer one has.
        assertThat(Pipeline.<Object>of(recovery, recovery).callChecked(this::fail))
                .isEqualTo("from f");
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("an empty pipeline is the work itself")
    void empty() throws Exception {
        Pipeline<Object> empty = Pipeline.of();
        Object value = new Object();

        assertThat(empty.call(() -> value)).isSameAs(value);
        assertThat(empty.<Object>call(() -> null)).isNull();
        assertThat(empty.function(argument -> argument).apply(value)).isSameAs(value);
        assertThat(empty.callAsync(() -> CompletableFuture.completedFuture(value))
                        .join())
                .isSameAs(value);
        assertThat(empty.callAsync(() -> CompletableFuture.completedStage(value))
                        .join())
                .isSameAs(value);
        for (Throwable thrown : new Throwable[] {failure, new StackOverflowError(), new InterruptedException()}) {
            assertThatThrownBy(() -> empty.callChecked(() -> {
                        throw Script.<Exception>sneaky(thrown);
                    }))
                    .isSameAs(thrown);
            assertThat(empty.callAsync(() -> CompletableFuture.failedFuture(thrown))
                            .handle((any, got) -> got)
                            .join())
                    .isSameAs(thrown);
        }
        TestGate gate = new TestGate("g", time, trace);
        assertThat(List.<Pipeline<Object>>of(
                        Pipeline.of(empty, gate, empty), Pipeline.of(gate).then(), empty.then(gate)))
                .allSatisfy(same -> assertThat(same.policies()).containsExactly(gate));
    }
}

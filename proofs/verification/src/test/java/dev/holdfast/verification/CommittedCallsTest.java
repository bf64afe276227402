// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff;
import dev.holdfast.Call;
import dev.holdfast.Pipeline;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Work that has begun to hand on what it got is not repeated. */
class CommittedCallsTest {
    private final VirtualTime time = VirtualTime.create();
    private final Retry<Object> retry = Retry.builder("stock")
            .withoutBudget()
            .environment(time)
            .maxAttempts(5)
            .build();
    private final AtomicInteger calls = new AtomicInteger();

    @Test
    @DisplayName("a call that is committed makes no further attempt, and its failure is as it was")
    void blocking() {
        assertThatThrownBy(() -> retry.callWith(call -> {
                    if (calls.incrementAndGet() == 2) {
                        call.commit();
                        assertThat(call.isCommitted()).isTrue();
                    }
                    throw new UncheckedIOException(new IOException("attempt " + call.attempt()));
                }))
                .hasRootCauseMessage("attempt 2");
        assertThat(calls).hasValue(2);
    }

    @Test
    @DisplayName("the same, of an asynchronous call that fails after its commit")
    void asynchronous() {
        CompletableFuture<Object> future = retry.callAsyncWith(call -> {
            calls.incrementAndGet();
            call.commit();
            CompletableFuture<Object> stage = new CompletableFuture<>();
            time.schedule(() -> stage.completeExceptionally(new IOException("later")), 1_000);
            return stage;
        });
        assertThatThrownBy(() -> time.join(future)).hasRootCauseMessage("later");
        assertThat(calls).hasValue(1);
    }

    @Test
    @DisplayName("a commit that comes while a retry waits counts as well: the attempt that it waits for is not made")
    void whileItWaits() {
        Retry<Object> patient = Retry.builder("stock")
                .environment(time)
                .backoff(Backoff.fixed(Duration.ofMillis(10)))
                .build();
        Consumer<Call> fails = call -> {
            calls.incrementAndGet();
            time.schedule(call::commit, 5_000_000);
            throw new UncheckedIOException(new IOException("attempt " + call.attempt()));
        };
        assertThatThrownBy(() -> patient.runWith(fails)).hasRootCauseMessage("attempt 1");
        CompletableFuture<Object> future = patient.callAsyncWith(call -> {
            fails.accept(call);
            return null;
        });
        assertThatThrownBy(() -> time.join(future)).hasRootCauseMessage("attempt 1");
        assertThat(calls).hasValue(2);
    }

    @Test
    @DisplayName("a fallback still replaces its failure")
    void fallback() {
        Fallback<Object> fallback = Fallback.builder("stock", Object.class)
                .environment(time)
                .value("instead")
                .build();
        assertThat(Pipeline.<Object>of(fallback, retry).<Object>callWith(call -> {
                    calls.incrementAndGet();
                    call.commit();
                    throw new IllegalStateException("down");
                }))
                .isEqualTo("instead");
        assertThat(calls).hasValue(1);
    }

    @Test
    @DisplayName("a rule that a retry got by a reconfiguration knows the request, in pipelines that were there before")
    void rulesThatComeLater() {
        Function<String, Object> send = retry.function(request -> {
            calls.incrementAndGet();
            throw new IllegalStateException("down");
        });
        assertThatThrownBy(() -> send.apply("POST")).hasMessage("down");
        assertThat(calls).hasValue(5);
        retry.reconfigure(settings -> settings.retryIf(attempt ->
                attempt.call().flatMap(Call::argument).filter("GET"::equals).isPresent()));
        assertThatThrownBy(() -> send.apply("POST")).hasMessage("down");
        assertThat(calls).hasValue(6);
        assertThatThrownBy(() -> send.apply("GET")).hasMessage("down");
        assertThat(calls).hasValue(11);
    }
}

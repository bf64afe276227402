// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Permit;
import dev.holdfast.Pipeline;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A breaker that calls come to more than once on their way: it closes when there are as many trials as that. */
class NestedTest extends BreakerTest {
    /** Calls every now and then, until the breaker has closed. */
    private void closes(CircuitBreaker breaker, Callable<?> call) {
        for (int i = 0; i < 2_000 && breaker.state() != State.CLOSED; i++) {
            time.advance(WAIT);
            try {
                call.call();
            } catch (CircuitOpenException refused) {
                // It is not closed yet.
            } catch (Exception unexpected) {
                throw new AssertionError(unexpected);
            }
        }
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    private static String deep(CircuitBreaker breaker, int depth) {
        return breaker.call(() -> depth == 1 ? "well" : deep(breaker, depth - 1));
    }

    private static CompletableFuture<String> deepAsync(CircuitBreaker breaker, int depth) {
        return breaker.callAsync(
                () -> depth == 1 ? CompletableFuture.completedFuture("well") : deepAsync(breaker, depth - 1));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 10})
    @DisplayName("CB-4 calls inside of each other, as deep as there are trials")
    void depth(int depth) {
        CircuitBreaker breaker = waited(tripping().trials(depth));
        closes(breaker, () -> deep(breaker, depth));
        CircuitBreaker asynchronous = waited(tripping().trials(depth));
        closes(asynchronous, () -> deepAsync(asynchronous, depth));
    }

    @Test
    @DisplayName("CB-4 with a ramp, a permit by hand outside, and two calls at once inside")
    void otherForms() {
        CircuitBreaker ramp = waited(tripping().trials(3).ramp(0.1, 0.5));
        closes(ramp, () -> deep(ramp, 2));

        CircuitBreaker byHand = waited(tripping().trials(2));
        closes(byHand, () -> {
            Permit permit = byHand.tryAcquire();
            if (permit == null) {
                return null;
            }
            try (permit) {
                byHand.run(() -> {});
                return permit.succeeded();
            }
        });

        CircuitBreaker fanOut = waited(tripping().trials(4));
        closes(
                fanOut,
                () -> fanOut.call(() -> {
                    List<Permit> both = IntStream.range(0, 2)
                            .mapToObj(i -> admitted(fanOut))
                            .toList();
                    both.forEach(Permit::succeeded);
                    return "well";
                }));
    }

    @Test
    @DisplayName("CB-4 also when a trial has failed before, and its place is missing, after a while without a result")
    void afterAFailure() {
        CircuitBreaker breaker = waited(tripping().trials(3).trialSuccesses(1));
        time.advance(nanos(1));
        fail(breaker);
        fail(breaker);
        closes(breaker, () -> breaker.call(() -> breaker.call(() -> "well")));
    }

    @Test
    @DisplayName("CB-4 twice in one pipeline, which is warned of")
    void twiceInAPipeline() {
        CircuitBreaker breaker = waited(tripping().trials(2));
        Pipeline<Object> pipeline = Pipeline.of(breaker, breaker);
        assertThat(breaker.misplaced(List.of(), List.of(breaker))).contains("twice");
        closes(breaker, () -> pipeline.call(() -> "well"));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Readiness.Condition;
import dev.holdfast.Readiness.State;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A breaker says whether it lets calls through. */
class ReadinessTest {
    private final VirtualTime time = VirtualTime.create();
    private final CircuitBreaker breaker = CircuitBreaker.builder("stock")
            .environment(time)
            .trials(3)
            .openFor(Backoff.fixed(Duration.ofSeconds(5)))
            .build();

    @Test
    @DisplayName("A breaker is down while it is open, says until when, and is up when the next call is a trial")
    void open() {
        assertThat(breaker.readiness()).isEqualTo(Condition.UP);
        breaker.transitionTo(CircuitBreaker.State.OPEN);
        time.advance(Duration.ofSeconds(2));
        assertThat(breaker.readiness()).isEqualTo(new Condition(State.DOWN, "open; the next trial is in PT3S"));
        time.advance(Duration.ofSeconds(3));
        assertThat(breaker.state()).isEqualTo(CircuitBreaker.State.OPEN);
        assertThat(breaker.readiness().state()).isEqualTo(State.UP);
        breaker.transitionTo(CircuitBreaker.State.HALF_OPEN);
        assertThat(breaker.readiness().state()).isEqualTo(State.UP);
    }

    @Test
    @DisplayName("A breaker that is half open is up, and says whether one more trial goes through")
    void halfOpen() {
        breaker.transitionTo(CircuitBreaker.State.HALF_OPEN);
        assertThat(breaker.readiness()).isEqualTo(new Condition(State.UP, "half open; trials go through"));
        for (int i = 0; i < 3; i++) {
            assertThat(breaker.readiness()).isEqualTo(new Condition(State.UP, "half open; trials go through"));
            BreakerTest.admitted(breaker);
        }
        assertThat(breaker.readiness()).isEqualTo(new Condition(State.UP, "half open; all trials are taken"));
    }

    @Test
    @DisplayName("A breaker that was opened by hand is down until it is closed by hand; one that only measures is up")
    void byHand() {
        breaker.transitionTo(CircuitBreaker.State.FORCED_OPEN);
        assertThat(breaker.readiness()).isEqualTo(new Condition(State.DOWN, "forced open"));
        for (CircuitBreaker.State state : new CircuitBreaker.State[] {
            CircuitBreaker.State.DISABLED, CircuitBreaker.State.METRICS_ONLY, CircuitBreaker.State.CLOSED
        }) {
            breaker.transitionTo(state);
            assertThat(breaker.readiness()).isEqualTo(Condition.UP);
        }
    }
}

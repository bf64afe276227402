// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreaker.StateChanged;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Changes of state are told in the order in which they happen, so that whoever keeps the last one knows the state. */
@Timeout(60)
class OrderOfChangesTest extends BreakerTest {
    @Test
    @DisplayName("CB-9 a gauge behind a slow listener ends at the state")
    void behindASlowListener() throws Exception {
        CircuitBreaker breaker = tripping().build();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicReference<State> gauge = new AtomicReference<>();
        breaker.on(StateChanged.class, e -> {
            if (e.to() == State.OPEN) {
                inside.countDown();
                awaitQuietly(goOn);
            }
        });
        breaker.on(StateChanged.class, e -> gauge.set(e.to()));
        Thread slow = new Thread(() -> breaker.transitionTo(State.OPEN));
        slow.start();
        inside.await();

        breaker.transitionTo(State.METRICS_ONLY);
        breaker.reconfigure(settings -> settings.trials(3));
        breaker.transitionTo(State.CLOSED);
        assertThat(gauge).hasValue(null);

        goOn.countDown();
        slow.join();
        assertThat(gauge).hasValue(State.CLOSED);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException impossible) {
            throw new AssertionError(impossible);
        }
    }

    @Test
    @DisplayName(
            "CB-9 a listener that changes the state, or throws: the others hear of both changes, first things first")
    void aListenerThatChangesTheState() {
        CircuitBreaker breaker = tripping().build();
        List<State> seen = new ArrayList<>();
        breaker.on(StateChanged.class, e -> {
            if (e.to() == State.OPEN) {
                breaker.transitionTo(State.FORCED_OPEN);
                throw new IllegalStateException("a listener's own");
            }
        });
        breaker.on(StateChanged.class, e -> seen.add(e.to()));
        breaker.transitionTo(State.OPEN);
        assertThat(seen).containsExactly(State.OPEN, State.FORCED_OPEN);
    }

    @Test
    @DisplayName("CB-9 threads: whoever changes it, each change follows the one before, and the last is the state")
    void threads() throws Exception {
        CircuitBreaker breaker = tripping().build();
        List<StateChanged> told = new ArrayList<>();
        breaker.on(StateChanged.class, told::add);
        race(4, number -> {
            for (int i = 0; i < 5_000; i++) {
                breaker.transitionTo(State.values()[(number + i) % State.values().length]);
            }
        });
        assertThat(told).hasSizeGreaterThan(1_000);
        State state = State.CLOSED;
        for (StateChanged change : told) {
            assertThat(change.from()).isEqualTo(state);
            state = change.to();
        }
        assertThat(state).isEqualTo(breaker.state());
    }
}

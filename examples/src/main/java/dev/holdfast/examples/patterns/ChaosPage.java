// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.Pipeline;
import dev.holdfast.chaos.Burden;
import dev.holdfast.chaos.Chaos;
import dev.holdfast.chaos.ChaosPermission;
import dev.holdfast.chaos.Delay;
import dev.holdfast.chaos.SafetyLever;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.retry.Retry;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.time.Duration;

/** Every Java block of the page on chaos. */
final class ChaosPage {
    private ChaosPage() {}

    static Pipeline<Object> smallest(Retry<Object> retry, CircuitBreaker breaker) {
        // tag: chaos-smallest
        Chaos chaos = Chaos.builder("inventory") // off, until an experiment arms it
                .delay(0.05, Delay.between(Duration.ofMillis(200), Duration.ofMillis(800)))
                .fail(0.02, () -> new UncheckedIOException(new ConnectException("injected")))
                .build();
        Pipeline<Object> pipeline = Pipeline.of(retry, breaker, chaos); // innermost
        // end
        return pipeline;
    }

    static void permission() {
        // tag: chaos-permission
        ChaosPermission.grant("this process serves the test stage");
        // end
    }

    static Burden open(CircuitBreaker breaker) {
        // tag: chaos-burden
        Burden open =
                Burden.of("breaker open", () -> breaker.transitionTo(CircuitBreaker.State.FORCED_OPEN), breaker::reset);
        // end
        return open;
    }

    static void lever() {
        // tag: chaos-lever
        SafetyLever.engage("incident 4711"); // ends all experiments, and lets none start
        // end
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.Permit;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * When all is over, each breaker is asked for trials that succeed, until it is closed again, whatever has happened to it: opened,
 * reconfigured, with trials that were reported late or were given up. The last law to be looked at, because the trials are counted.
 */
final class Healing {
    /** At a look: more than a ramp needs, so that seldom an unlucky draw costs another look. */
    private static final int TRIES = 50;

    private final Execution execution;
    private final Map<CircuitBreaker, Integer> successes = new HashMap<>();

    Healing(Execution execution) {
        this.execution = execution;
    }

    List<String> ofBreakers() {
        List<String> broken = new ArrayList<>();
        execution.ground.pass();
        execution.cast.gates.keySet().forEach(gate -> {
            if (gate instanceof CircuitBreaker breaker && !isClosed(breaker)) {
                broken.add("a breaker does not close: " + breaker.report());
            }
        });
        return broken;
    }

    /** Those that did not close with as many successes as its settings ask for at most. */
    List<String> ofTrials() {
        return successes.entrySet().stream().filter(each -> each.getValue() > Settings.MOST_TRIALS)
                .map(each -> "a breaker has closed after " + each.getValue() + " successes: " + each.getKey()).toList();
    }

    private boolean isClosed(CircuitBreaker breaker) {
        State state = breaker.state();
        if (state == State.FORCED_OPEN || state == State.DISABLED || state == State.METRICS_ONLY) {
            breaker.transitionTo(State.HALF_OPEN);
        }
        for (int i = 0; i < TRIES && breaker.state() != State.CLOSED; i++) {
            Permit permit = breaker.tryAcquire();
            if (permit != null) {
                successes.merge(breaker, 1, Integer::sum);
                permit.succeeded();
            }
        }
        return breaker.state() == State.CLOSED;
    }
}

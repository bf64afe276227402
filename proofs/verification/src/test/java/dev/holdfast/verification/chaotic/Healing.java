// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.Gate;
import dev.holdfast.Permit;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.verification.chaotic.Program.Misdeed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * When all is over, somebody takes all trials of each breaker and reports none. Then others are asked for that succeed, until it is
 * closed again, whatever has happened to it: opened, reconfigured, with trials that were reported late or were given up. The last law
 * to be looked at, because the trials are counted.
 */
final class Healing {
    /** At a look: more than a ramp needs, so that seldom an unlucky draw costs another look. */
    private static final int TRIES = 50;

    private final Execution execution;
    private final Map<CircuitBreaker, Integer> successes = new HashMap<>();
    private final List<Permit> unreported = new ArrayList<>();

    Healing(Execution execution) {
        this.execution = execution;
    }

    List<String> ofBreakers() {
        execution.ground.pass();
        List<CircuitBreaker> sick = new ArrayList<>();
        onThreadOfItsOwn(() -> {
            breakers().filter(breaker -> !isClosed(breaker)).forEach(sick::add);
            if (sick.isEmpty()) {
                unreported.forEach(Permit::close);
            }
        });
        return sick.stream()
                .map(breaker -> "a breaker does not close: " + breaker.report())
                .toList();
    }

    void takeTrials() {
        onThreadOfItsOwn(() -> breakers().forEach(breaker -> {
            breaker.transitionTo(State.HALF_OPEN);
            for (Permit trial = breaker.tryAcquire();
                    trial != null && unreported.size() < TRIES;
                    trial = breaker.tryAcquire()) {
                unreported.add(trial);
            }
        }));
    }

    private Stream<CircuitBreaker> breakers() {
        Stream<Gate> ofSettings =
                execution.cast.guarded.values().stream().flatMap(guarding -> guarding.gates.keySet().stream());
        return Stream.concat(execution.cast.policies.stream(), ofSettings)
                .filter(CircuitBreaker.class::isInstance)
                .map(CircuitBreaker.class::cast);
    }

    /** Listeners do to it what they like. */
    static void onThreadOfItsOwn(Runnable task) {
        Thread healer = Ground.daemons("chaotic-healer").newThread(task);
        healer.start();
        try {
            healer.join();
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    /** Those that did not close with as many successes as its settings ask for at most, although no listener has opened them again. */
    List<String> ofTrials() {
        return execution.program.has(Misdeed.RECONFIGURE)
                ? List.of()
                : successes.entrySet().stream()
                        .filter(each -> each.getValue() > Settings.MOST_TRIALS)
                        .map(each -> "a breaker has closed after " + each.getValue() + " successes: " + each.getKey())
                        .toList();
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

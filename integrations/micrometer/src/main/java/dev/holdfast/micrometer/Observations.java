// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.micrometer;

import dev.holdfast.Around;
import dev.holdfast.Environment;
import dev.holdfast.ThreadContext;
import dev.holdfast.internal.Require;
import io.micrometer.context.ContextSnapshot;
import io.micrometer.context.ContextSnapshotFactory;
import io.micrometer.observation.ObservationRegistry;

/**
 * Micrometer's observations of calls and of attempts: policies that watch, and change nothing.
 *
 * <pre>{@code
 * Pipeline.of(Observations.calls("orders", registry), retry, breaker, Observations.attempts("orders", registry))
 * }</pre>
 *
 * <p>Each observation ends once, however the call ends; it is the current one of every thread on which something of the call runs. Keys:
 * {@code holdfast.policy}, {@code holdfast.outcome} ({@code success}, {@code failure}, {@code rejected}, {@code abandoned}) and
 * {@code error.type} (the class of the exception, {@code none}, and {@code _OTHER} after 20 different classes).
 */
public final class Observations {
    private Observations() {}

    /**
     * Observes what is inside of it as a call: {@code holdfast.call}. Belongs outside of a retry.
     *
     * @param name of the dependency or operation; 1 to 256 characters, not blank
     * @param registry whose handlers make timers and spans; while it is a no-op, a call pays one question
     * @return a policy, in the standard environment
     */
    public static Around calls(String name, ObservationRegistry registry) {
        return calls(name, registry, Environment.standard());
    }

    /**
     * The same, in an environment of its own.
     *
     * @param name of the dependency or operation; 1 to 256 characters, not blank
     * @param registry whose handlers make timers and spans
     * @param environment that of the pipeline
     * @return a policy
     */
    public static Around calls(String name, ObservationRegistry registry, Environment environment) {
        return new ObservingAround(ObservingAround.CALL, name, registry, environment);
    }

    /**
     * Observes what is inside of it as an attempt: {@code holdfast.attempt}, with its number as the key {@code holdfast.attempt}, which is
     * no label of the timer. Belongs innermost, inside of what refuses calls, so that there is one for each attempt that is really made.
     *
     * @param name of the dependency or operation; 1 to 256 characters, not blank
     * @param registry whose handlers make timers and spans; while it is a no-op, a call pays one question
     * @return a policy, in the standard environment
     */
    public static Around attempts(String name, ObservationRegistry registry) {
        return attempts(name, registry, Environment.standard());
    }

    /**
     * The same, in an environment of its own.
     *
     * @param name of the dependency or operation; 1 to 256 characters, not blank
     * @param registry whose handlers make timers and spans
     * @param environment that of the pipeline
     * @return a policy
     */
    public static Around attempts(String name, ObservationRegistry registry, Environment environment) {
        return new ObservingAround(ObservingAround.ATTEMPT, name, registry, environment);
    }

    /**
     * Carries what Micrometer's context-propagation knows of along with a call, to whatever thread a part of it runs on.
     *
     * @param snapshots takes and restores it
     * @return a context, for {@code Environment.builder().context(...)}
     */
    public static ThreadContext context(ContextSnapshotFactory snapshots) {
        Require.nonNull(snapshots, "snapshots");
        return () -> {
            ContextSnapshot captured = snapshots.captureAll();
            return () -> captured.setThreadLocals()::close;
        };
    }
}

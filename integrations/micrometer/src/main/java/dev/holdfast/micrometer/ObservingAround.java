// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.micrometer;

import dev.holdfast.Around;
import dev.holdfast.Call;
import dev.holdfast.Environment;
import dev.holdfast.Outcome;
import dev.holdfast.internal.ErrorTypes;
import dev.holdfast.internal.Require;
import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;

/** Makes an observation of whatever is inside of it. */
final class ObservingAround extends Around {
    static final String CALL = "call";
    static final String ATTEMPT = "attempt";

    private final String what;
    private final ObservationRegistry registry;
    private final ErrorTypes errorTypes = ErrorTypes.create();

    ObservingAround(String what, String name, ObservationRegistry registry, Environment environment) {
        super(name, environment);
        this.what = what;
        this.registry = Require.nonNull(registry, "registry");
    }

    @Override
    public String kind() {
        return what;
    }

    @Override
    protected boolean isOn() {
        return !registry.isNoop();
    }

    /** An attempt has a number. */
    @Override
    protected boolean wantsCall() {
        return what.equals(ATTEMPT);
    }

    @Override
    protected @Nullable Object begin(@Nullable Call call) {
        Observation observation = Observation.createNotStarted("holdfast." + what, registry)
                .contextualName(what + " " + name())
                .lowCardinalityKeyValue("holdfast.policy", name());
        // A call has one as well, where somebody else wants it.
        if (call != null && wantsCall()) {
            observation.highCardinalityKeyValue("holdfast.attempt", String.valueOf(call.attempt()));
        }
        return observation.isNoop() ? null : started(observation);
    }

    /** Handlers before one that throws have begun something, such as a timer of what is active. */
    private static Observation started(Observation observation) {
        boolean isStarted = false;
        try {
            observation.start();
            isStarted = true;
            return observation;
        } finally {
            if (!isStarted) {
                tryTo(observation::stop);
            }
        }
    }

    /** The registry makes a scope the current one before it tells the handlers, and not any more after it has told them. */
    @Override
    protected Scope bind(Object watch) {
        Observation.Scope outer = registry.getCurrentObservationScope();
        Observation.Scope scope = null;
        try {
            scope = ((Observation) watch).openScope();
        } finally {
            if (scope == null) {
                Observation.Scope halfOpen = registry.getCurrentObservationScope();
                if (halfOpen != null && halfOpen != outer) {
                    tryTo(halfOpen::close);
                }
                registry.setCurrentObservationScope(outer);
            }
        }
        return closing(scope, outer);
    }

    private Scope closing(Observation.Scope scope, Observation.@Nullable Scope outer) {
        return () -> {
            boolean isClosed = false;
            try {
                scope.close();
                isClosed = true;
            } finally {
                if (!isClosed) {
                    registry.setCurrentObservationScope(outer);
                }
            }
        };
    }

    @Override
    protected void end(Object watch, Outcome<?> outcome) {
        Observation observation = (Observation) watch;
        try {
            Throwable error = errorOf(outcome);
            observation
                    .lowCardinalityKeyValue("holdfast.outcome", outcomeOf(outcome.failure()))
                    .lowCardinalityKeyValue("error.type", error == null ? KeyValue.NONE_VALUE : errorTypes.of(error));
            if (error != null) {
                observation.error(error);
            }
        } finally {
            observation.stop();
        }
    }
}

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
        if (call != null) {
            observation.highCardinalityKeyValue("holdfast.attempt", String.valueOf(call.attempt()));
        }
        return observation.isNoop() ? null : observation.start();
    }

    @Override
    protected Scope bind(Object watch) {
        return ((Observation) watch).openScope()::close;
    }

    @Override
    protected void end(Object watch, Outcome<?> outcome) {
        Observation observation = (Observation) watch;
        try {
            Throwable failure = outcome.failure();
            observation
                    .lowCardinalityKeyValue("holdfast.outcome", outcomeOf(failure))
                    .lowCardinalityKeyValue(
                            "error.type", failure == null ? KeyValue.NONE_VALUE : errorTypes.of(failure));
            if (failure != null) {
                observation.error(failure);
            }
        } finally {
            observation.stop();
        }
    }
}

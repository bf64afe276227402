// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.jfr;

import dev.holdfast.Around;
import dev.holdfast.Call;
import dev.holdfast.Environment;
import dev.holdfast.Outcome;
import org.jspecify.annotations.Nullable;

/** Records whatever is inside of it, where a recording wants it and it took as long as that says. */
final class RecordingAround extends Around {
    /** Only asked whether anybody wants such events. */
    private static final CallEvent CALL = new CallEvent();

    private static final AttemptEvent ATTEMPT = new AttemptEvent();

    private final boolean isAttempt;

    RecordingAround(boolean isAttempt, String name, Environment environment) {
        super(name, environment);
        this.isAttempt = isAttempt;
    }

    @Override
    public String kind() {
        return isAttempt ? "attempt" : "call";
    }

    @Override
    protected boolean isOn() {
        return isAttempt ? ATTEMPT.isEnabled() : CALL.isEnabled();
    }

    /** An attempt has a number. */
    @Override
    protected boolean wantsCall() {
        return isAttempt;
    }

    @Override
    protected Object begin(@Nullable Call call) {
        CallEvent event = isAttempt ? new AttemptEvent() : new CallEvent();
        if (call != null && event instanceof AttemptEvent attempt) {
            attempt.number = call.attempt();
        }
        event.begin();
        return event;
    }

    @Override
    protected void end(Object watch, Outcome<?> outcome) {
        CallEvent event = (CallEvent) watch;
        event.end();
        if (event.shouldCommit()) {
            Throwable error = errorOf(outcome);
            event.policy = name();
            event.outcome = outcomeOf(outcome.failure());
            event.errorType = error == null ? null : error.getClass().getName();
            event.commit();
        }
    }
}

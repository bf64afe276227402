// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import dev.holdfast.settings.Kind;
import dev.holdfast.settings.PolicyType;
import dev.holdfast.settings.Schema;
import java.time.Duration;
import java.util.function.UnaryOperator;

/** What can be set of a {@link Timeout} without code. */
abstract class AnyTimeoutType extends PolicyType<Timeout, TimeoutBuilder> {
    private static final Schema<TimeoutBuilder> SCHEMA = Schema.<TimeoutBuilder>empty()
            .<Duration>required(
                    "duration",
                    Kind.duration(Duration.ZERO),
                    "How long a call may take.",
                    TimeoutBuilder::duration,
                    b -> b.hasDuration() ? Duration.ofNanos(b.nanos) : null)
            .setting(
                    "interrupt",
                    Kind.flag(),
                    "Whether work is interrupted when its time is over.",
                    TimeoutBuilder::interrupt,
                    b -> b.interrupts)
            .inCodeOnly("environment", "runOn");

    AnyTimeoutType(String name, int place) {
        super(name, Timeout.class, place, SCHEMA);
    }

    @Override
    protected final TimeoutBuilder builder(String policy) {
        return TimeoutBuilder.withoutDuration(policy);
    }

    @Override
    protected final Timeout build(TimeoutBuilder builder) {
        return builder.build();
    }

    @Override
    protected final TimeoutBuilder settingsOf(Timeout policy) {
        return policy.settings();
    }

    @Override
    protected final void reconfigure(Timeout policy, UnaryOperator<TimeoutBuilder> change) {
        policy.reconfigure(change);
    }
}

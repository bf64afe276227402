// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.function.Supplier;

/** How an {@link Availability} is to look. Its last step says at what. Not safe for use by several threads. */
public final class AvailabilityBuilder {
    final String name;
    Environment environment = Environment.standard();
    long everyNanos = Duration.ofSeconds(1).toNanos();
    long cutoffNanos = Duration.ofMinutes(5).toNanos();
    int outageAfter = 3;
    int recoveredAfter = 2;

    AvailabilityBuilder(String name) {
        this.name = Require.name(name);
    }

    /**
     * Where time, timers and threads come from.
     *
     * @param value default: {@link Environment#standard()}
     * @return this builder
     */
    public AvailabilityBuilder environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * How often it looks. Outages begin and end to within one such slice.
     *
     * @param value from 1 ms up; default: 1 second
     * @return this builder
     */
    public AvailabilityBuilder every(Duration value) {
        everyNanos = Require.nanosAtLeast(value, Duration.ofMillis(1), "every");
        return this;
    }

    /**
     * How many failures in a row, without a success between, are an outage. Fewer are none.
     *
     * @param failures from 1 up; default: 3
     * @return this builder
     */
    public AvailabilityBuilder outageAfter(int failures) {
        outageAfter = Require.range(failures, 1, Integer.MAX_VALUE, "outageAfter");
        return this;
    }

    /**
     * How many successes in a row, without a failure between, end an outage.
     *
     * @param successes from 1 up; default: 2
     * @return this builder
     */
    public AvailabilityBuilder recoveredAfter(int successes) {
        recoveredAfter = Require.range(successes, 1, Integer.MAX_VALUE, "recoveredAfter");
        return this;
    }

    /**
     * After how long without anybody asking it is not known any more whether it is up: time from then on is unobserved.
     *
     * @param value longer than zero; default: 5 minutes
     * @return this builder
     */
    public AvailabilityBuilder idleCutoff(Duration value) {
        cutoffNanos = Require.positiveNanos(value, "idleCutoff");
        return this;
    }

    /**
     * Watches a dependency: what was refused, ignored or given up says nothing of it.
     *
     * @param gate the policy around it, inside of retries
     * @return it watches from now on
     */
    public Availability dependency(Gate gate) {
        Require.nonNull(gate, "gate");
        return counting(() -> Evidence.ofDependency(gate.counts()));
    }

    /**
     * Watches what callers get: who is refused, or gives up, has no answer.
     *
     * @param gate the outermost policy that counts
     * @return it watches from now on
     */
    public Availability callers(Gate gate) {
        Require.nonNull(gate, "gate");
        return counting(() -> Evidence.ofCallers(gate.counts()));
    }

    /**
     * Watches any totals.
     *
     * @param evidence reads them; only ever grow; asked once now, and then for each sample, on a thread of the environment or of who asks
     *     for a report
     * @return it watches from now on
     */
    public Availability counting(Supplier<Evidence> evidence) {
        return new Availability(this, Require.nonNull(evidence, "evidence"));
    }
}

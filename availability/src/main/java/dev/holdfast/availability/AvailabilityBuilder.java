// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** How an {@link Availability} is to look. Its last step says at what, and may be taken again. Not safe for use by several threads. */
public final class AvailabilityBuilder {
    final String name;
    Environment environment = Environment.standard();
    long everyNanos = Duration.ofSeconds(1).toNanos();
    long cutoffNanos = Duration.ofMinutes(5).toNanos();
    int outageAfter = 3;
    int recoveredAfter = 2;
    long hangNanos = Duration.ofSeconds(10).toNanos();

    private @Nullable LongSupplier degraded;

    /** The objectives for recovery, and what they allow; none twice. */
    final Map<RecoveryObjective.Kind, Long> recovery = new EnumMap<>(RecoveryObjective.Kind.class);

    @Nullable Supplier<Duration> dataAge;

    InstantSource clock = InstantSource.system();

    @Nullable String snapshot;

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
     * @param value from 1 ms up, and at most the {@link #idleCutoff}, or the last step refuses it; default: 1 second
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
     * After how long calls hang: two have begun, or more, and none has ended by itself for so long, whether somebody still waits for them or
     * has given them up. Then it is down before any of them has ended. Where one failure is an {@linkplain #outageAfter outage}, one call is
     * enough. Only an {@link Indicator} knows what has begun. Longer than the slowest call that is well.
     *
     * @param value longer than zero; default: 10 seconds
     * @return this builder
     */
    public AvailabilityBuilder hangsAfter(Duration value) {
        hangNanos = Require.positiveNanos(value, "hangsAfter");
        return this;
    }

    /**
     * How many of the answers came from elsewhere, as from a fallback inside of the policy that counts: {@code () ->
     * fallback.counts().recovered()}. They are neither good nor bad, also where they were slow, and no time without an answer.
     *
     * @param answers reads a total that only grows; where it begins anew, so does the difference; default: none
     * @return this builder
     */
    public AvailabilityBuilder degraded(LongSupplier answers) {
        degraded = Require.nonNull(answers, "degraded");
        return this;
    }

    /**
     * The recovery time objective: for how long nobody may have an answer, from one who had none to the last who asked.
     *
     * @param value longer than zero; default: none
     * @return this builder
     */
    public AvailabilityBuilder recoveryTime(Duration value) {
        recovery.put(RecoveryObjective.Kind.TIME, Require.positiveNanos(value, "recoveryTime"));
        return this;
    }

    /**
     * The recovery point objective: how old the data may be that are left while the dependency has no answers of its own: of a value that
     * is served stale, of a replica that lags, of what has not been delivered yet.
     *
     * @param value longer than zero; default: none
     * @param age reads how old they are now; asked for each sample, on a thread of the environment, and not again before it has come back.
     *     While it throws, gives {@code null} or takes longer than {@link #every}, nothing is measured
     * @return this builder
     */
    public AvailabilityBuilder recoveryPoint(Duration value, Supplier<Duration> age) {
        dataAge = Require.nonNull(age, "age");
        recovery.put(RecoveryObjective.Kind.POINT, Require.positiveNanos(value, "recoveryPoint"));
        return this;
    }

    /**
     * The time of day, for snapshots.
     *
     * @param value default: the system's
     * @return this builder
     */
    public AvailabilityBuilder clock(InstantSource value) {
        clock = Require.nonNull(value, "clock");
        return this;
    }

    /**
     * Goes on from what an earlier process knew. The time between is unobserved.
     *
     * @param text what {@link Availability#snapshot} gave, of an availability of the same name, view and objectives for recovery
     * @return this builder; the last step refuses, with an {@link IllegalArgumentException}, what is no such snapshot
     */
    public AvailabilityBuilder restore(String text) {
        snapshot = Require.nonNull(text, "snapshot");
        return this;
    }

    /**
     * Watches a dependency: what was refused, ignored or given up says nothing of it.
     *
     * @param gate the policy around it, inside of retries; an {@link Indicator} also knows slow answers and calls that hang
     * @return it watches from now on
     */
    public Availability dependency(Gate gate) {
        Require.nonNull(gate, "gate");
        return made("dependency", Evidence.growing(() -> Evidence.ofDependency(gate)));
    }

    /**
     * Watches what callers get: who is refused, or gives up, has no answer.
     *
     * @param gate the outermost policy, best an {@link Indicator}: others take refusals of policies further in for no matter of theirs
     * @return it watches from now on
     */
    public Availability callers(Gate gate) {
        Require.nonNull(gate, "gate");
        return made("callers", Evidence.growing(() -> Evidence.ofCallers(gate)));
    }

    /**
     * Watches any totals.
     *
     * @param evidence reads them; only ever grow, and where they begin anew, so does the difference; asked once now, and then for each
     *     sample, on a thread of the environment or of who asks for a report; while it does not come back nothing is known
     * @return it watches from now on
     */
    public Availability counting(Supplier<Evidence> evidence) {
        return made("counted", Require.nonNull(evidence, "evidence"));
    }

    private Availability made(String view, Supplier<Evidence> evidence) {
        if (everyNanos > cutoffNanos) {
            throw new IllegalArgumentException("every: " + Duration.ofNanos(everyNanos) + " (expected: at most "
                    + Duration.ofNanos(cutoffNanos) + ", the idleCutoff, or time between two looks is unobserved)");
        }
        return new Availability(this, view, degraded == null ? evidence : new Degraded(evidence, degraded));
    }
}

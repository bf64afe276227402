// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an {@link Experiment} is to be. Not safe for use by several threads. */
public final class ExperimentBuilder {
    private static final Duration LONGEST = Duration.ofDays(1);

    final String name;
    Environment environment = Environment.standard();
    InstantSource clock = InstantSource.system();
    List<Injection> injections = new ArrayList<>();
    List<Probe> hypothesis = new ArrayList<>();

    @Nullable AbortGuard guard;

    @Nullable Comparison comparison;

    double[] stages = {1};
    long beforeNanos = 30_000_000_000L;
    long lastingNanos;
    long recoverNanos = 30_000_000_000L;
    long everyNanos = 250_000_000;
    long probeLimitNanos = 5_000_000_000L;
    long atMost = Long.MAX_VALUE;
    long atMostAtOnce = Long.MAX_VALUE;
    double confidence = 0.95;
    String owner = "";
    String reason = "";

    @Nullable Long seed;

    ExperimentBuilder(String name) {
        this.name = Require.name(name);
    }

    private ExperimentBuilder(ExperimentBuilder other) {
        name = other.name;
        environment = other.environment;
        clock = other.clock;
        injections = List.copyOf(other.injections);
        hypothesis = List.copyOf(other.hypothesis);
        guard = other.guard;
        comparison = other.comparison;
        stages = other.stages.clone();
        beforeNanos = other.beforeNanos;
        lastingNanos = other.lastingNanos;
        recoverNanos = other.recoverNanos;
        everyNanos = other.everyNanos;
        probeLimitNanos = other.probeLimitNanos;
        atMost = other.atMost;
        atMostAtOnce = other.atMostAtOnce;
        confidence = other.confidence;
        owner = other.owner;
        reason = other.reason;
        seed = other.seed;
    }

    /**
     * Where time, timers and threads come from.
     *
     * @param value that of all that is injected; default: {@link Environment#standard()}
     * @return this builder
     */
    public ExperimentBuilder environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * Where the date in reports comes from, which nothing else depends on.
     *
     * @param value default: the machine's clock
     * @return this builder
     */
    public ExperimentBuilder clock(InstantSource value) {
        clock = Require.nonNull(value, "clock");
        return this;
    }

    /**
     * What it arms while it lasts. Injections that are said earlier stay.
     *
     * @param more none of which is there already
     * @return this builder
     */
    public ExperimentBuilder inject(Injection... more) {
        for (Injection each : more) {
            if (injections.contains(Require.nonNull(each, "injection"))) {
                throw new IllegalArgumentException(
                        "injection: " + Event.quoted(each.name()) + " (expected: one that is not there yet)");
            }
            injections.add(each);
        }
        return this;
    }

    /**
     * What has to hold before, during, and after. Probes that are said earlier stay.
     *
     * @param more with limits
     * @return this builder
     */
    public ExperimentBuilder hypothesis(Probe... more) {
        for (Probe each : more) {
            if (!Require.nonNull(each, "probe").hasLimit()) {
                throw new IllegalArgumentException(
                        "probe: " + Event.quoted(each.name()) + " without a limit (expected: atLeast or atMost)");
            }
            hypothesis.add(each);
        }
        return this;
    }

    /**
     * When it aborts because it does too much harm: looks at all ratio probes while faults are injected.
     *
     * @param value default: never, it goes on to its end
     * @return this builder
     */
    public ExperimentBuilder abortAt(AbortGuard value) {
        guard = Require.nonNull(value, "guard");
        return this;
    }

    /**
     * Leaves some calls alone, and asks whether the others do worse: an outage that comes by itself then refutes nothing.
     *
     * @param value the policy that tells them apart, which stands in the pipeline; default: none
     * @return this builder
     */
    public ExperimentBuilder compare(Comparison value) {
        comparison = Require.nonNull(value, "comparison");
        return this;
    }

    /**
     * How long it injects: the most that it may, and the time at which each injection ends by itself.
     *
     * @param time longer than zero, a day at most
     * @return this builder
     */
    public ExperimentBuilder lasting(Duration time) {
        if (Require.nonNull(time, "lasting").compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("lasting: " + time + " (expected: at most " + LONGEST + ")");
        }
        lastingNanos = Require.positiveNanos(time, "lasting");
        return this;
    }

    /**
     * How long it watches before it injects anything.
     *
     * @param time longer than zero; default: 30 s
     * @return this builder
     */
    public ExperimentBuilder before(Duration time) {
        beforeNanos = Require.positiveNanos(time, "before");
        return this;
    }

    /**
     * Within what time the hypothesis has to hold again after the faults, and all has to be undone.
     *
     * @param time longer than zero; default: 30 s
     * @return this builder
     */
    public ExperimentBuilder recoverWithin(Duration time) {
        recoverNanos = Require.positiveNanos(time, "recoverWithin");
        return this;
    }

    /**
     * Which part of the rates is injected first, and then, all for the same time.
     *
     * @param parts each more than 0 and at most 1; default: 1
     * @return this builder
     */
    public ExperimentBuilder stages(double... parts) {
        if (parts.length == 0) {
            throw new IllegalArgumentException("stages: none (expected: one or more)");
        }
        for (double part : parts) {
            Require.fraction(part, "stage");
        }
        stages = parts.clone();
        return this;
    }

    /**
     * How many faults it injects in all. What would be more is counted as overflow.
     *
     * @param faults from 1 up; default: any number
     * @return this builder
     */
    public ExperimentBuilder atMost(long faults) {
        atMost = Require.range(faults, 1L, Long.MAX_VALUE, "atMost");
        return this;
    }

    /**
     * How many calls have a fault at the same time.
     *
     * @param faults from 1 up; default: any number
     * @return this builder
     */
    public ExperimentBuilder atMostAtOnce(long faults) {
        atMostAtOnce = Require.range(faults, 1L, Long.MAX_VALUE, "atMostAtOnce");
        return this;
    }

    /**
     * How often probes are read.
     *
     * @param interval a millisecond or longer; default: 250 ms
     * @return this builder
     */
    public ExperimentBuilder every(Duration interval) {
        everyNanos = Require.nanosAtLeast(interval, Duration.ofMillis(1), "every");
        return this;
    }

    /**
     * How long reading all probes may take. Then the thread that reads is interrupted, and the experiment is aborted.
     *
     * @param limit longer than zero; default: 5 s
     * @return this builder
     */
    public ExperimentBuilder probeLimit(Duration limit) {
        probeLimitNanos = Require.positiveNanos(limit, "probeLimit");
        return this;
    }

    /**
     * How sure a verdict has to be, of ratio probes and of the comparison: each is wrong in at most the rest of all cases.
     *
     * @param share 0.5 to 0.999999; default: 0.95
     * @return this builder
     */
    public ExperimentBuilder confidence(double share) {
        confidence = Require.range(share, 0.5, 0.999999, "confidence");
        return this;
    }

    /**
     * Who answers for it.
     *
     * @param name not blank
     * @return this builder
     */
    public ExperimentBuilder owner(String name) {
        owner = Require.words(name, "owner");
        return this;
    }

    /**
     * Why it is made.
     *
     * @param words not blank
     * @return this builder
     */
    public ExperimentBuilder reason(String words) {
        reason = Require.words(words, "reason");
        return this;
    }

    /**
     * What decides by lot which calls have a fault: with the same seed, and the same calls one after the other, the same ones have it.
     *
     * @param value any; default: another for each run, which the report says
     * @return this builder
     */
    public ExperimentBuilder seed(long value) {
        seed = value;
        return this;
    }

    /**
     * Builds it.
     *
     * @return an experiment, which does not run yet
     * @throws IllegalArgumentException if it has no owner or no reason, nothing to inject, no hypothesis, or no end
     */
    public Experiment build() {
        require(!owner.isEmpty(), "owner", "who answers for it");
        require(!reason.isEmpty(), "reason", "why it is made");
        require(!injections.isEmpty(), "inject", "something to inject");
        require(!hypothesis.isEmpty(), "hypothesis", "a probe");
        require(lastingNanos > 0, "lasting", "how long it injects");
        return new Experiment(new ExperimentBuilder(this));
    }

    private void require(boolean isThere, String what, String expected) {
        if (!isThere) {
            throw new IllegalArgumentException(
                    "experiment " + Event.quoted(name) + ": " + what + ": none (expected: " + expected + ")");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Which fault comes when, and who calls. Every fault is followed by a healthy phase, which shows the recovery. */
final class Script {
    private final Pace pace;
    private final List<Phase> phases;

    private Script(Pace pace, List<Phase> phases) {
        this.pace = pace;
        this.phases = List.copyOf(phases);
    }

    /**
     * Everything that can be wrong with the service, under the same load all the time: each caller asks once a second,
     * whatever became of the call before. After an outage there is time for the recovery, and for five good seconds that prove it.
     */
    static Script faults() {
        return new Builder(new Pace(Duration.ofSeconds(1), Duration.ofSeconds(1)))
                .callers(100)
                .then(Fault.HEALTHY, 3000)
                .then(Fault.FLAKY, 3000)
                .then(Fault.HEALTHY, 2000)
                .then(Fault.SLOW, 5000)
                .then(Fault.HEALTHY, 7000)
                .then(Fault.ERRORS, 2000)
                .then(Fault.HEALTHY, 6000)
                .then(Fault.KILLED, 3000)
                .then(Fault.HEALTHY, 7000)
                .then(Fault.FROZEN, 4000)
                .then(Fault.HEALTHY, 9000)
                .build();
    }

    /** A rush of callers. Each asks once a second, so that there are as many calls a second as callers. */
    static Script overload() {
        return new Builder(new Pace(Duration.ofSeconds(1), Duration.ofSeconds(1)))
                .callers(40)
                .then(Fault.HEALTHY, 2000)
                .callers(200)
                .then(Fault.OVERLOADED, 8000)
                .callers(40)
                .then(Fault.HEALTHY, 7000)
                .build();
    }

    Pace pace() {
        return pace;
    }

    List<Phase> phases() {
        return phases;
    }

    Duration total() {
        return phases.get(phases.size() - 1).end();
    }

    /** The offered load of a phase. */
    double duePerSecond(int index) {
        return pace.perSecond(phases.get(index).callers());
    }

    /** The highest offered load. */
    double mostPerSecond() {
        return phases.stream()
                .mapToDouble(phase -> pace.perSecond(phase.callers()))
                .max()
                .orElseThrow();
    }

    /** Phases laid end to end. */
    static final class Builder {
        private final Pace pace;
        private final List<Phase> phases = new ArrayList<>();
        private Duration end = Duration.ZERO;
        private int callers = 1;

        Builder(Pace pace) {
            this.pace = pace;
        }

        /** From here on. */
        Builder callers(int number) {
            if (number <= 0) {
                throw new IllegalArgumentException("callers: " + number + " (expected: > 0)");
            }
            callers = number;
            return this;
        }

        Builder then(Fault fault, long millis) {
            if (millis <= 0) {
                throw new IllegalArgumentException("millis: " + millis + " (expected: > 0)");
            }
            phases.add(new Phase(fault, callers, end, Duration.ofMillis(millis)));
            end = end.plusMillis(millis);
            return this;
        }

        Script build() {
            if (phases.isEmpty() || phases.get(phases.size() - 1).fault() != Fault.HEALTHY) {
                throw new IllegalArgumentException("phases: " + phases + " (expected: a healthy one at the end)");
            }
            return new Script(pace, phases);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Which fault comes when. Every fault is followed by a healthy phase, which shows the recovery. */
final class Script {
    private final List<Phase> phases;

    private Script(List<Phase> phases) {
        this.phases = List.copyOf(phases);
    }

    static Script standard() {
        return new Builder()
                .then(Fault.HEALTHY, 3000)
                .then(Fault.FLAKY, 4000)
                .then(Fault.HEALTHY, 2000)
                .then(Fault.SLOW, 4500)
                .then(Fault.HEALTHY, 3000)
                .then(Fault.ERRORS, 4000)
                .then(Fault.HEALTHY, 3000)
                .then(Fault.FROZEN, 5000)
                .then(Fault.HEALTHY, 3000)
                .then(Fault.KILLED, 4000)
                .then(Fault.HEALTHY, 3500)
                .build();
    }

    List<Phase> phases() {
        return phases;
    }

    Duration total() {
        return phases.get(phases.size() - 1).end();
    }

    /** Phases laid end to end. */
    static final class Builder {
        private final List<Phase> phases = new ArrayList<>();
        private Duration end = Duration.ZERO;

        Builder then(Fault fault, long millis) {
            if (millis <= 0) {
                throw new IllegalArgumentException("millis: " + millis + " (expected: > 0)");
            }
            phases.add(new Phase(fault, end, Duration.ofMillis(millis)));
            end = end.plusMillis(millis);
            return this;
        }

        Script build() {
            if (phases.isEmpty() || phases.get(phases.size() - 1).fault() != Fault.HEALTHY) {
                throw new IllegalArgumentException("phases: " + phases + " (expected: a healthy one at the end)");
            }
            return new Script(phases);
        }
    }
}

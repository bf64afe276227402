// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * What all runs have brought.
 *
 * @param scenario what was played
 * @param spans the phases as they took place
 * @param sides one for each of {@link Callers}, in their order
 */
record Result(Scenario scenario, List<Span> spans, List<Side> sides) {
    Side side(Callers callers) {
        return sides.get(callers.ordinal());
    }

    Recorder of(Callers callers) {
        return side(callers).recorder();
    }

    /** The states of the pipeline's breaker. */
    BreakerLog breaker() {
        return Objects.requireNonNull(side(Callers.PIPELINE).breaker(), "breaker");
    }

    long end() {
        return spans.get(spans.size() - 1).end();
    }

    /** The phase after another, in which the service is well again. */
    Span after(Span span) {
        return spans.get(span.index() + 1);
    }

    /** Fresh answers that came in time, a second: those to the calls of one phase. */
    double goodput(Recorder recorder, Span span) {
        return recorder.phase(span.index()).count(Outcome.FRESH) * 1e9 / span.length();
    }

    List<Span> faults() {
        return spans.stream().filter(span -> span.fault() != Fault.HEALTHY).toList();
    }

    /** The faults from which there is something to recover: all but those that only a few calls notice. */
    List<Span> outages() {
        return faults().stream().filter(span -> span.fault() != Fault.FLAKY).toList();
    }

    /** The longest recovery of all; one that was not seen to its end is longer than any that was. */
    Recovery worstRecovery(Recorder recorder) {
        return outages().stream()
                .map(span -> recorder.recovery(span.index()))
                .max(Comparator.comparing(Recovery::recovered).reversed().thenComparing(Recovery::seconds))
                .orElseThrow();
    }

    boolean hasOutages() {
        return spans.stream().anyMatch(span -> span.fault().outage());
    }

    /** HTTP requests that reached for a service which was of no use. */
    long requestsWhileOut(Recorder recorder) {
        return spans.stream()
                .filter(span -> span.fault().outage())
                .mapToLong(span -> recorder.phase(span.index()).requests())
                .sum();
    }
}

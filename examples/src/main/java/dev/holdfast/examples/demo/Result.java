// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.List;

/**
 * What both runs have brought.
 *
 * @param scenario what was played
 * @param spans the phases as they took place
 * @param bare what bare callers got
 * @param guarded what guarded callers got
 * @param breaker the states of the guarded callers' breaker
 * @param policies the guarded callers' pipeline in words
 */
record Result(
        Scenario scenario, List<Span> spans, Recorder bare, Recorder guarded, BreakerLog breaker, String policies) {
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

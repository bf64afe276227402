// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.time.Duration;
import java.util.List;

/** A result as a good run of the overload brings it, a second a phase. */
final class OverloadExample {
    private static final long SECOND = Example.SECOND;

    final Recorder bare = new Recorder(Duration.ofSeconds(3), 3);
    private int before = 40;
    /** Of the guard; the pipeline has a good run always. */
    private int underOverload = 75;

    private int afterwards = 40;

    OverloadExample() {
        fresh(bare, 1, 10);
    }

    OverloadExample before(int answers) {
        before = answers;
        return this;
    }

    OverloadExample underOverload(int answers) {
        underOverload = answers;
        return this;
    }

    OverloadExample afterwards(int answers) {
        afterwards = answers;
        return this;
    }

    void fresh(Recorder recorder, int phase, int answers) {
        for (int i = 0; i < answers; i++) {
            recorder.ended(phase, phase * SECOND, phase * SECOND + SECOND / 10, Outcome.FRESH);
        }
    }

    Result result() {
        List<Span> spans = List.of(
                new Span(0, Fault.HEALTHY, 0, SECOND),
                new Span(1, Fault.OVERLOADED, SECOND, 2 * SECOND),
                new Span(2, Fault.HEALTHY, 2 * SECOND, 3 * SECOND));
        LimitLog limit = new LimitLog();
        limit.changed(0, 50);
        return new Result(
                Scenario.OVERLOAD,
                spans,
                List.of(
                        new Side(Callers.BARE, bare, null, null, "BareStocks"),
                        new Side(Callers.PIPELINE, policies(75, 40), new BreakerLog(), null, "Pipeline[...]"),
                        new Side(Callers.GUARD, policies(underOverload, afterwards), null, limit, "Guard[...]")));
    }

    private Recorder policies(int under, int after) {
        Recorder recorder = new Recorder(Duration.ofSeconds(3), 3);
        fresh(recorder, 0, before);
        fresh(recorder, 1, under);
        fresh(recorder, 2, after);
        return recorder;
    }
}

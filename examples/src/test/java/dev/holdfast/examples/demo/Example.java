// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.time.Duration;
import java.util.List;

/** A result as a good run brings it, in small. */
final class Example {
    static final long SECOND = 1_000_000_000;

    final Recorder bare = new Recorder(Duration.ofSeconds(4), 5);
    final Recorder pipeline = new Recorder(Duration.ofSeconds(4), 5);
    final Recorder guard = new Recorder(Duration.ofSeconds(4), 5);
    private String policies = "Pipeline[...]";
    private String afterOutage = BreakerLog.CLOSED;
    private boolean opened = true;
    private int guardAnswers = 60;

    Example() {
        flaky(bare, Outcome.FAILED);
        flaky(pipeline, Outcome.FRESH);
        flaky(guard, Outcome.FRESH);
        for (int i = 0; i < 8; i++) {
            bare.requested(3 * SECOND);
            bare.ended(3, 2 * SECOND, 2 * SECOND + SECOND / 2, Outcome.FAILED);
            pipeline.ended(3, 2 * SECOND, 2 * SECOND + 1_000, Outcome.DEGRADED);
            guard.ended(3, 2 * SECOND, 2 * SECOND + 1_000, Outcome.FAILED);
        }
    }

    private static void flaky(Recorder recorder, Outcome fourth) {
        for (int i = 0; i < 40; i++) {
            recorder.ended(1, SECOND, SECOND + 1_000_000, i % 4 == 0 ? fourth : Outcome.FRESH);
        }
        recorder.enter(3, Fault.FROZEN, 2 * SECOND);
    }

    Example policies(String value) {
        policies = value;
        return this;
    }

    Example breakerNeverOpens() {
        opened = false;
        return this;
    }

    Example breakerStaysOpen() {
        afterOutage = BreakerLog.OPEN;
        return this;
    }

    Example guardStaysOut() {
        guardAnswers = 0;
        return this;
    }

    Result result() {
        for (int i = 0; i < guardAnswers; i++) {
            guard.ended(4, 3 * SECOND, 3 * SECOND + 1_000, Outcome.FRESH);
        }
        List<Span> spans = List.of(
                new Span(0, Fault.HEALTHY, 0, SECOND),
                new Span(1, Fault.FLAKY, SECOND, 3 * SECOND / 2),
                new Span(2, Fault.HEALTHY, 3 * SECOND / 2, 2 * SECOND),
                new Span(3, Fault.FROZEN, 2 * SECOND, 3 * SECOND),
                new Span(4, Fault.HEALTHY, 3 * SECOND, 4 * SECOND));
        BreakerLog breaker = new BreakerLog();
        if (opened) {
            breaker.changed(5 * SECOND / 2, BreakerLog.OPEN);
            breaker.changed(7 * SECOND / 2, "HALF_OPEN");
            breaker.changed(18 * SECOND / 5, afterOutage);
        }
        LimitLog limit = new LimitLog();
        limit.changed(0, 50);
        limit.changed(5 * SECOND / 2, 1);
        limit.changed(7 * SECOND / 2, 8);
        return new Result(
                Scenario.FAULTS,
                spans,
                List.of(
                        new Side(Callers.BARE, bare, null, null, "BareStocks"),
                        new Side(Callers.PIPELINE, pipeline, breaker, null, policies),
                        new Side(Callers.GUARD, guard, null, limit, "Guard[...]")));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.List;

/**
 * What there is to see while the script is played.
 *
 * @param scenario what is played
 * @param director knows what is on, and for how long
 * @param runs of all callers
 * @param stopwatch the time
 */
record Show(Scenario scenario, Director director, List<Run> runs, Stopwatch stopwatch) {
    /** What a phase is about. */
    String headline(Span span) {
        double due = scenario.script().duePerSecond(span.index());
        return Units.format("%s; %.0f calls a second", span.fault().description(), due);
    }

    /** What a run did in the last full second. */
    Tally lastSecond(Run run) {
        int now = (int) (stopwatch.nanos() / Recorder.BUCKET_NANOS);
        int second = (int) (1_000_000_000 / Recorder.BUCKET_NANOS);
        return run.recorder().between(now - second, now);
    }
}

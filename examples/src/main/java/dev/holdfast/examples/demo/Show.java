// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.List;

/**
 * What there is to see while the script is played.
 *
 * @param script what is planned
 * @param director knows what is on
 * @param runs bare and guarded
 * @param stopwatch the time
 */
record Show(Script script, Director director, List<Run> runs, Stopwatch stopwatch) {
    /** The phase that is on, or {@code null} before the first. */
    Span current() {
        List<Span> spans = director.spans();
        return spans.isEmpty() ? null : spans.get(spans.size() - 1);
    }

    /** What a run did in the last full second. */
    Tally lastSecond(Run run) {
        int now = (int) (stopwatch.nanos() / Recorder.BUCKET_NANOS);
        int second = (int) (1_000_000_000 / Recorder.BUCKET_NANOS);
        return run.recorder().between(now - second, now);
    }
}

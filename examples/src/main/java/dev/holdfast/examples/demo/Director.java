// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Plays the script on all runs at once, and keeps the times at which things really happened. A phase that begins late,
 * because a killed service takes its time to start, puts off all that follow: each has its full length.
 */
final class Director {
    private static final long CHECK_NANOS = 100_000_000;

    private final Script script;
    private final List<Run> runs;
    private final Stopwatch stopwatch;
    private final List<Span> spans = new ArrayList<>();

    Director(Script script, List<Run> runs, Stopwatch stopwatch) {
        this.script = script;
        this.runs = List.copyOf(runs);
        this.stopwatch = stopwatch;
    }

    /** Returns at the end of the script. */
    void play() throws InterruptedException {
        List<Phase> phases = script.phases();
        for (int i = 0; i < phases.size(); i++) {
            Phase phase = phases.get(i);
            begin(i, phase);
            long end = end(Objects.requireNonNull(current(), "span"));
            while (stopwatch.nanos() < end) {
                stopwatch.sleepUntil(Math.min(end, stopwatch.nanos() + CHECK_NANOS));
                runs.forEach(Run::check);
            }
        }
        long now = stopwatch.nanos();
        runs.forEach(run -> run.recorder().finish(now));
        finishSpan(now);
    }

    private void begin(int index, Phase phase) {
        Fault fault = phase.fault();
        // Nothing to do at the start; and services that start again do so side by side.
        if (index > 0) {
            runs.forEach(run -> run.apply(fault));
            runs.forEach(Run::await);
        }
        long now = stopwatch.nanos();
        runs.forEach(run -> run.recorder().enter(index, fault, now));
        runs.forEach(run -> run.load(phase.callers()));
        finishSpan(now);
        synchronized (spans) {
            spans.add(new Span(index, fault, now, Long.MAX_VALUE));
        }
    }

    private void finishSpan(long now) {
        synchronized (spans) {
            if (!spans.isEmpty()) {
                Span last = spans.remove(spans.size() - 1);
                spans.add(new Span(last.index(), last.fault(), last.start(), now));
            }
        }
    }

    /** The phase that is on, or {@code null} before the first. */
    @Nullable Span current() {
        synchronized (spans) {
            return spans.isEmpty() ? null : spans.get(spans.size() - 1);
        }
    }

    /** When a phase will be over. */
    long end(Span span) {
        return span.start() + script.phases().get(span.index()).length().toNanos();
    }

    /** When the last phase will be over, as far as one can tell. */
    long end() {
        Span span = current();
        long late = span == null
                ? 0
                : span.start() - script.phases().get(span.index()).start().toNanos();
        return script.total().toNanos() + late;
    }

    /** What has been played; the last one may still be on. */
    List<Span> spans() {
        synchronized (spans) {
            return List.copyOf(spans);
        }
    }
}

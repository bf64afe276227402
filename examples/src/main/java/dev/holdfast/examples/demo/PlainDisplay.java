// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/** One line a second, for logs and for terminals that cannot do more. */
final class PlainDisplay implements Display {
    private final PrintStream out;
    private final Show show;
    private @Nullable Ticker ticker;
    private long lastSecond;
    private int lastPhase = -1;

    PlainDisplay(Terminal terminal, Show show) {
        this.out = terminal.stream();
        this.show = show;
    }

    @Override
    public void start() {
        ticker = new Ticker(50, this::tick);
    }

    private synchronized void tick() {
        Span span = show.director().current();
        if (span == null) {
            return;
        }
        if (span.index() != lastPhase) {
            lastPhase = span.index();
            out.println("-- " + span.fault().label() + ": " + show.headline(span));
        }
        long second = show.stopwatch().nanos() / 1_000_000_000;
        if (second > lastSecond) {
            lastSecond = second;
            StringBuilder line = new StringBuilder();
            line.append(Units.format("%3d s  %-8s", second, span.fault().label()));
            for (Run run : show.runs()) {
                append(line, run);
            }
            out.println(line);
        }
    }

    private void append(StringBuilder line, Run run) {
        Tally tally = show.lastSecond(run);
        Side side = run.side();
        line.append(Units.format("  | %s %3d fresh", side.label(), tally.count(Outcome.FRESH)));
        if (side.callers() == Callers.PIPELINE) {
            line.append(Units.format(" %3d old", tally.count(Outcome.DEGRADED)));
        }
        line.append(Units.format(
                " %3d failed p99 %7s", tally.count(Outcome.FAILED), Units.duration(tally.percentile(0.99))));
        if (side.breaker() != null) {
            line.append(Units.format(" %-9s", side.breaker().state()));
        }
        if (side.limit() != null) {
            line.append(" limit ").append(side.limit().now());
        }
    }

    @Override
    public synchronized void close() {
        if (ticker != null) {
            ticker.close();
        }
    }
}

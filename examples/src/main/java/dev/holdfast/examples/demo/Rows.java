// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

/** Rows of signs over the whole length of the script, which grow while it is played. */
final class Rows {
    private final Show show;
    private final Style style;

    Rows(Show show, Style style) {
        this.show = show;
        this.style = style;
    }

    /** Names of the faults where they are on, as far as they have come. */
    String faults(int columns) {
        char[] row = " ".repeat(columns).toCharArray();
        for (Span span : show.director().spans()) {
            if (span.fault() == Fault.HEALTHY) {
                continue;
            }
            int from = column(span.start(), columns);
            int to = column(Math.min(span.end(), show.stopwatch().nanos()), columns);
            String label = span.fault().label();
            for (int i = from; i < to; i++) {
                row[i] = i - from < label.length() ? label.charAt(i - from) : '.';
            }
        }
        return new String(row).stripTrailing();
    }

    /** The height is the share of the calls due that were answered; the tone says with what. */
    String answers(Run run, int columns) {
        Ribbon row = new Ribbon(style);
        int complete = column(show.stopwatch().nanos() - Recorder.BUCKET_NANOS, columns);
        for (int i = 0; i < complete; i++) {
            int from = bucket(i, columns);
            Tally tally = run.recorder().between(from, Math.max(from + 1, bucket(i + 1, columns)));
            row.add(tone(tally), sign(tally));
        }
        return row.toString();
    }

    private char sign(Tally tally) {
        double share = tally.answeredPercent() / 100;
        return share < 0.05 && tally.count(Outcome.FAILED) > 0 ? style.cross() : style.bar(share);
    }

    private static Style.Tone tone(Tally tally) {
        if (tally.answered() < tally.due() * 0.9) {
            return Style.Tone.BAD;
        }
        return tally.count(Outcome.DEGRADED) > tally.count(Outcome.FRESH) ? Style.Tone.DEGRADED : Style.Tone.GOOD;
    }

    String states(BreakerLog breaker, int columns) {
        Ribbon row = new Ribbon(style);
        int complete = column(show.stopwatch().nanos(), columns);
        for (int i = 0; i < complete; i++) {
            String state = breaker.stateAt(total() * (i + 1) / columns);
            row.add(Style.stateTone(state), style.state(state));
        }
        return row.toString();
    }

    /** The height is the logarithm of the lowest limit. */
    String limits(LimitLog limit, int columns) {
        Ribbon row = new Ribbon(style);
        int complete = column(show.stopwatch().nanos(), columns);
        for (int i = 0; i < complete; i++) {
            int lowest = limit.lowest(total() * i / columns, total() * (i + 1) / columns);
            row.add(Style.Tone.QUIET, style.bar((1 + Math.log10(lowest)) / (1 + Math.log10(1000))));
        }
        return row.toString();
    }

    private long total() {
        return show.director().end();
    }

    private int column(long nanos, int columns) {
        return (int) Math.max(0, Math.min(columns, columns * nanos / total()));
    }

    private int bucket(int column, int columns) {
        return (int) (total() * column / columns / Recorder.BUCKET_NANOS);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The lines that a terminal shows at a moment. */
final class Frame {
    private static final int LABEL = 9;
    private static final int STATE_WIDTH = 11;
    private static final int NUMBER_WIDTH = 9;

    private final Show show;
    private final Style style;
    private final Rows rows;

    Frame(Show show, Style style) {
        this.show = show;
        this.style = style;
        this.rows = new Rows(show, style);
    }

    List<String> lines(int width) {
        List<String> lines = new ArrayList<>();
        Span span = show.director().current();
        long now = show.stopwatch().nanos();
        lines.add(title(now, width));
        lines.add(progress(now, width));
        lines.add("");
        lines.add(span == null ? "" : fault(span, now, width));
        lines.add("");
        lines.addAll(numbers(width));
        lines.add("");
        int columns = width - LABEL;
        lines.add(pad("faults") + rows.faults(columns));
        for (Run run : show.runs()) {
            Side side = run.side();
            lines.add(pad(side.label()) + rows.answers(run, columns));
            if (side.breaker() != null) {
                lines.add(pad("breaker") + rows.states(side.breaker(), columns));
            }
            if (side.limit() != null) {
                lines.add(pad("limit") + rows.limits(side.limit(), columns));
            }
        }
        return lines;
    }

    private static String pad(String label) {
        return Units.format("%-" + LABEL + "s", label);
    }

    private String title(long now, int width) {
        double total = show.director().end() / 1e9;
        String time = Units.format("%.1f of %.0f s", Math.min(now / 1e9, total), total);
        String title = spread("Holdfast: " + show.scenario().motto(), time, width);
        return style.paint(Style.Tone.STRONG, title);
    }

    private String progress(long now, int width) {
        int done = (int) Math.min(width, width * now / show.director().end());
        return ("" + style.done()).repeat(done)
                + style.paint(Style.Tone.QUIET, ("" + style.toDo()).repeat(width - done));
    }

    private String fault(Span span, long now, int width) {
        long left = Math.max(0, show.director().end(span) - now);
        Style.Tone tone = span.fault() == Fault.HEALTHY ? Style.Tone.GOOD : Style.Tone.BAD;
        String name = span.fault().label().toUpperCase(Locale.ROOT);
        String text = spread(name + "  " + show.headline(span), Units.seconds(left) + " to go", width);
        return style.paint(tone, name) + text.substring(Math.min(text.length(), name.length()));
    }

    /** Left and right text at the edges of a line. */
    private static String spread(String left, String right, int width) {
        int room = Math.max(0, width - right.length() - 1);
        String cut = left.length() > room ? left.substring(0, room) : left;
        return cut + " ".repeat(Math.max(1, width - cut.length() - right.length())) + right;
    }

    private List<String> numbers(int width) {
        // Half a number would be a lie: columns that do not fit are left out.
        int columns = Math.max(0, (width - STATE_WIDTH - LABEL) / NUMBER_WIDTH);
        List<String> lines = new ArrayList<>();
        String head = pad("last 1 s")
                + state("state")
                + cells(columns, "fresh", "degraded", "failed", "missed", "p99", "sent");
        lines.add(style.paint(Style.Tone.QUIET, head));
        for (Run run : show.runs()) {
            Tally tally = show.lastSecond(run);
            lines.add(pad(run.side().label())
                    + state(run.side())
                    + cells(
                            columns,
                            "" + tally.count(Outcome.FRESH),
                            "" + tally.count(Outcome.DEGRADED),
                            "" + tally.count(Outcome.FAILED),
                            "" + tally.count(Outcome.MISSED),
                            Units.duration(tally.percentile(0.99)),
                            "" + tally.requests()));
        }
        return lines;
    }

    private String state(Side side) {
        if (side.breaker() != null) {
            String state = side.breaker().state();
            return style.paint(Style.stateTone(state), state(state));
        }
        return state(side.limit() != null ? "limit " + side.limit().now() : "none");
    }

    private static String state(String text) {
        return Units.format("%-" + STATE_WIDTH + "s", text);
    }

    private static String cells(int columns, String... cells) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < Math.min(columns, cells.length); i++) {
            line.append(Units.format("%" + NUMBER_WIDTH + "s", cells[i]));
        }
        return line.toString();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.io.PrintStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Redraws a few lines in place, several times a second. */
final class LiveDisplay implements Display {
    /** Lines of a frame. */
    static final int ROWS = 16;
    /** Narrower terminals get plain lines. */
    static final int COLUMNS = 50;

    private static final int WIDEST = 120;
    private static final long TICK_MILLIS = 125;
    private static final int TICKS_PER_SIZE = 16;
    private static final String HIDE_CURSOR = "\u001b[?25l";
    private static final String SHOW_CURSOR = "\u001b[?25h";
    private static final String NO_WRAP = "\u001b[?7l";
    private static final String WRAP = "\u001b[?7h";
    private static final String CLEAR_LINE = "\u001b[K";

    private final PrintStream out;
    private final Show show;
    private final Frame frame;
    private @Nullable Ticker ticker;
    private int ticks;
    private int columns;
    private boolean drawn;
    private boolean closed;

    LiveDisplay(Terminal terminal, Show show) {
        this.out = terminal.stream();
        this.show = show;
        this.frame = new Frame(show, new Style(terminal.colours(), terminal.unicode()));
    }

    @Override
    public synchronized void start() {
        // Lines never wrap, so that a window made narrower does not break the drawing.
        out.print(HIDE_CURSOR + NO_WRAP);
        ticker = new Ticker(TICK_MILLIS, this::tick);
    }

    private void tick() {
        // Asked outside of the lock: a terminal that does not answer must not hold up the end.
        if (ticks++ % TICKS_PER_SIZE == 0) {
            columns = Math.min(WIDEST, Terminal.size().columns() - 1);
        }
        draw(columns);
    }

    private synchronized void draw(int width) {
        if (closed || show.director().current() == null) {
            return;
        }
        StringBuilder text = new StringBuilder();
        if (drawn) {
            text.append("\u001b[").append(ROWS).append('A');
        }
        List<String> lines = frame.lines(width);
        for (int i = 0; i < ROWS; i++) {
            text.append('\r')
                    .append(i < lines.size() ? lines.get(i) : "")
                    .append(CLEAR_LINE)
                    .append('\n');
        }
        out.print(text);
        out.flush();
        drawn = true;
    }

    @Override
    public synchronized void close() {
        if (!closed && ticker != null) {
            ticker.close();
            closed = true;
            out.print(WRAP + SHOW_CURSOR);
            out.flush();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

/** Shows on the terminal what goes on. */
interface Display extends AutoCloseable {
    /** Begins to show, on a thread of its own. */
    void start();

    /** Shows nothing more, and leaves the terminal as it was. May be called more than once. */
    @Override
    void close();

    static Display of(Terminal terminal, Show show) {
        Terminal.Size size = terminal.live() ? Terminal.size() : Terminal.Size.USUAL;
        boolean fits = size.rows() > LiveDisplay.ROWS && size.columns() >= LiveDisplay.COLUMNS;
        return terminal.live() && fits ? new LiveDisplay(terminal, show) : new PlainDisplay(terminal, show);
    }
}

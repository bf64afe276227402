// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

/** A row of painted signs. Neighbours of one tone share one escape sequence, which keeps frames small. */
final class Ribbon {
    private final Style style;
    private final StringBuilder row = new StringBuilder();
    private final StringBuilder same = new StringBuilder();
    private Style.Tone tone = Style.Tone.QUIET;

    Ribbon(Style style) {
        this.style = style;
    }

    void add(Style.Tone next, char sign) {
        if (next != tone) {
            flush();
            tone = next;
        }
        same.append(sign);
    }

    private void flush() {
        row.append(style.paint(tone, same.toString()));
        same.setLength(0);
    }

    @Override
    public String toString() {
        flush();
        return row.toString();
    }
}

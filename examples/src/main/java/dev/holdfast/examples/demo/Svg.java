// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

/** Writes the elements of a drawing. Colours come from classes, so that the page's style decides on light and dark. */
final class Svg {
    private final StringBuilder text = new StringBuilder();

    Svg(int width, int height, String label) {
        text.append(Units.format(
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">%n", width, height, Html.escape(label)));
    }

    Svg rect(String kind, double x, double y, double width, double height) {
        return rect(kind, x, y, width, height, "");
    }

    /** With a title that shows when the pointer rests on it. */
    Svg rect(String kind, double x, double y, double width, double height, String title) {
        text.append(Units.format(
                "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"", kind, x, y, width, height));
        text.append(title.isEmpty() ? "/>\n" : ">" + Html.element("title", title) + "</rect>\n");
        return this;
    }

    Svg line(String kind, double x1, double y1, double x2, double y2) {
        text.append(Units.format(
                "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n", kind, x1, y1, x2, y2));
        return this;
    }

    /**
     * Writes a text.
     *
     * @param anchor start, middle or end: what of the text is at {@code x}
     */
    Svg label(String kind, String anchor, double x, double y, String words) {
        text.append(Units.format(
                "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>%n",
                kind, anchor, x, y, Html.escape(words)));
        return this;
    }

    Svg path(String kind, String data) {
        text.append(Units.format("<path class=\"%s\" d=\"%s\"/>%n", kind, data));
        return this;
    }

    @Override
    public String toString() {
        return text + "</svg>\n";
    }
}

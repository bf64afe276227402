// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.internal.Html;
import java.util.ArrayList;
import java.util.List;

/** A table of texts: the first column is aligned left, the others, which hold numbers, right. */
final class Table {
    private final List<List<String>> rows = new ArrayList<>();

    Table(String... head) {
        row(head);
    }

    Table row(String... cells) {
        rows.add(List.of(cells));
        return this;
    }

    /** Lines without trailing blanks, each with its end. */
    String text() {
        int[] widths = new int[rows.get(0).size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String blanks = " ".repeat(widths[i] - row.get(i).length());
                line.append(i == 0 ? row.get(i) + blanks : "  " + blanks + row.get(i));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    /** A table that scrolls by itself where the page is too narrow for it. */
    String html() {
        StringBuilder html = new StringBuilder("<div class=\"scroll\" tabindex=\"0\"><table>\n<thead>");
        row(html, rows.get(0), "th");
        html.append("</thead>\n<tbody>\n");
        rows.subList(1, rows.size()).forEach(row -> row(html, row, "td"));
        return html.append("</tbody>\n</table></div>\n").toString();
    }

    private static void row(StringBuilder html, List<String> cells, String tag) {
        html.append("<tr>");
        for (String cell : cells) {
            html.append(Html.element(tag, cell));
        }
        html.append("</tr>\n");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.List;

/** Pieces of a page. */
final class Html {
    private Html() {}

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    static String element(String name, String text) {
        return "<" + name + ">" + escape(text) + "</" + name + ">";
    }

    /** A table that scrolls by itself where the page is too narrow for it. */
    static String table(Table table) {
        StringBuilder html = new StringBuilder("<div class=\"scroll\"><table><thead>");
        row(html, table, table.head(), "th");
        html.append("</thead><tbody>\n");
        for (List<String> row : table.rows()) {
            row(html, table, row, "td");
        }
        return html.append("</tbody></table></div>\n").toString();
    }

    private static void row(StringBuilder html, Table table, List<String> cells, String tag) {
        // An empty first cell continues the row above.
        html.append(cells.get(0).isEmpty() ? "<tr class=\"more\">" : "<tr>");
        for (int i = 0; i < cells.size(); i++) {
            String text = cells.get(i);
            boolean indented = text.startsWith("  ");
            String kind = table.alignedLeft(i) ? indented ? "left indented" : "left" : "right";
            html.append("<").append(tag).append(" class=\"").append(kind).append("\">");
            html.append(escape(text.strip())).append("</").append(tag).append(">");
        }
        html.append("</tr>\n");
    }
}

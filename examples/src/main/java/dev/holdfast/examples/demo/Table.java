// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.ArrayList;
import java.util.List;

/** A table of texts: the first columns are aligned left, the others, which hold numbers, right. */
final class Table {
    private static final String GAP = "  ";

    private final int left;
    private final List<String> head;
    private final List<List<String>> rows = new ArrayList<>();

    private Table(int left, List<String> head) {
        this.left = left;
        this.head = head;
    }

    /**
     * A table without rows.
     *
     * @param left how many columns are aligned left
     * @param head the columns' names
     */
    static Table of(int left, String... head) {
        return new Table(left, List.of(head));
    }

    Table row(String... cells) {
        if (cells.length != head.size()) {
            throw new IllegalArgumentException("cells: " + cells.length + " (expected: " + head.size() + ")");
        }
        rows.add(List.of(cells));
        return this;
    }

    List<String> head() {
        return head;
    }

    List<List<String>> rows() {
        return rows;
    }

    boolean alignedLeft(int column) {
        return column < left;
    }

    /** Lines without trailing blanks, each with its end. */
    @Override
    public String toString() {
        int[] widths = new int[head.size()];
        measure(head, widths);
        rows.forEach(row -> measure(row, widths));
        StringBuilder text = new StringBuilder();
        line(text, head, widths);
        List<String> rule = new ArrayList<>();
        for (int width : widths) {
            rule.add("-".repeat(width));
        }
        line(text, rule, widths);
        rows.forEach(row -> line(text, row, widths));
        return text.toString();
    }

    private static void measure(List<String> cells, int[] widths) {
        for (int i = 0; i < widths.length; i++) {
            widths[i] = Math.max(widths[i], cells.get(i).length());
        }
    }

    private void line(StringBuilder text, List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String cell = cells.get(i);
            String blanks = " ".repeat(widths[i] - cell.length());
            line.append(i == 0 ? "" : GAP).append(alignedLeft(i) ? cell + blanks : blanks + cell);
        }
        text.append(line.toString().stripTrailing()).append('\n');
    }
}

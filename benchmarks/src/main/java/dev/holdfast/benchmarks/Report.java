// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What {@link Compare} found out, as Markdown. */
final class Report {
    private final String how;
    private final List<Floor> floors;
    private final List<Row> results;
    private final List<String> crowds;
    private final List<String> millions;

    /**
     * Creates a report.
     *
     * @param how the command and how long it measured
     * @param floors what the floors were, for each number of threads
     * @param results the rows
     * @param crowds another table, from {@link Crowds}
     * @param millions another table, from {@link Millions}
     */
    Report(String how, List<Floor> floors, List<Row> results, List<String> crowds, List<String> millions) {
        this.how = how;
        this.floors = floors;
        this.results = results;
        this.crowds = crowds;
        this.millions = millions;
    }

    String markdown() {
        StringBuilder out = new StringBuilder();
        out.append("# Performance\n\n")
                .append(Machine.text())
                .append(".\n")
                .append(how)
                .append("\n\n");
        out.append(
                "Nanoseconds a call on each thread; bytes a call in brackets where there are any. The ratios are"
                        + " Holdfast's time over the fastest peer's, so less than 1 is faster, and over the floor: the bare call and"
                        + " the clock readings that the path needs, measured in the same run on as many threads. A target is what"
                        + " the path may take on this machine: most were set on one with a faster clock, and are scaled by the floors"
                        + " of this run, a clock reading for a clock reading, the rest by a striped increment; those of calls some of"
                        + " which fail and of many keys were set on a machine like this, and are not. In the profile"
                        + " \"app\", many other bodies and policies have run through the same code before, for each library alike;"
                        + " in \"alone\", none have. What is in italics does something else for its caller, and is not among the"
                        + " peers of the ratio. What stands behind a target that is missed is told in [targets.md](targets.md).\n\n");
        out.append("Floors, in nanoseconds:\n\n");
        floors.forEach(floor -> out.append("- ").append(floor).append('\n'));
        out.append("\n| path | threads | profile | Holdfast | target | bytes | peers, the fastest first | to best peer"
                + " | to floor |\n");
        out.append("| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
        for (Row result : results) {
            Row.Score holdfast = result.holdfast();
            out.append("| ").append(result.title());
            out.append(" | ").append(result.threads());
            out.append(" | ").append(result.polluted() ? "app" : "alone");
            out.append(" | ").append(holdfast == null ? "-" : number(holdfast.nanos()));
            out.append(" | ").append(target(result));
            out.append(" | ").append(holdfast == null ? "-" : bytes(holdfast.bytes()));
            out.append(" | ")
                    .append(result.peers().stream()
                            .map(peer -> cell(result.path(), peer))
                            .collect(Collectors.joining(", ")));
            out.append(" | ").append(ratio(result.toBestPeer()));
            out.append(" | ").append(ratio(result.toFloor())).append(" |\n");
        }
        if (!crowds.isEmpty()) {
            out.append(
                            "\nBulkheads of 4 places with a line, which more threads want than there are. The last column is what the thread")
                    .append(" got through that got through least, as a part of the mean: 1 is fair.\n\n");
            crowds.forEach(line -> out.append(line).append('\n'));
        }
        if (!millions.isEmpty()) {
            out.append("\nMany at once, on a fixed number of threads:\n\n");
            millions.forEach(line -> out.append(line).append('\n'));
        }
        return out.toString();
    }

    private static String cell(Path path, Row.Score peer) {
        String bytes = bytes(peer.bytes());
        String text = peer.title() + " " + number(peer.nanos()) + (bytes.equals("0") ? "" : " (" + bytes + " B)");
        return path.comparesWith(peer.variant()) ? text : "*" + text + "*";
    }

    private static String target(Row row) {
        Row.Score holdfast = row.holdfast();
        String over = holdfast != null && holdfast.nanos() > row.target()
                ? String.format(Locale.ROOT, ", missed by %.0f %%", 100 * (holdfast.nanos() / row.target() - 1))
                : "";
        return number(row.target()) + over;
    }

    /** Three digits that mean something. */
    static String number(double value) {
        String format = value < 10 ? "%.1f" : "%,.0f";
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
    }

    /** Less than half a byte a call is what the measurement itself allocates. */
    private static String bytes(double value) {
        return Double.isNaN(value) ? "-" : String.valueOf(Math.round(value));
    }

    private static String ratio(double value) {
        String format = value < 10 ? "%.2f" : "%.0f";
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
    }
}

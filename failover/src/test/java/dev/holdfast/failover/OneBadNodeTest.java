// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Replicas and a failover beside rules of others, where one node is bad. With {@code -Dholdfast.long=true} it writes the tables of docs/one-bad-node.md. */
class OneBadNodeTest {
    /** What a draw of other random numbers may change. */
    private static final double MARGIN = 0.03;

    private static final List<String> OURS = List.of("replicas", "failover");

    @ParameterizedTest
    @CsvSource({"3, 0.5", "10, 0.6"})
    @DisplayName(
            "LB-5 LB-7 with one bad node no fewer calls are answered than by round robin and by the rules of Finagle and Envoy, and it gets hardly any, and its share when it is well")
    void oneBadNode(int nodes, double load) {
        for (String fault : OneBadNode.faults()) {
            double best = 0;
            for (String contender : OneBadNode.contenders()) {
                OneBadNode run = new OneBadNode(nodes, load, fault, contender, 1, OURS.contains(contender));
                if (!OURS.contains(contender)) {
                    best = Math.max(best, run.goodput());
                    continue;
                }
                String what = nodes + " nodes, " + fault + ", " + contender;
                assertThat(run.goodput()).as(what).isGreaterThan(best - MARGIN);
                assertThat(run.goodputAfterwards()).as(what + ", afterwards").isGreaterThan(1 - MARGIN);
                // It may be warming up yet.
                assertThat(run.shareAtTheEnd()).as(what + ", share at the end").isBetween(0.4, 1.6);
                if (fault.startsWith("all") || fault.endsWith("all")) {
                    assertThat(run.share()).as(what + ", share").isBetween(0.7, 1.4);
                } else {
                    assertThat(run.share()).as(what + ", share").isLessThan(0.3);
                    assertThat(run.leftAfter()).as(what + ", left after").isBetween(1, 10);
                }
            }
        }
    }

    // ---- The tables -------------------------------------------------------------------------------------------------

    private static final String GOODPUT = "| the bad node | calls go by | 3, at half load | 3 | 10 | 30 | 100 |\n";
    private static final String DETAILS =
            "| the bad node | calls go by | p99 | its share | left after | back after | answered afterwards |\n";

    @Test
    @EnabledIfSystemProperty(named = "holdfast.long", matches = "true")
    @DisplayName("the tables of the page")
    void tables() throws IOException {
        StringBuilder goodput = new StringBuilder(GOODPUT + "| --- | --- | --- | --- | --- | --- | --- |\n");
        StringBuilder details = new StringBuilder(DETAILS + "| --- | --- | --- | --- | --- | --- | --- |\n");
        for (String fault : OneBadNode.faults()) {
            for (String contender : OneBadNode.contenders()) {
                String row = "| " + fault + " | " + contender + " |";
                List<OneBadNode> ten = runs(10, 0.6, fault, contender);
                goodput.append(row)
                        .append(answered(runs(3, 0.5, fault, contender)))
                        .append(answered(runs(3, 0.6, fault, contender)))
                        .append(answered(ten))
                        .append(answered(runs(30, 0.6, fault, contender)))
                        .append(answered(runs(100, 0.6, fault, contender)))
                        .append('\n');
                details.append(row)
                        .append(cell("%.0f ms", ten, OneBadNode::p99))
                        .append(cell("%.3f", ten, OneBadNode::share))
                        .append(seconds(ten, OneBadNode::leftAfter))
                        .append(seconds(ten, OneBadNode::backAfter))
                        .append(cell("%.4f", ten, OneBadNode::goodputAfterwards))
                        .append('\n');
            }
        }
        Files.writeString(Path.of("target", "one-bad-node.md"), goodput + "\n" + details);
    }

    private static List<OneBadNode> runs(int nodes, double load, String fault, String contender) {
        return LongStream.rangeClosed(1, nodes > 10 ? 1 : 3)
                .mapToObj(seed -> new OneBadNode(nodes, load, fault, contender, seed, nodes == 10))
                .toList();
    }

    private static String answered(List<OneBadNode> runs) {
        return cell("%.4f", runs, OneBadNode::goodput);
    }

    private static String cell(String format, List<OneBadNode> runs, ToDoubleFunction<OneBadNode> figure) {
        double mean = runs.stream().mapToDouble(figure).average().orElseThrow();
        return String.format(Locale.ROOT, " " + format, mean) + " |";
    }

    /** Of several runs the latest. */
    private static String seconds(List<OneBadNode> runs, ToIntFunction<OneBadNode> figure) {
        List<Integer> all =
                new ArrayList<>(runs.stream().mapToInt(figure).sorted().boxed().toList());
        return " " + (all.get(0) < 0 ? "never" : all.get(all.size() - 1) + " s") + " |";
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

class TablesTest {
    private static final World WORLD = new World(8, 20, 280, 500, 4);
    private static final Contender BARE = Contender.of("no policy", "each call is one request", () -> Callable::call);
    private static final Contender OTHER = Contender.of("Other, tuned", "well", () -> Callable::call);
    private static final Case STALL = new Case(Scenario.STALL, 1, 1, 1, 6);
    private static final Case BROWNOUT = new Case(Scenario.BROWNOUT, 40, 1, 2, 5);
    private static final Case HEALTHY = new Case(Scenario.HEALTHY, 1, 0, 0, 5);

    @Test
    void sayHowMuchWasAnsweredAndWhenEachWasBack() {
        String tables = new Tables(
                        WORLD,
                        List.of(
                                result(BARE, STALL, 100, 0, 0, 0, 100, 100, 100, 100),
                                result(OTHER, STALL, 100, 0, 50, 100, 100, 100, 100, 100),
                                result(OTHER, BROWNOUT, 100, 20, 42, 100, 100, 95, 96, 97)))
                .markdown();

        assertThat(tables).startsWith("""
                | client | stall, 1 client: recovery | brownout, 40 clients: goodput, recovery |
                | --- | --- | --- |
                | no policy | not in 1 s | - |
                | Other, tuned | 1 s | 0.31, 0 s |
                | physical limit | 0 s | 0.36, 0 s |
                """);
    }

    @Test
    void sayWhatEachCostAndWhatMakesItDoubtful() {
        Result doubtful = new Result(
                OTHER,
                STALL,
                RecoveryTest.seconds(100, 0, 0, 0, 0, 0, 0, 0),
                new Second(800, 400, 100, 1_000, Times.of(20_000_000, 30_000_000)),
                2,
                3,
                101);

        assertThat(new Tables(WORLD, List.of(doubtful)).markdown())
                .contains(
                        "| Other, tuned | 0.50 | 0.13 | 1.25 | 20 | 30 | 101 | disturbed, 3 requests broke, 2 calls did not end |");
    }

    @Test
    void sayWhatAHealthyServiceLost() {
        String tables = new Tables(WORLD, List.of(result(BARE, HEALTHY, 90, 95, 100, 100, 100))).markdown();

        assertThat(tables).doesNotContain("recovery");
        assertThat(tables).contains("| no policy | 97 | 15 of 500 | 0.90 0.95 1.00 | 1.00 | 20 | 20 | 0 |  |");
    }

    @Test
    void knowWhatCanBeHadAtMost() {
        assertThat(WORLD.bestInBrownout()).isEqualTo(100.0 / 280);
        assertThat(new World(8, 20, 50, 500, 4).bestInBrownout()).isEqualTo(1);
    }

    @Test
    void haveARowForEachSecondInTheirFile() {
        assertThat(Csv.of(List.of(result(BARE, STALL, 100, 0, 0, 0, 100, 100, 100, 100))))
                .hasLineCount(9)
                .contains("no-policy,stall,1,0,before,100,100,0,100,,\n", "no-policy,stall,1,1,fault,100,0,0,100,,\n");
    }

    private static Result result(Contender contender, Case setting, int... goodput) {
        List<Second> seconds = RecoveryTest.seconds(goodput);
        int answered = seconds.stream().mapToInt(Second::answered).sum();
        int offered = 100 * goodput.length;
        return new Result(
                contender, setting, seconds, new Second(offered, answered, 0, offered, Times.of(20_000_000)), 0, 0, 0);
    }
}

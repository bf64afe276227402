// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Lab.TracedGate;
import dev.holdfast.Lab.TracedRace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Every order in which up to four attempts may end, and every way in which each may; of four, the normal build tries one case in five. */
class RaceOrdersTest {
    /** Of the cases of four attempts. Prime to the number of ways, so that each way is tried, and each order. */
    private static final int EACH = Lab.many(1, 5);

    private static final int SUCCESS = 0;
    private static final int FAILURE = 1;
    private static final int IGNORED = 2;

    @Test
    @DisplayName(
            "RC-2, RC-3: whatever attempts come to, and in whatever order, the call ends once, as it should and when it should, and each gate is as before")
    void everyOrder() {
        int cases = 0;
        for (int attempts = 1; attempts <= 4; attempts++) {
            for (int need = 1; need <= Math.min(attempts, 3); need++) {
                for (List<Integer> order : orders(attempts)) {
                    for (int ways = 0; ways < Math.pow(3, attempts); ways++) {
                        if (attempts < 4 || cases % EACH == 0) {
                            check(attempts, need, order, ways);
                        }
                        cases++;
                    }
                }
            }
        }
        assertThat(cases).isEqualTo(3 + 2 * 2 * 9 + 3 * 6 * 27 + 3 * 24 * 81);
    }

    private static void check(int attempts, int need, List<Integer> order, int ways) {
        String what = attempts + " attempts, " + need + " needed, ended in order " + order + ", ways " + ways;
        Lab lab = new Lab();
        TracedGate outer = lab.gate("outer");
        TracedGate inner = lab.gate("inner");
        TracedRace race = lab.race("race", attempts, java.time.Duration.ZERO);
        race.need = need;
        race.classifier = Classifier.standard().ignore(IllegalStateException.class);
        List<CompletableFuture<Object>> stages = new ArrayList<>();
        CompletableFuture<Object> call = Lab.pipeline(List.of(outer, race, inner))
                .callAsync(() -> {
                    CompletableFuture<Object> stage = new CompletableFuture<>();
                    stages.add(stage);
                    return stage;
                });
        lab.time.advance(java.time.Duration.ZERO);
        assertThat(stages).as(what).hasSize(attempts);

        int successes = 0;
        int failures = 0;
        String expected = null;
        for (int attempt : order) {
            int way = ways / (int) Math.pow(3, attempt) % 3;
            end(stages.get(attempt), attempt, way);
            lab.time.advance(java.time.Duration.ZERO);
            if (expected == null) {
                successes += way == SUCCESS ? 1 : 0;
                failures += way == FAILURE ? 1 : 0;
                if (way == IGNORED) {
                    expected = "ignored " + attempt;
                } else if (successes >= need) {
                    expected = need == 1 ? "success " + attempt : "a success";
                } else if (attempts - failures < need) {
                    expected = successes > 0 ? "a success" : "a failure";
                }
                assertThat(call.isDone()).as(what).isEqualTo(expected != null);
            }
        }

        assertThat(outcome(call))
                .as(what)
                .startsWith(
                        expected.equals("a success") ? "success" : expected.equals("a failure") ? "failure" : expected);
        lab.time.advance(java.time.Duration.ofSeconds(1));
        assertThat(lab.trace.stream().filter(step -> step.startsWith("-inner")))
                .as(what)
                .hasSize(attempts);
        assertThat(lab.trace.stream().filter(step -> step.startsWith("-outer")))
                .as(what)
                .hasSize(1);
        assertThat(race.ended).as(what).hasSize(attempts);
        assertThat(lab.time.pendingTimers()).as(what).isZero();
    }

    private static void end(CompletableFuture<Object> stage, int attempt, int way) {
        if (way == SUCCESS) {
            stage.complete("success " + attempt);
        } else {
            stage.completeExceptionally(
                    way == FAILURE
                            ? new IOException("failure " + attempt)
                            : new IllegalStateException("ignored " + attempt));
        }
    }

    private static String outcome(CompletableFuture<Object> call) {
        return call.handle((value, thrown) -> thrown == null ? value.toString() : thrown.getMessage())
                .join();
    }

    private static List<List<Integer>> orders(int count) {
        List<List<Integer>> orders = new ArrayList<>();
        orders.add(List.of());
        for (int i = 0; i < count; i++) {
            List<List<Integer>> longer = new ArrayList<>();
            for (List<Integer> order : orders) {
                for (int at = 0; at <= order.size(); at++) {
                    List<Integer> one = new ArrayList<>(order);
                    one.add(at, i);
                    longer.add(one);
                }
            }
            orders = longer;
        }
        return orders;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CheckTest {
    @Test
    void passesWhenAllCameTrue() {
        assertThat(Check.all(new Example().result())).hasSize(11).allMatch(Check::passed);
        assertThat(Check.all(new OverloadExample().result())).hasSize(8).allMatch(Check::passed);
    }

    @Test
    void failsWhenTheBreakerDidNotOpen() {
        assertThat(failed(new Example().breakerNeverOpens()))
                .containsExactly("the pipeline's breaker opened while 'frozen'");
    }

    @Test
    void failsWhenTheBreakerDidNotCloseAgain() {
        assertThat(failed(new Example().breakerStaysOpen()))
                .containsExactly("the pipeline's breaker closed again after 'frozen'");
    }

    @Test
    void failsWhenBareCallersGotMoreAnswers() {
        Example example = new Example();
        for (int i = 0; i < 100; i++) {
            example.bare.ended(4, 3 * Example.SECOND, 3 * Example.SECOND + 1, Outcome.FRESH);
        }

        assertThat(failed(example))
                .containsExactly(
                        "the pipeline's callers got more answers", "the guard's callers got more fresh answers");
    }

    @Test
    void failsWhenTheGuardsCallersDidNotGetAnswersAgain() {
        assertThat(failed(new Example().guardStaysOut()))
                .contains("after 'frozen', the guard's callers got fresh answers for at least half their calls");
    }

    @Test
    void failsWhenRetriesDidNotHelp() {
        Example example = new Example();
        for (int i = 0; i < 10; i++) {
            example.pipeline.ended(1, Example.SECOND, Example.SECOND + 1, Outcome.FAILED);
        }

        assertThat(failed(example)).containsExactly("while 'flaky', the pipeline's callers saw fewer failures");
    }

    @Test
    void failsWhenTheGoodputFellFarBelowThatBefore() {
        assertThat(failed(new OverloadExample().before(50).underOverload(24).result()))
                .containsExactly("under overload, the guard's goodput was at least half of that before");
    }

    @Test
    void failsWhenThereWasNoGoodputAtAll() {
        OverloadExample example = new OverloadExample().before(0).underOverload(0);

        assertThat(failed(example.result()))
                .contains("under overload, the guard's goodput was at least half of that before");
    }

    @Test
    void failsWhenBareCallersKeptTheirGoodput() {
        OverloadExample example = new OverloadExample().underOverload(70);
        example.fresh(example.bare, 1, 27);

        assertThat(failed(example.result()))
                .containsExactly("under overload, the guard's goodput was at least twice that of bare callers");
    }

    @Test
    void failsWhenTheGuardsCallersDidNotRecover() {
        assertThat(failed(new OverloadExample().afterwards(0).result()))
                .containsExactly(
                        "after 'overload', the guard's callers got fresh answers for at least half their calls",
                        "after the overload, the guard's callers got more fresh answers");
    }

    @Test
    void saysHowItTurnedOut() {
        assertThat(new Check("it works", "5 against 3", true)).hasToString("ok      it works: 5 against 3");
        assertThat(new Check("it works", "3 against 5", false)).hasToString("FAILED  it works: 3 against 5");
    }

    private static List<String> failed(Example example) {
        return failed(example.result());
    }

    private static List<String> failed(Result result) {
        return Check.all(result).stream()
                .filter(check -> !check.passed())
                .map(Check::claim)
                .toList();
    }
}

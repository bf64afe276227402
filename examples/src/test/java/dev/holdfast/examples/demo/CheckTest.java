// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CheckTest {
    @Test
    void passesWhenAllCameTrue() {
        assertThat(Check.all(new Example().result())).hasSize(7).allMatch(Check::passed);
    }

    @Test
    void failsWhenTheBreakerDidNotOpen() {
        assertThat(failed(new Example().breakerNeverOpens())).containsExactly("the breaker opened while 'frozen'");
    }

    @Test
    void failsWhenTheBreakerDidNotCloseAgain() {
        assertThat(failed(new Example().breakerStaysOpen())).containsExactly("the breaker closed again after 'frozen'");
    }

    @Test
    void failsWhenBareCallersGotMoreAnswers() {
        Example example = new Example();
        for (int i = 0; i < 100; i++) {
            example.bare.ended(4, 3 * Example.SECOND, 3 * Example.SECOND + 1, Outcome.FRESH);
        }

        assertThat(failed(example)).containsExactly("guarded callers got more answers");
    }

    @Test
    void failsWhenRetriesDidNotHelp() {
        Example example = new Example();
        for (int i = 0; i < 10; i++) {
            example.guarded.ended(1, Example.SECOND, Example.SECOND + 1, Outcome.DEGRADED);
        }

        assertThat(failed(example)).containsExactly("retries healed 'flaky', and the breaker stayed closed");
    }

    @Test
    void saysHowItTurnedOut() {
        assertThat(new Check("it works", "5 against 3", true)).hasToString("ok      it works: 5 against 3");
        assertThat(new Check("it works", "3 against 5", false)).hasToString("FAILED  it works: 3 against 5");
    }

    private static List<String> failed(Example example) {
        return Check.all(example.result()).stream()
                .filter(check -> !check.passed())
                .map(Check::claim)
                .toList();
    }
}

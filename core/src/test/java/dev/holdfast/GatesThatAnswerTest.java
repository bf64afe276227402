// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedGate;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Gates that give an outcome in place of the call. */
class GatesThatAnswerTest {
    private final Lab lab = new Lab();
    private final TracedGate outer = lab.gate("outer");
    private final TracedGate answers = lab.gate("answers");
    private final TracedGate inner = lab.gate("inner");
    private final IOException fault = new IOException("injected");

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("XC-24 the call has the outcome that a gate gives in its place, for all outside of that gate")
    void instead(Mode mode) {
        answers.instead = number -> number == 1 ? Outcome.ofResult("instead") : Outcome.ofFailure(fault);
        Policy<Object> pipeline = Lab.pipeline(List.of(lab.recovery("recovery", "recovered"), outer, answers, inner));

        assertThat(lab.run(mode, pipeline, Step.gives("work")).text()).isEqualTo("gave instead");
        assertThat(lab.run(mode, pipeline, Step.gives("work")).text()).isEqualTo("gave recovered");

        assertThat(lab.works).hasValue(0);
        assertThat(lab.trace).contains("-outer SUCCESS", "-outer FAILURE").doesNotContain("+inner", "+answers");
        assertThat(answers.counts().successes()).isEqualTo(1);
        assertThat(answers.counts().failures()).isEqualTo(1);
        lab.assertBalanced(mode);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("XC-24 a loop repeats it, as it would the work's own failure")
    void repeated(Mode mode) {
        answers.instead = number -> number == 1 ? Outcome.ofFailure(fault) : null;

        assertThat(lab.run(mode, Lab.pipeline(List.of(lab.loop("loop", 2, ms(1)), answers)), Step.gives("work"))
                        .text())
                .isEqualTo("gave work");
        lab.assertBalanced(mode);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("XC-24 so does a gate with threads of its own")
    void withThreads(Mode mode) {
        answers.executor = lab.time.threads();
        answers.instead = number -> Outcome.ofResult("instead");

        assertThat(lab.run(mode, Lab.pipeline(List.of(outer, answers)), Step.gives("work"))
                        .text())
                .isEqualTo("gave instead");
        lab.assertBalanced(mode);
    }

    @Test
    @DisplayName("XC-24 permits by hand are refused instead")
    void permits() {
        answers.instead = number -> Outcome.ofResult("instead");

        assertThat(answers.tryAcquire()).isNull();
        assertThatThrownBy(answers::acquire).isInstanceOf(Lab.Refused.class);
        assertThat(answers.counts().rejected()).isEqualTo(2);
    }
}

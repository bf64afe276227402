// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class OptionsTest {
    @Test
    void areTheWholeMeasureIfNothingIsSaid() {
        Options options = parse("");

        assertThat(options.contenders()).hasSameSizeAs(Contenders.all());
        assertThat(options.world()).isEqualTo(new World(8, 20, 280, 500, 4));
        assertThat(options.cases())
                .containsExactly(
                        new Case(Scenario.STALL, 1, 5, 5, 35),
                        new Case(Scenario.STALL, 40, 5, 5, 35),
                        new Case(Scenario.BROWNOUT, 1, 5, 10, 35),
                        new Case(Scenario.BROWNOUT, 40, 5, 10, 35),
                        new Case(Scenario.HEALTHY, 1, 0, 0, 20),
                        new Case(Scenario.HEALTHY, 40, 0, 0, 20));
        assertThat(options.write()).isFalse();
    }

    @Test
    void chooseContendersByTheBeginningOfTheirIds() {
        assertThat(parse("--contenders no-policy,holdfast-t").contenders())
                .extracting(Contender::name)
                .containsExactly("no policy", "Holdfast tuned");
    }

    @Test
    void chooseCases() {
        assertThat(parse("--scenarios brownout --clients 200 --before 2 --fault 3 --after 7")
                        .cases())
                .containsExactly(new Case(Scenario.BROWNOUT, 200, 2, 3, 7));
    }

    @Test
    void sayWhatIsWrongWithThem() {
        assertThatThrownBy(() -> parse("--contenders nobody"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nobody (expected: the beginning of one of no-policy, ");
        assertThatThrownBy(() -> parse("--after 4")).hasMessage("--after: 4 (expected: at least 5)");
        assertThatThrownBy(() -> parse("--speed 4")).hasMessageStartingWith("--speed is not known");
        assertThatThrownBy(() -> parse("--seed")).hasMessageStartingWith("--seed (expected: an option with its value)");
        assertThatThrownBy(() -> parse("--scenarios storm"))
                .hasMessageStartingWith("scenario: storm (expected: one of");
        assertThatThrownBy(() -> parse("--rate many")).hasMessage("--rate: many (expected: a whole number)");
    }

    @Test
    void nameEachContenderDifferently() {
        assertThat(Contenders.all()).extracting(Contender::id).doesNotHaveDuplicates();
    }

    private static Options parse(String words) {
        return Options.parse(words.isEmpty() ? List.of() : List.of(words.split(" ")));
    }
}

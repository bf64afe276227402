// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StyleTest {
    private final Style plain = new Style(false, false);
    private final Style rich = new Style(true, true);

    @Test
    void paintsOnlyWithColours() {
        assertThat(plain.paint(Style.Tone.BAD, "x")).isEqualTo("x");
        assertThat(rich.paint(Style.Tone.BAD, "x")).isEqualTo("\u001b[31mx\u001b[0m");
        assertThat(rich.paint(Style.Tone.BAD, "")).isEmpty();
    }

    @Test
    void hasABarForEveryShare() {
        assertThat(plain.bar(0)).isEqualTo('.');
        assertThat(plain.bar(1)).isEqualTo('#');
        assertThat(plain.bar(7)).isEqualTo('#');
        assertThat(rich.bar(0.5)).isEqualTo('\u2584');
    }

    @Test
    void sharesEscapeSequencesBetweenNeighbours() {
        Ribbon ribbon = new Ribbon(rich);
        ribbon.add(Style.Tone.GOOD, 'a');
        ribbon.add(Style.Tone.GOOD, 'b');
        ribbon.add(Style.Tone.BAD, 'c');

        assertThat(ribbon).hasToString("\u001b[32mab\u001b[0m\u001b[31mc\u001b[0m");
    }

    @Test
    void writesNumbersShort() {
        assertThat(Units.duration(-1)).isEqualTo("-");
        assertThat(Units.duration(52_000)).isEqualTo("0.05 ms");
        assertThat(Units.duration(1_520_000)).isEqualTo("1.5 ms");
        assertThat(Units.duration(501_000_000)).isEqualTo("501 ms");
        assertThat(Units.duration(1_200_000_000)).isEqualTo("1.2 s");
        assertThat(Units.percent(99.99)).isEqualTo("99.9 %");
        assertThat(Units.percent(100)).isEqualTo("100.0 %");
    }
}

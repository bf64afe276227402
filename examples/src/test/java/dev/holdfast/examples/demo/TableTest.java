// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class TableTest {
    @Test
    void alignsTextLeftAndNumbersRight() {
        Table table =
                Table.of(1, "name", "count", "p99").row("bare", "7", "500 ms").row("guarded", "12345678", "");

        assertThat(table).hasToString("""
                name        count     p99
                -------  --------  ------
                bare            7  500 ms
                guarded  12345678
                """);
    }

    @Test
    void refusesARowThatDoesNotFit() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Table.of(1, "a", "b").row("1"))
                .withMessage("cells: 1 (expected: 2)");
    }

    @Test
    void becomesHtmlWithEscapedCells() {
        String html = Html.table(Table.of(1, "a<b", "n").row("x & \"y\"", "1").row("", "2"));

        assertThat(html)
                .contains("a&lt;b")
                .contains("x &amp; &quot;y&quot;")
                .contains("<tr class=\"more\">")
                .doesNotContain("a<b");
    }
}

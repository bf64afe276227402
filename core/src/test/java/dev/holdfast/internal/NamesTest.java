// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamesTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            delimiter = '|',
            value = {
                "000a | \\n",
                "000d | \\r",
                "0009 | \\t",
                "0027 | \\'",
                "005c | \\\\",
                "0000 | \\u0000",
                "001b | \\u001b",
                "007f | \\u007f",
                "0085 | \\u0085",
                "009b | \\u009b",
                "2028 | \\u2028",
                "2029 | \\u2029",
                "200b | \\u200b",
                "202e | \\u202e",
                "2066 | \\u2066",
                "feff | \\ufeff"
            })
    @DisplayName("XC-18 what starts a line, steers a terminal or turns the text around is escaped")
    void escaped(String code, String expected) {
        char raw = (char) Integer.parseInt(code, 16);
        assertThat(Names.quoted("a" + raw + "b")).isEqualTo("'a" + expected + "b'");
    }

    @Test
    @DisplayName("XC-18 no character at all gives a quoted name of more than one line or with a control character")
    void everyCharacter() {
        for (int c = 0; c <= Character.MAX_VALUE; c++) {
            String quoted = Names.quoted(String.valueOf((char) c));
            assertThat(quoted.lines().count()).isEqualTo(1);
            assertThat(quoted.codePoints().noneMatch(Character::isISOControl)).isTrue();
        }
    }

    @Test
    @DisplayName("Ordinary text, also of other scripts and outside of the basic plane, stays as it is")
    void plain() {
        assertThat(Names.quoted("Lager Köln 東京 😀")).isEqualTo("'Lager Köln 東京 😀'");
        assertThat(Names.quoted("")).isEqualTo("''");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {
    private static final Instant NOW = Instant.parse("1994-11-06T08:49:07Z");
    private static final String SENT = "Sun, 06 Nov 1994 08:49:07 GMT";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "30",
                " 30\t",
                "0030",
                "Sun, 06 Nov 1994 08:49:37 GMT",
                "Sunday, 06-Nov-94 08:49:37 GMT",
                "Sun Nov  6 08:49:37 1994",
                " Sun, 06 Nov 1994 08:49:37 GMT "
            })
    @DisplayName(
            "RT-9 Retry-After is read as seconds and as a date, in the three forms that RFC 9110 gives as its examples")
    void forms(String value) {
        assertThat(RetryAfter.parse(value, SENT)).isEqualTo(Duration.ofSeconds(30));
        assertThat(RetryAfter.parseAt(value, NOW)).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    @DisplayName("RT-9 Retry-After is written in whole seconds, so that nobody comes too early")
    void written() {
        assertThat(RetryAfter.format(Duration.ZERO)).isEqualTo("0");
        assertThat(RetryAfter.format(Duration.ofNanos(-1))).isEqualTo("0");
        assertThat(RetryAfter.format(Duration.ofNanos(1))).isEqualTo("1");
        assertThat(RetryAfter.format(Duration.ofMillis(2_000))).isEqualTo("2");
        assertThat(RetryAfter.format(Duration.ofMillis(2_001))).isEqualTo("3");
        assertThat(RetryAfter.format(Duration.ofSeconds(Long.MAX_VALUE, 1))).isEqualTo(Long.toString(Long.MAX_VALUE));
        assertThat(RetryAfter.parse(RetryAfter.format(Duration.ofMillis(1_500)), null))
                .isEqualTo(Duration.ofSeconds(2));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "",
                " ",
                "soon",
                "-1",
                "+1",
                "1.5",
                "1e3",
                "\u0661",
                "30 seconds",
                "Mon, 06 Nov 1994 08:49:37 GMT",
                "Sun, 06 Nov 1994 08:49:37 CET",
                "Sun, 31 Feb 1994 08:49:37 GMT",
                "1994-11-06T08:49:37Z"
            })
    @DisplayName("RT-9 what is no Retry-After says nothing, and throws nothing")
    void nothing(String value) {
        assertThat(RetryAfter.parse(value, SENT)).isNull();
        assertThat(RetryAfter.parseAt(value, NOW)).isNull();
    }

    @Test
    @DisplayName(
            "RT-9 a date in the past asks for no wait; seconds beyond every duration for the longest; one without end for nothing")
    void edges() {
        assertThat(RetryAfter.parse("Sun, 06 Nov 1994 08:49:06 GMT", SENT)).isEqualTo(Duration.ZERO);
        assertThat(RetryAfter.parse("0", null)).isEqualTo(Duration.ZERO);
        assertThat(RetryAfter.parse("9".repeat(60), null)).isEqualTo(Duration.ofSeconds(Long.MAX_VALUE));
        assertThat(RetryAfter.parse("9".repeat(10_000_000), null)).isNull();
        assertThat(RetryAfter.parse("x".repeat(10_000_000), SENT)).isNull();
    }

    @Test
    @DisplayName("RT-9 a date says nothing where nobody knows when it was sent; seconds do")
    void unknownTime() {
        for (String sent : new String[] {null, "", "yesterday"}) {
            assertThat(RetryAfter.parse("Sun, 06 Nov 1994 08:49:37 GMT", sent)).isNull();
            assertThat(RetryAfter.parse("30", sent)).isEqualTo(Duration.ofSeconds(30));
        }
    }

    @Test
    @DisplayName("RT-9 a year of two digits is at most 50 years ahead")
    void twoDigits() {
        assertThat(RetryAfter.parseAt("Sunday, 06-Nov-94 08:49:37 GMT", Instant.parse("2026-01-01T00:00:00Z")))
                .as("1994")
                .isEqualTo(Duration.ZERO);
        assertThat(RetryAfter.parseAt("Thursday, 01-Jan-26 00:01:00 GMT", Instant.parse("2026-01-01T00:00:00Z")))
                .isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    @DisplayName("RT-9 the language of the machine does not matter")
    void locales() {
        Locale before = Locale.getDefault();
        try {
            for (Locale locale :
                    List.of(Locale.GERMANY, Locale.JAPAN, new Locale("ar", "EG"), new Locale("th", "TH"))) {
                Locale.setDefault(locale);
                assertThat(RetryAfter.parse("Sun, 06 Nov 1994 08:49:37 GMT", SENT))
                        .isEqualTo(Duration.ofSeconds(30));
            }
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void atTheEndOfAllDatesNothingIsSaid() {
        assertThat(RetryAfter.parseAt("no date", Instant.MAX)).isNull();
        assertThat(RetryAfter.parseAt("no date", Instant.MIN)).isNull();
    }
}

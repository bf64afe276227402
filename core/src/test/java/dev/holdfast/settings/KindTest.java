// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How values are written in files. */
class KindTest {
    private static final Kind<Duration> DURATION = Kind.duration(Duration.ZERO);

    @ParameterizedTest
    @CsvSource({
        "250ms, PT0.25S, 250ms",
        "1.5s, PT1.5S, 1500ms",
        "2m, PT2M, 2m",
        "120s, PT2M, 2m",
        "1h, PT1H, 1h",
        "1d, PT24H, 1d",
        "0s, PT0S, 0s",
        "PT2.5S, PT2.5S, 2500ms",
        "7us, PT0.000007S, 7us",
        "3 ns, PT0.000000003S, 3ns",
        "5 S, PT5S, 5s",
        "100000d, PT2400000H, 100000d"
    })
    @DisplayName("durations are read with their unit, and written in the largest that fits")
    void durations(String written, Duration read, String again) {
        assertThat(DURATION.read(written)).isEqualTo(read);
        if (read.compareTo(Duration.ofNanos(Long.MAX_VALUE)) < 0) {
            assertThat(DURATION.write(read)).isEqualTo(again);
        }
        assertThat(DURATION.read(DURATION.write(read))).isEqualTo(read);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "500",
                "",
                "ms",
                "1.5.2s",
                "-1s",
                "1s2ms",
                "5 seconds",
                "1e3s",
                "99999999999999999999s",
                "1000000d"
            })
    @DisplayName("what has no unit, two of them, or is negative, is refused")
    void noDurations(String written) {
        assertThatThrownBy(() -> DURATION.read(written))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected: a duration with its unit");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "none",
                "5s",
                "5s ~20%",
                "50ms..1s",
                "50ms..1s full",
                "50ms..1s x1.5",
                "50ms..1s x1.5 decorrelated",
                "50ms..1s x3.0 ~7.5%",
                "fibonacci 50ms..1s equal",
                "linear 50ms+20ms..1s"
            })
    @DisplayName("backoffs are written as they are read")
    void backoffs(String written) {
        assertThat(Kind.backoff().read(written)).hasToString(written);
        assertThat(Kind.backoff().write(Kind.backoff().read(written))).isEqualTo(written);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "soon",
                "5",
                "5s..",
                "..5s",
                "5s..1s",
                "5s fast",
                "5s full full",
                "none full",
                "linear 5s..6s",
                "5s..9s xx"
            })
    @DisplayName("what is no backoff is refused")
    void noBackoffs(String written) {
        assertThatThrownBy(() -> Kind.backoff().read(written)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("values that have the right class already are taken as they are")
    void values() {
        Backoff own = Backoff.custom(attempt -> Duration.ZERO, Duration.ofSeconds(1));
        assertThat(Kind.backoff().read(own)).isSameAs(own);
        assertThat(DURATION.read(Duration.ofSeconds(3))).isEqualTo(Duration.ofSeconds(3));
        assertThat(Kind.whole(1, 10).read(7)).isEqualTo(7);
        assertThat(Kind.whole(1, 1_000_000).read("10_000")).isEqualTo(10_000);
        assertThat(Kind.flag().read(true)).isTrue();
        assertThat(Kind.share().read(0.5)).isEqualTo(0.5);
        assertThat(Kind.share().read("12.5%")).isEqualTo(0.125);
        assertThat(Kind.oneOf(TimeUnit.class).read("seconds")).isEqualTo(TimeUnit.SECONDS);
        assertThat(Kind.exception().read(IllegalStateException.class)).isEqualTo(IllegalStateException.class);
    }

    @Test
    @DisplayName("lists may be lists or text with commas; each element is checked")
    void lists() {
        Kind<List<Long>> numbers = Kind.listOf(Kind.whole(0, 9));
        assertThat(numbers.read("1, 2,3")).containsExactly(1L, 2L, 3L);
        assertThat(numbers.read(List.of(1, "2"))).containsExactly(1L, 2L);
        assertThat(numbers.read("")).isEmpty();
        assertThat(numbers.write(List.of(1L, 2L))).isEqualTo("1, 2");
        assertThatThrownBy(() -> numbers.read("1, 10")).hasMessage("'1, 10' (expected: a list, each: 0 to 9)");
    }

    @Test
    @DisplayName("budgets are written as they are read")
    void budgets() {
        assertThat(Kind.budget().write(Kind.budget().read("100 +0.1"))).isEqualTo("100 +0.1");
        assertThat(Kind.budget().write(Kind.budget().read("7 +0.25 3/s"))).isEqualTo("7 +0.25 3/s");
        assertThatThrownBy(() -> Kind.budget().read("7 0.25")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Kind.budget().read("7 +2")).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({"max-atempts, 1", "max-attempts, 0", "attempts-max, 8", "amx-attempts, 1", "x, 11"})
    @DisplayName("how far names are apart, by letters inserted, left out, replaced or swapped")
    void distances(String written, int distance) {
        assertThat(Nearest.distance(written, "max-attempts")).isEqualTo(distance);
    }
}

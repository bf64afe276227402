// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.simulate;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Times as people write them: {@code 250ms}, {@code 1.5s}, {@code 2m}. */
final class Time {
    private static final Pattern WRITTEN = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)(ns|us|ms|s|m|h|d)");
    private static final Map<String, Duration> UNITS = new LinkedHashMap<>();

    static {
        UNITS.put("d", Duration.ofDays(1));
        UNITS.put("h", Duration.ofHours(1));
        UNITS.put("m", Duration.ofMinutes(1));
        UNITS.put("s", Duration.ofSeconds(1));
        UNITS.put("ms", Duration.ofMillis(1));
        UNITS.put("us", Duration.ofNanos(1_000));
        UNITS.put("ns", Duration.ofNanos(1));
    }

    private Time() {}

    /** Gives {@code null} for what is no time. */
    static @Nullable Duration read(String text) {
        Matcher matcher = WRITTEN.matcher(text);
        Duration unit = matcher.matches() ? UNITS.get(matcher.group(2)) : null;
        if (unit == null) {
            return null;
        }
        BigDecimal seconds = new BigDecimal(matcher.group(1))
                .multiply(BigDecimal.valueOf(unit.toNanos(), 9))
                .setScale(9, RoundingMode.HALF_UP);
        return Duration.ofSeconds(
                seconds.longValue(),
                seconds.remainder(BigDecimal.ONE).movePointRight(9).longValue());
    }

    /** In the largest unit of which it is a whole number. */
    static String write(Duration time) {
        for (Map.Entry<String, Duration> unit : UNITS.entrySet()) {
            if (!time.isZero() && time.toNanos() % unit.getValue().toNanos() == 0) {
                return time.toNanos() / unit.getValue().toNanos() + unit.getKey();
            }
        }
        return "0s";
    }
}

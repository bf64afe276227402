// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people write them: {@code 250ms}, {@code 1.5s}, {@code 2m}, or as ISO 8601 has it. */
public final class Durations {
    /** What is right, to be read after "expected:". */
    public static final String EXPECTED = "a duration with its unit, such as 250ms, 1.5s, 2m, 1h or PT2M";

    private static final Pattern WRITTEN = Pattern.compile("(\\d+(?:\\.\\d+)?) *(ns|us|ms|s|m|h|d)");
    private static final Map<String, Long> NANOS = new LinkedHashMap<>();

    static {
        NANOS.put("d", Duration.ofDays(1).toNanos());
        NANOS.put("h", Duration.ofHours(1).toNanos());
        NANOS.put("m", Duration.ofMinutes(1).toNanos());
        NANOS.put("s", Duration.ofSeconds(1).toNanos());
        NANOS.put("ms", Duration.ofMillis(1).toNanos());
        NANOS.put("us", 1_000L);
        NANOS.put("ns", 1L);
    }

    private Durations() {}

    /**
     * Reads a duration. A number without a unit is none: nobody could tell seconds from milliseconds.
     *
     * @param given text, or a duration
     * @return the duration
     * @throws RuntimeException if it is none
     */
    public static Duration read(Object given) {
        if (given instanceof Duration duration) {
            return duration;
        }
        String text = given.toString().trim();
        Matcher matcher = WRITTEN.matcher(text.toLowerCase(Locale.ROOT));
        if (matcher.matches()) {
            long unit = Require.nonNull(NANOS.get(matcher.group(2)), "unit");
            BigDecimal nanos = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unit));
            BigDecimal billion = BigDecimal.valueOf(1_000_000_000);
            return Duration.ofSeconds(
                    nanos.divideToIntegralValue(billion).longValueExact(),
                    nanos.remainder(billion).longValueExact());
        }
        return Duration.parse(text);
    }

    /**
     * Writes a duration.
     *
     * @param duration any duration
     * @return in the largest unit of which it is a whole number; {@code 0s} for none
     */
    public static String write(Duration duration) {
        if (duration.isZero()) {
            return "0s";
        }
        if (duration.compareTo(Duration.ofNanos(Long.MAX_VALUE)) > 0 || duration.isNegative()) {
            return duration.toString();
        }
        long nanos = duration.toNanos();
        for (Map.Entry<String, Long> unit : NANOS.entrySet()) {
            if (nanos % unit.getValue() == 0) {
                return nanos / unit.getValue() + unit.getKey();
            }
        }
        throw new AssertionError("duration: " + duration + " (expected: whole nanoseconds)");
    }
}

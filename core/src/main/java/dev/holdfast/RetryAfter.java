// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes the {@code Retry-After} of an HTTP answer, in both of its forms: a number of seconds, or a date, which may be written in the
 * three ways that a recipient has to understand. After RFC 9110, "HTTP Semantics", sections 10.2.3 and 5.6.7.
 *
 * <pre>{@code
 * Duration wait = RetryAfter.parse(reply.header("Retry-After"), reply.header("Date")); // null: it says nothing
 * }</pre>
 *
 * <p>And writes it, for servers that tell their own callers when to come again.
 *
 * <p>What is no {@code Retry-After} says nothing, and is no error: it comes from somebody else. Safe to use from any thread.
 */
public final class RetryAfter {
    /** Longer than every date, and than every number of seconds that fits a duration. */
    private static final int LONGEST = 64;

    private static final DateTimeFormatter USUAL =
            DateTimeFormatter.ofPattern("EEE, dd MMM uuuu HH:mm:ss 'GMT'", Locale.US);
    private static final DateTimeFormatter ASCTIME =
            DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss uuuu", Locale.US);

    private RetryAfter() {}

    /**
     * How long to wait, where a date is compared with the time at which the server sent it: its own clock, and not ours.
     *
     * @param value of the header {@code Retry-After}; {@code null} if there is none
     * @param sent of the header {@code Date} of the same answer; {@code null} if there is none, and then a date says nothing
     * @return zero or longer; {@code null} if it says nothing
     */
    public static @Nullable Duration parse(@Nullable String value, @Nullable String sent) {
        Duration seconds = seconds(value);
        if (seconds != null || sent == null) {
            return seconds;
        }
        // Both are of the same clock, and so are the years of two digits, which need one to compare with.
        Instant now = date(sent, Instant.EPOCH.plus(Duration.ofDays(365L * 56)));
        return now == null ? null : parseAt(value, now);
    }

    /**
     * How long to wait, where a date is compared with a time of one's own.
     *
     * @param value of the header {@code Retry-After}; {@code null} if there is none
     * @param now when the answer came, such as {@code Instant.now()}
     * @return zero or longer; {@code null} if it says nothing
     */
    public static @Nullable Duration parseAt(@Nullable String value, Instant now) {
        Require.nonNull(now, "now");
        Duration seconds = seconds(value);
        if (seconds != null || value == null) {
            return seconds;
        }
        try {
            Instant date = date(value, now);
            return date == null ? null : date.isBefore(now) ? Duration.ZERO : Duration.between(now, date);
        } catch (DateTimeException | ArithmeticException beyondAllDates) {
            return null;
        }
    }

    /**
     * Writes the value of a {@code Retry-After}: whole seconds, rounded up, so that nobody comes too early.
     *
     * @param wait such as that of a {@link RejectedException#retryAfter}
     * @return digits; {@code 0} for zero and less
     */
    public static String format(Duration wait) {
        if (Require.nonNull(wait, "wait").isNegative()) {
            return "0";
        }
        boolean isWhole = wait.getNano() == 0 || wait.getSeconds() == Long.MAX_VALUE;
        return Long.toString(wait.getSeconds() + (isWhole ? 0 : 1));
    }

    private static @Nullable Duration seconds(@Nullable String value) {
        String digits = value == null || value.length() > LONGEST ? "" : value.strip();
        if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return null;
        }
        try {
            return Duration.ofSeconds(Long.parseLong(digits));
        } catch (NumberFormatException tooLong) {
            return Duration.ofSeconds(Long.MAX_VALUE);
        }
    }

    private static @Nullable Instant date(String value, Instant now) {
        if (value.length() > LONGEST) {
            return null;
        }
        String date = value.strip();
        for (DateTimeFormatter form : new DateTimeFormatter[] {USUAL, obsolete(now), ASCTIME}) {
            try {
                return LocalDateTime.parse(date, form).toInstant(ZoneOffset.UTC);
            } catch (DateTimeException another) {
                // Perhaps the next form.
            }
        }
        return null;
    }

    /** With a year of two digits, which is at most 50 years from now, or in the past. */
    private static DateTimeFormatter obsolete(Instant now) {
        int latest = LocalDateTime.ofInstant(now, ZoneOffset.UTC).getYear() + 50;
        return new DateTimeFormatterBuilder()
                .appendPattern("EEEE, dd-MMM-")
                .appendValueReduced(ChronoField.YEAR, 2, 2, latest - 99)
                .appendPattern(" HH:mm:ss 'GMT'")
                .toFormatter(Locale.US);
    }
}

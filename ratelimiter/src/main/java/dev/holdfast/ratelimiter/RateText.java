// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import dev.holdfast.internal.Durations;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Limits as they are written in files: {@code 100/1s}, {@code 100/1s burst 20}, {@code 10000/1h sliding}. */
final class RateText {
    static final String EXPECTED =
            "permits in a period, such as 100/1s; behind it burst 20, smooth, warm-up 10s x3, sliding or fixed";

    private RateText() {}

    static String checked(String text) {
        set(new RateLimiterBuilder("limits"), List.of(text));
        return text;
    }

    static void set(RateLimiterBuilder builder, @Nullable List<String> limits) {
        boolean isFirst = true;
        for (String text : limits == null ? List.<String>of() : limits) {
            Iterator<String> words =
                    Arrays.asList(text.trim().split("\\s+", -1)).iterator();
            String[] rate = words.next().split("/", 2);
            long permits = Long.parseLong(rate[0]);
            if (isFirst) {
                builder.limit(permits, Durations.read(rate[1]));
            } else {
                builder.and(permits, Durations.read(rate[1]));
            }
            isFirst = false;
            while (words.hasNext()) {
                keep(builder, words.next(), words);
            }
        }
    }

    private static void keep(RateLimiterBuilder builder, String word, Iterator<String> more) {
        switch (word) {
            case "burst" -> builder.burst(Long.parseLong(more.next()));
            case "smooth" -> builder.smooth();
            case "sliding" -> builder.slidingWindow();
            case "fixed" -> builder.fixedWindow();
            case "warm-up" ->
                builder.warmUp(
                        Durations.read(more.next()),
                        Double.parseDouble(more.next().substring(1)));
            default -> throw new IllegalArgumentException(word);
        }
    }
}

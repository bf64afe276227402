// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.internal.Durations;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/** A bulkhead's limit as it is written in files: {@code 25}, or {@code 5..200 gradient2 start 20 healthy 50ms}. */
final class LimitText {
    static final String EXPECTED =
            "a whole number from 0 up, or bounds with an algorithm, such as 1..500 evidence, gradient2, vegas or aimd; behind it"
                    + " start 20, or healthy 50ms";

    private LimitText() {}

    static String checked(String text) {
        set(new BulkheadBuilder("limit"), text);
        return text;
    }

    static void set(BulkheadBuilder builder, String text) {
        if (text.equals(shown(builder))) {
            return;
        }
        List<String> words = Arrays.asList(text.trim().split("\\s+", -1));
        String[] bounds = words.get(0).split("\\.\\.", 2);
        if (bounds.length == 1 && words.size() == 1) {
            builder.limit(Integer.parseInt(text.trim()));
            return;
        }
        builder.adaptive(algorithm(
                Limits.between(Integer.parseInt(bounds[0]), Integer.parseInt(bounds[1])),
                words.get(1),
                words.subList(2, words.size()).iterator()));
    }

    private static Limit algorithm(Limits bounds, String name, Iterator<String> more) {
        Limits set = bounds;
        while (more.hasNext()) {
            String word = more.next();
            set = switch (word) {
                case "start" -> set.startAt(Integer.parseInt(more.next()));
                case "healthy" -> set.healthyUpTo(Durations.read(more.next()));
                default -> throw new IllegalArgumentException(word);
            };
        }
        return switch (name) {
            case "evidence" -> set.evidence();
            case "gradient2" -> set.gradient2();
            case "vegas" -> set.vegas();
            case "aimd" -> set.aimd();
            default -> throw new IllegalArgumentException(name);
        };
    }

    static String shown(BulkheadBuilder builder) {
        return builder.adaptive == null ? String.valueOf(builder.limit) : builder.adaptive.toString();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.settings;

import dev.holdfast.Backoff;
import dev.holdfast.internal.Durations;
import java.util.Locale;

/** Backoffs as they are written in files: see {@link Kind#backoff}. */
final class BackoffText {
    static final String EXPECTED =
            "none, a wait such as 5s, or a range such as 50ms..1s, 50ms..1s x1.5, fibonacci 50ms..1s or linear 50ms+50ms..1s; "
                    + "behind it full, equal, decorrelated, or ~20%";

    private BackoffText() {}

    static Backoff read(String text) {
        String[] words = text.trim().toLowerCase(Locale.ROOT).split("\\s+", -1);
        if (words[0].equals("none") && words.length == 1) {
            return Backoff.none();
        }
        boolean isNamed = words[0].equals("fibonacci") || words[0].equals("linear");
        int next = isNamed ? 1 : 0;
        String[] range = words[next++].split("\\.\\.", 2);
        Backoff backoff;
        if (range.length == 1) {
            backoff = Backoff.fixed(Durations.read(range[0]));
        } else if (words[0].equals("fibonacci")) {
            backoff = Backoff.fibonacci(Durations.read(range[0]), Durations.read(range[1]));
        } else if (words[0].equals("linear")) {
            String[] steps = range[0].split("\\+", 2);
            backoff = Backoff.linear(Durations.read(steps[0]), Durations.read(steps[1]), Durations.read(range[1]));
        } else {
            double factor = 2;
            if (words.length > next && words[next].startsWith("x")) {
                factor = Double.parseDouble(words[next++].substring(1));
            }
            backoff = Backoff.exponential(Durations.read(range[0]), factor, Durations.read(range[1]));
        }
        if (words.length > next) {
            backoff = drawn(backoff, words[next++]);
        }
        if (words.length > next) {
            throw new IllegalArgumentException(text);
        }
        return backoff;
    }

    private static Backoff drawn(Backoff backoff, String how) {
        if (how.startsWith("~") && how.endsWith("%")) {
            return backoff.spread(Double.parseDouble(how.substring(1, how.length() - 1)) / 100);
        }
        return backoff.jitter(Backoff.Jitter.valueOf(how.toUpperCase(Locale.ROOT)));
    }
}

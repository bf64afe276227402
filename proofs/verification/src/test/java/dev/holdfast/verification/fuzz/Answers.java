// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.fuzz;

import java.util.Optional;
import java.util.function.Supplier;

/** What builders may answer to numbers. */
final class Answers {
    private Answers() {}

    /**
     * What is built, or nothing if it is refused with the name and the value of a setting and what was expected.
     *
     * @param settings the names and values that may be refused, in turn
     */
    static <T> Optional<T> of(Supplier<T> build, Object... settings) {
        try {
            return Optional.of(build.get());
        } catch (IllegalArgumentException | NullPointerException refused) {
            for (int i = 0; i < settings.length; i += 2) {
                if (says(refused, settings[i] + ": " + settings[i + 1])) {
                    return Optional.empty();
                }
            }
            throw new AssertionError("refused for something else: " + refused.getMessage(), refused);
        }
    }

    private static boolean says(RuntimeException refused, String start) {
        String message = String.valueOf(refused.getMessage());
        return message.startsWith(start) && message.contains(" (expected: ");
    }
}

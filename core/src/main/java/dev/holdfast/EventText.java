// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What an event says of itself. */
final class EventText {
    private EventText() {}

    /** Its kind and its policy's name, then its details. */
    static String of(Event event) {
        StringBuilder out = new StringBuilder(event.getClass().getSimpleName()).append('[');
        out.append(Names.quoted(event.policy()));
        event.details()
                .forEach((name, value) ->
                        out.append(", ").append(name).append(' ').append(shown(value)));
        return out.append(']').toString();
    }

    /**
     * A value for logs and messages: numbers and names of ours as they are, and of all else, whose text somebody has written, one line that
     * is escaped and cut.
     */
    static Object shown(Object value) {
        if (value instanceof Boolean || value instanceof Enum<?> || (value instanceof Number && isOfJdk(value))) {
            return value;
        }
        if (value instanceof Call || value instanceof Outcome<?>) {
            return value.toString();
        }
        return value instanceof Throwable failure ? Names.shown(failure) : textOf(value);
    }

    private static boolean isOfJdk(Object value) {
        return value.getClass().getModule() == Object.class.getModule();
    }

    private static String textOf(Object value) {
        try {
            return Names.line(value.toString());
        } catch (RuntimeException | LinkageError | StackOverflowError thrown) {
            return Names.shownClass(value);
        }
    }

    /** In the order in which they are given, without those that are not there. */
    static Map<String, Object> details(@Nullable Object... namesAndValues) {
        if (namesAndValues.length % 2 != 0) {
            throw new IllegalArgumentException(
                    "namesAndValues: " + namesAndValues.length + " (expected: a name and a value in turn)");
        }
        Map<String, Object> details = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            Object value = namesAndValues[i + 1];
            if (value != null) {
                details.put(String.valueOf(namesAndValues[i]), value);
            }
        }
        return Collections.unmodifiableMap(details);
    }

    /** {@code holdfast.circuitbreaker.state_changed}. */
    static String nameOf(Event event) {
        String words = event.getClass().getSimpleName().replaceAll("([a-z0-9])([A-Z])", "$1_$2");
        return "holdfast." + event.source().kind() + "." + words.toLowerCase(Locale.ROOT);
    }
}

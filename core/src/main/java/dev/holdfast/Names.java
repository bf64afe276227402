// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import org.jspecify.annotations.Nullable;

/** Names and messages go into logs, so nothing in them may start a new line or steer a terminal, nor fill a disk. */
final class Names {
    /** As long as a policy's name may be. */
    private static final int LONGEST = 256;

    private Names() {}

    /** In quotes, escaped, and cut where it is too long. */
    static String quoted(String name) {
        boolean tooLong = name.length() > LONGEST;
        int length = tooLong ? LONGEST : name.length();
        StringBuilder out = new StringBuilder(length + 2).append('\'');
        for (int i = 0; i < length; i++) {
            append(out, name.charAt(i));
        }
        return out.append(tooLong ? "'..." : "'").toString();
    }

    private static void append(StringBuilder out, char c) {
        if (c == '\n') {
            out.append("\\n");
        } else if (c == '\r') {
            out.append("\\r");
        } else if (c == '\t') {
            out.append("\\t");
        } else if (c == '\'' || c == '\\') {
            out.append('\\').append(c);
        } else if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT || isLineEnd(c)) {
            out.append(String.format("\\u%04x", (int) c));
        } else {
            out.append(c);
        }
    }

    private static boolean isLineEnd(char c) {
        return c == '\u2028' || c == '\u2029';
    }

    /** An exception's class and message; the message is somebody else's. */
    static String shown(Throwable failure) {
        String message = messageOf(failure);
        return failure.getClass().getName() + (message == null ? "" : ": " + quoted(message));
    }

    private static @Nullable String messageOf(Throwable failure) {
        try {
            return failure.getMessage();
        } catch (RuntimeException broken) {
            return null;
        }
    }

    /** A result's class only: results may be long, and secret. */
    static String shownClass(@Nullable Object value) {
        return value == null ? "null" : "a " + value.getClass().getName();
    }

    /** What an event says of itself: its kind, then name and value in turn. */
    static String event(Event event, Object... parts) {
        StringBuilder out = new StringBuilder(event.getClass().getSimpleName()).append('[');
        out.append(quoted(event.policy()));
        for (int i = 0; i < parts.length; i += 2) {
            Object value = parts[i + 1];
            out.append(", ").append(parts[i]).append(' ');
            out.append(value instanceof Throwable failure ? shown(failure) : value);
        }
        return out.append(']').toString();
    }
}

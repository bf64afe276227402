// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

import org.jspecify.annotations.Nullable;

/** Names and messages go into logs, so nothing in them may start a new line or steer a terminal, nor fill a disk. */
public final class Names {
    /** As long as a policy's name may be. */
    private static final int LONGEST = 256;

    private Names() {}

    /**
     * A name for logs and messages.
     *
     * @param name a name
     * @return in quotes, escaped, and cut after 256 characters
     */
    public static String quoted(String name) {
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

    /**
     * An exception for logs and messages.
     *
     * @param failure an exception, whose message is somebody else's
     * @return its class, and its message, escaped, cut, and quoted if there is no quote in it
     */
    public static String shown(Throwable failure) {
        String message = messageOf(failure);
        // A message that has quotes itself, as most of Holdfast's own begin with a name, would be hard to read in
        // others.
        return failure.getClass().getName()
                + (message == null ? "" : ": " + (message.indexOf('\'') < 0 ? quoted(message) : line(message)));
    }

    /**
     * Somebody else's text for logs and messages.
     *
     * @param text any
     * @return escaped and cut as a name, without quotes around it
     */
    public static String line(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < Math.min(text.length(), LONGEST); i++) {
            if (text.charAt(i) == '\'') {
                out.append('\'');
            } else {
                append(out, text.charAt(i));
            }
        }
        return out.append(text.length() > LONGEST ? "..." : "").toString();
    }

    /**
     * A whole message, parts of which may be somebody else's.
     *
     * @param text any, what is escaped in it already included
     * @return with line breaks and other control characters escaped, and nothing else
     */
    public static String oneLine(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\'' || c == '\\') {
                out.append(c);
            } else {
                append(out, c);
            }
        }
        return out.toString();
    }

    /**
     * Somebody else's text as a name.
     *
     * @param text any, not blank
     * @return at most as many characters as a name may have
     */
    public static String cut(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST);
    }

    private static @Nullable String messageOf(Throwable failure) {
        try {
            return failure.getMessage();
        } catch (RuntimeException broken) {
            return null;
        }
    }

    /**
     * A result for logs and messages.
     *
     * @param value a result, which may be long, and secret
     * @return its class only
     */
    public static String shownClass(@Nullable Object value) {
        return value == null ? "null" : "a " + value.getClass().getName();
    }
}

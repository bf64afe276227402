// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

/** Strings of JSON (RFC 8259). */
public final class JsonText {
    private JsonText() {}

    /**
     * Adds a string with its quotes, in ASCII, and without what would be markup in a page.
     *
     * @param out gets it
     * @param text any
     */
    public static void append(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || c > '~' || c == '<' || c == '>' || c == '&') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}

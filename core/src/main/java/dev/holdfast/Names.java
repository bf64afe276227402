// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

/** Names go into logs and messages, so nothing in them may start a new line or steer a terminal. */
final class Names {
    private Names() {}

    static String quoted(String name) {
        StringBuilder out = new StringBuilder(name.length() + 2).append('\'');
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
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
        return out.append('\'').toString();
    }

    private static boolean isLineEnd(char c) {
        return c == '\u2028' || c == '\u2029';
    }
}

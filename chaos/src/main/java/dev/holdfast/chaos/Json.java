// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.internal.JsonText;
import java.util.ArrayDeque;
import java.util.Deque;

/** Writes JSON (RFC 8259) in ASCII, from the beginning to the end. */
final class Json {
    private final StringBuilder out = new StringBuilder();
    private final Deque<Character> open = new ArrayDeque<>();
    private boolean isFirst = true;

    Json object() {
        return begin('{', '}');
    }

    Json array() {
        return begin('[', ']');
    }

    private Json begin(char opening, char closing) {
        separate();
        out.append(opening);
        open.push(closing);
        isFirst = true;
        return this;
    }

    /** Ends what was begun last. */
    Json end() {
        out.append(open.pop());
        isFirst = false;
        return this;
    }

    Json key(String name) {
        text(name);
        out.append(':');
        isFirst = true;
        return this;
    }

    Json text(String text) {
        separate();
        JsonText.append(out, text);
        return this;
    }

    Json value(long number) {
        return raw(Long.toString(number));
    }

    /** What JSON has no number for is {@code null}. */
    Json value(double number) {
        return raw(Double.isNaN(number) || Double.isInfinite(number) ? "null" : Double.toString(number));
    }

    Json value(boolean is) {
        return raw(Boolean.toString(is));
    }

    Json none() {
        return raw("null");
    }

    private Json raw(String text) {
        separate();
        out.append(text);
        return this;
    }

    private void separate() {
        if (!isFirst) {
            out.append(',');
        }
        isFirst = false;
    }

    @Override
    public String toString() {
        return out.toString();
    }
}

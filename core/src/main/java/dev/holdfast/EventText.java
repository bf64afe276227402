// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;

/** What an event says of itself. */
final class EventText {
    private EventText() {}

    /** Its kind and its policy's name, then name and value in turn. */
    static String of(Event event, Object... parts) {
        StringBuilder out = new StringBuilder(event.getClass().getSimpleName()).append('[');
        out.append(Names.quoted(event.policy()));
        for (int i = 0; i < parts.length; i += 2) {
            Object value = parts[i + 1];
            out.append(", ").append(parts[i]).append(' ');
            out.append(value instanceof Throwable failure ? Names.shown(failure) : value);
        }
        return out.append(']').toString();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Settings of properties, {@code guards.inventory.retry.max-attempts=3}, as the maps that they stand for. Only keys at the top are
 * paths, and only where they begin with a section: a guard may have dots in its name, where it is written in a map.
 */
final class Flat {
    private Flat() {}

    static Map<String, @Nullable Object> unfolded(Map<?, ?> given, Set<String> sections, List<String> problems) {
        Map<String, @Nullable Object> unfolded = new LinkedHashMap<>();
        given.forEach((key, value) -> {
            String name = String.valueOf(key);
            String[] path = name.split("\\.", -1);
            put(unfolded, sections.contains(path[0]) ? path : new String[] {name}, 0, value, problems);
        });
        return unfolded;
    }

    private static void put(
            Map<String, @Nullable Object> into, String[] path, int at, @Nullable Object value, List<String> problems) {
        boolean isThere = into.containsKey(path[at]);
        Object there = into.get(path[at]);
        Map<String, @Nullable Object> below = new LinkedHashMap<>();
        if (there instanceof Map<?, ?> known) {
            known.forEach((key, each) -> below.put(String.valueOf(key), each));
        }
        boolean isEnd = at == path.length - 1;
        if (!isThere && isEnd) {
            into.put(path[at], value);
        } else if ((isThere && !(there instanceof Map)) || (isEnd && !(value instanceof Map))) {
            String said = String.join(".", List.of(path).subList(0, at + 1));
            problems.add(said + ": " + (there instanceof Map ? value : there)
                    + " (expected: a value or settings below it, and not both)");
        } else {
            if (isEnd && value instanceof Map<?, ?> more) {
                more.forEach((key, each) -> put(below, new String[] {String.valueOf(key)}, 0, each, problems));
            } else {
                put(below, path, at + 1, value, problems);
            }
            into.put(path[at], below);
        }
    }
}

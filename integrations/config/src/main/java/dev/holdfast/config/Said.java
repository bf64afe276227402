// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What has been said of a guard so far: for each policy its settings, or {@code null} where it was taken away. */
final class Said {
    /** What every policy begins with; {@code null} where these are themselves what is said. */
    private final @Nullable Said defaults;

    final Map<String, @Nullable Settings> policies = new LinkedHashMap<>();

    @Nullable Object order;

    String orderAt = "";

    Said(@Nullable Said defaults) {
        this.defaults = defaults;
    }

    /** Values, with where each was written, and the names of those of which it is known that they are wrong. */
    static final class Settings {
        final Map<String, @Nullable Object> values = new LinkedHashMap<>();
        final Map<String, String> writtenAt = new LinkedHashMap<>();
        final Set<String> wrong = new LinkedHashSet<>();

        void addAll(Settings other) {
            values.putAll(other.values);
            writtenAt.putAll(other.writtenAt);
            wrong.addAll(other.wrong);
        }

        /** Written over what was there; lists with a plus add to it. */
        void write(String path, String key, @Nullable Object value, boolean isWrong) {
            Object before = values.get(key);
            values.put(
                    key,
                    value instanceof Collection<?> list ? added(before == null ? List.of() : before, list) : value);
            writtenAt.put(key, path + "." + key);
            if (isWrong) {
                wrong.add(key);
            } else if (!(value instanceof Collection)) {
                wrong.remove(key);
            }
        }
    }

    Settings of(String policy) {
        Settings own = policies.get(policy);
        if (own == null) {
            own = new Settings();
            Settings common = defaults == null ? null : defaults.policies.get(policy);
            if (common != null) {
                own.addAll(common);
            }
            policies.put(policy, own);
        }
        return own;
    }

    /** A list in which some begin with a plus adds these to the one before; otherwise it takes its place. */
    static List<Object> added(Object before, Collection<?> list) {
        List<Object> own = new ArrayList<>();
        boolean adds = false;
        for (Object each : list) {
            boolean plus = each instanceof String text && text.startsWith("+");
            adds |= plus;
            own.add(plus ? ((String) each).substring(1).trim() : each);
        }
        if (!adds) {
            return own;
        }
        Set<Object> all = new LinkedHashSet<>(before instanceof Collection<?> there ? there : words(before));
        all.addAll(own);
        return new ArrayList<>(all);
    }

    static List<String> words(Object value) {
        if (value instanceof Collection<?> several) {
            return several.stream().map(String::valueOf).toList();
        }
        String text = value.toString().trim();
        return text.isEmpty() ? List.of() : List.of(text.split("\\s*,\\s*", -1));
    }
}

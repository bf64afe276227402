// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.config;

import dev.holdfast.settings.Nearest;
import dev.holdfast.settings.PolicyType;
import dev.holdfast.settings.Setting;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Settings as they were written, resolved: which policies each guard has, with which values, in which order.
 *
 * <pre>
 *   defaults ◀── templates that it is like, from left to right, each after those that it is like itself ◀── guard
 *              each one overrides, key by key, what stands to its left; lists with + add to it; null removes
 * </pre>
 */
final class Tree {
    /** With a type's name behind it, it still is the name of a policy. */
    private static final int MOST_LETTERS = 200;

    private static final String LIKE = "like";
    private static final String ORDER = "order";
    private static final Set<String> SECTIONS = Set.of("defaults", "templates", "guards");

    private final Map<String, PolicyType<?, ?>> types;
    private final Map<String, @Nullable Object> templates;
    private final List<String> problems = new ArrayList<>();
    private final Map<String, Wanted> guards = new LinkedHashMap<>();

    /** What a guard is to be: settings by policy, and the policies, outermost first. */
    record Wanted(Map<String, Map<String, Object>> policies, List<String> order) {}

    /** What has been said of a guard so far: for each policy its settings, or {@code null} where it was taken away. */
    private static final class Said {
        /** What every policy begins with; {@code null} where these are themselves what is said. */
        private final @Nullable Said defaults;

        final Map<String, @Nullable Map<String, @Nullable Object>> policies = new LinkedHashMap<>();

        @Nullable Object order;

        String orderAt = "";

        Said(@Nullable Said defaults) {
            this.defaults = defaults;
        }

        Map<String, @Nullable Object> begun(String policy) {
            Map<String, @Nullable Object> begun = new LinkedHashMap<>();
            Map<String, @Nullable Object> common = defaults == null ? null : defaults.policies.get(policy);
            if (common != null) {
                begun.putAll(common);
            }
            return begun;
        }
    }

    Tree(Map<String, ?> given, Map<String, PolicyType<?, ?>> types) {
        this.types = types;
        Map<String, @Nullable Object> written = map("settings", given);
        for (String key : written.keySet()) {
            if (!SECTIONS.contains(key)) {
                problems.add(key + ": unknown" + Nearest.hint(key, SECTIONS));
            }
        }
        this.templates = map("templates", written.get("templates"));
        Map<String, @Nullable Object> defaults = map("defaults", written.get("defaults"));
        Said common = new Said(null);
        say("defaults", defaults, common, false);
        // Also those that nobody is like: a mistake in them is found before somebody is.
        templates.keySet().forEach(name -> like("templates", name, new Said(common), new LinkedHashSet<>()));
        map("guards", written.get("guards")).forEach((name, guard) -> resolve(name, guard, common));
    }

    List<String> problems() {
        // A template's mistake shows at each guard that is like it, and is said once.
        return List.copyOf(new LinkedHashSet<>(problems));
    }

    Map<String, Wanted> guards() {
        return guards;
    }

    private void resolve(String name, @Nullable Object guard, Said common) {
        String path = "guards." + name;
        if (name.isBlank() || name.length() > MOST_LETTERS) {
            problems.add(path + ": a name of " + name.length() + " letters (expected: 1 to " + MOST_LETTERS
                    + ", not blank)");
            return;
        }
        Said said = new Said(common);
        inherit(path, map(path, guard), said, new LinkedHashSet<>());
        Map<String, Map<String, Object>> policies = new LinkedHashMap<>();
        for (PolicyType<?, ?> type : types.values()) {
            Map<String, @Nullable Object> own = said.policies.get(type.name());
            if (own != null) {
                policies.put(type.name(), settled(own));
            }
        }
        guards.put(name, new Wanted(policies, order(said, new ArrayList<>(policies.keySet()))));
    }

    /** What is {@code null} is not there. */
    private static Map<String, Object> settled(Map<String, @Nullable Object> all) {
        Map<String, Object> settled = new LinkedHashMap<>();
        all.forEach((key, value) -> {
            if (value != null) {
                settled.put(key, value);
            }
        });
        return settled;
    }

    private List<String> order(Said said, List<String> usual) {
        if (said.order == null) {
            return usual;
        }
        List<String> wanted = words(said.order);
        if (!Set.copyOf(wanted).equals(Set.copyOf(usual)) || wanted.size() != usual.size()) {
            problems.add(
                    said.orderAt + ": " + wanted + " (expected: each of its policies once, which are " + usual + ")");
            return usual;
        }
        return wanted;
    }

    /** Says what a template says, after what those say that it is like. */
    private void like(String path, String name, Said said, Set<String> inside) {
        if (!templates.containsKey(name)) {
            problems.add(path + ".like: " + name + ": unknown" + Nearest.hint(name, templates.keySet()));
        } else if (!inside.add(name)) {
            problems.add("templates." + name + ".like: " + String.join(" > ", inside) + " > " + name
                    + " (expected: templates that are not like themselves)");
        } else {
            String own = "templates." + name;
            inherit(own, map(own, templates.get(name)), said, inside);
            inside.remove(name);
        }
    }

    private void inherit(String path, Map<String, @Nullable Object> written, Said said, Set<String> inside) {
        Object parents = written.get(LIKE);
        if (parents != null) {
            words(parents).forEach(parent -> like(path, parent, said, inside));
        }
        say(path, written, said, true);
    }

    private void say(String path, Map<String, @Nullable Object> written, Said said, boolean mayInherit) {
        written.forEach((key, value) -> {
            PolicyType<?, ?> type = types.get(key);
            if (type != null) {
                say(path + "." + key, type, value, said);
            } else if (mayInherit && key.equals(ORDER)) {
                said.order = value;
                said.orderAt = path + "." + ORDER;
            } else if (!(mayInherit && key.equals(LIKE))) {
                Set<String> known = new LinkedHashSet<>(types.keySet());
                if (mayInherit) {
                    known.addAll(List.of(LIKE, ORDER));
                }
                problems.add(path + "." + key + ": unknown" + Nearest.hint(key, known));
            }
        });
    }

    private void say(String path, PolicyType<?, ?> type, @Nullable Object value, Said said) {
        if (value == null) {
            said.policies.put(type.name(), null);
            return;
        }
        Map<String, @Nullable Object> own = said.policies.get(type.name());
        if (own == null) {
            own = said.begun(type.name());
            said.policies.put(type.name(), own);
        }
        merge(settings(path, type, value), own);
    }

    private Map<String, @Nullable Object> settings(String path, PolicyType<?, ?> type, Object value) {
        if (value instanceof Map<?, ?>) {
            return map(path, value);
        }
        Map<String, @Nullable Object> single = new LinkedHashMap<>();
        Setting<?, ?> main = type.schema().main();
        if (main != null) {
            single.put(main.name(), value);
        }
        return single;
    }

    private static void merge(Map<String, @Nullable Object> over, Map<String, @Nullable Object> under) {
        over.forEach((key, value) -> {
            Object before = under.get(key);
            under.put(key, value instanceof Collection<?> ? added(before == null ? List.of() : before, value) : value);
        });
    }

    /** A list in which some begin with a plus adds these to the one before; otherwise it takes its place. */
    private static List<Object> added(Object before, Object list) {
        List<Object> own = new ArrayList<>();
        boolean adds = false;
        for (Object each : (Collection<?>) list) {
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

    private static List<String> words(Object value) {
        if (value instanceof Collection<?> several) {
            return several.stream().map(String::valueOf).toList();
        }
        String text = value.toString().trim();
        return text.isEmpty() ? List.of() : List.of(text.split("\\s*,\\s*", -1));
    }

    private Map<String, @Nullable Object> map(String path, @Nullable Object value) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        if (value instanceof Map<?, ?> given) {
            given.forEach((key, each) -> map.put(String.valueOf(key), each));
        } else if (value != null) {
            problems.add(path + ": " + value + " (expected: a map)");
        }
        return map;
    }
}

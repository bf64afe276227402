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
    private static final String GUARDS = "guards";
    private static final Set<String> SECTIONS = Set.of("defaults", "templates", GUARDS);

    private final Map<String, PolicyType<?, ?>> types;
    private final Map<String, @Nullable Object> templates;
    private final List<String> problems = new ArrayList<>();
    private final Map<String, Wanted> guards = new LinkedHashMap<>();

    /**
     * What a guard is to be: its policies with their settings, and their order, outermost first; and whether all that was written of
     * it can be read.
     */
    record Wanted(Map<String, Given> policies, List<String> order, boolean isReadable) {}

    /** The settings of one policy: those that can be read, where each was written, and which cannot. */
    record Given(String path, Map<String, Object> settings, Map<String, String> writtenAt, Set<String> wrong) {
        /**
         * What is wrong with the policy, each with the path where its setting was written. What has been said of values that cannot be read
         * is not said again, nor what follows from them.
         */
        List<String> placed(List<String> problems) {
            List<String> placed = new ArrayList<>();
            for (String problem : problems) {
                String name = nameIn(problem);
                if (wrong.isEmpty() || (isMissing(problem) && !wrong.contains(name))) {
                    String at = writtenAt.get(name);
                    placed.add(at == null ? path + "." + problem : at + problem.substring(name.length()));
                }
            }
            return placed;
        }

        private static String nameIn(String problem) {
            int colon = problem.indexOf(':');
            return colon < 0 ? "" : problem.substring(0, colon);
        }

        static boolean isMissing(String problem) {
            return problem.startsWith(nameIn(problem) + ": missing");
        }
    }

    Tree(Map<String, ?> given, Map<String, PolicyType<?, ?>> types) {
        this.types = types;
        Map<String, @Nullable Object> written = Flat.unfolded(given, SECTIONS, problems);
        for (String key : written.keySet()) {
            if (!SECTIONS.contains(key)) {
                problems.add(key + ": unknown" + Nearest.hint(key, SECTIONS));
            }
        }
        if (written.containsKey(GUARDS) && written.get(GUARDS) == null) {
            problems.add("guards: nothing (expected: a map of guards)");
        }
        this.templates = map("templates", written.get("templates"));
        Map<String, @Nullable Object> defaults = map("defaults", written.get("defaults"));
        Said common = new Said(null);
        say("defaults", defaults, common, false);
        check("defaults", common);
        // Also those that nobody is like: a mistake in them is found before somebody is.
        templates.keySet().forEach(name -> {
            Said said = new Said(common);
            like("templates", name, said, new LinkedHashSet<>());
            check("templates." + name, said);
        });
        map(GUARDS, written.get(GUARDS)).forEach((name, guard) -> resolve(name, guard, common));
    }

    /** Finds settings that contradict each other, where they are all written; what is missing, guards may still say. */
    private void check(String path, Said said) {
        types.values().forEach(type -> {
            Said.Settings own = said.policies.get(type.name());
            if (own != null) {
                Given given = given(path, type, own);
                List<String> found = new ArrayList<>(type.problems(type.name(), given.settings));
                found.removeIf(Given::isMissing);
                problems.addAll(given.placed(found));
            }
        });
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
        int before = problems.size();
        Said said = new Said(common);
        inherit(path, map(path, guard), said, new LinkedHashSet<>());
        Map<String, Given> policies = new LinkedHashMap<>();
        for (PolicyType<?, ?> type : types.values()) {
            Said.Settings own = said.policies.get(type.name());
            if (own != null) {
                policies.put(type.name(), given(path, type, own));
            }
        }
        List<String> order = order(said, new ArrayList<>(policies.keySet()));
        if (policies.isEmpty() && problems.size() == before) {
            problems.add(path + ": no policy (expected: one of " + String.join(", ", types.keySet())
                    + ", or like: a template that has one)");
        }
        guards.put(name, new Wanted(policies, order, problems.size() == before));
    }

    private static Given given(String path, PolicyType<?, ?> type, Said.Settings own) {
        return new Given(path + "." + type.name(), settled(own.values), own.writtenAt, own.wrong);
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
        List<String> wanted = Said.words(said.order);
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
            Said.words(parents).forEach(parent -> like(path, parent, said, inside));
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
        Said.Settings own = said.of(type.name());
        settings(path, type, value).forEach((key, each) -> {
            Map<String, @Nullable Object> alone = new LinkedHashMap<>();
            alone.put(key, each instanceof Collection<?> list ? Said.added(List.of(), list) : each);
            List<String> wrong = type.problemsOfEach(alone);
            wrong.forEach(problem -> problems.add(path + "." + problem));
            own.write(path, key, each, !wrong.isEmpty());
        });
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

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.VirtualTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;

/** ST-1, against a second, slower reading of the rules. */
class InheritancePropertyTest {
    private static final String[] TYPES = {
        "java.io.IOException", "java.lang.IllegalStateException", "java.lang.ArithmeticException"
    };

    @Property(tries = 500, seed = "4711")
    @Label("ST-1 for random trees of defaults, templates and guards, each value is that of the nearest definer")
    void nearestDefiner(@ForAll long seed) {
        Random random = new Random(seed);
        List<Map<String, Object>> layers = new ArrayList<>();
        int templates = random.nextInt(4);
        Map<String, Object> named = new LinkedHashMap<>();
        for (int i = 0; i < templates; i++) {
            Map<String, Object> template = new LinkedHashMap<>();
            Map<String, Object> retry = retry(random);
            template.put("retry", retry);
            if (i > 0) {
                template.put("like", "t" + (i - 1));
            }
            named.put("t" + i, template);
            layers.add(retry);
        }
        Map<String, Object> defaults = retry(random);
        Map<String, Object> own = retry(random);
        layers.add(0, defaults);
        layers.add(own);
        Map<String, Object> guard = new LinkedHashMap<>();
        guard.put("retry", own);
        if (templates > 0) {
            guard.put("like", "t" + (templates - 1));
        }
        Guards guards = Guards.of(
                Map.of("defaults", Map.of("retry", defaults), "templates", named, "guards", Map.of("g", guard)),
                VirtualTime.create());

        Map<String, String> settings = guards.settings("g").get("retry");
        assertThat(settings.get("max-attempts")).isEqualTo(String.valueOf(effective(layers, "max-attempts", 3)));
        assertThat(settings.get("max-duration")).isEqualTo(effective(layers, "max-duration", "none"));
        assertThat(new TreeSet<>(List.of(settings.get("ignore").split(", ", -1))))
                .isEqualTo(ignored(layers));
    }

    private static Map<String, Object> retry(Random random) {
        Map<String, Object> retry = new LinkedHashMap<>();
        if (random.nextBoolean()) {
            retry.put("max-attempts", random.nextInt(5) == 0 ? null : random.nextInt(1, 9));
        }
        if (random.nextBoolean()) {
            retry.put("max-duration", random.nextInt(4) == 0 ? null : random.nextInt(1, 60) + "s");
        }
        if (random.nextBoolean()) {
            List<String> types = new ArrayList<>();
            boolean adds = random.nextBoolean();
            for (String type : TYPES) {
                if (random.nextBoolean()) {
                    types.add((adds ? "+" : "") + type);
                }
            }
            retry.put("ignore", random.nextInt(5) == 0 ? null : types);
        }
        return retry;
    }

    private static Object effective(List<Map<String, Object>> layers, String key, Object otherwise) {
        for (int i = layers.size() - 1; i >= 0; i--) {
            if (layers.get(i).containsKey(key)) {
                Object value = layers.get(i).get(key);
                return value == null ? otherwise : value;
            }
        }
        return otherwise;
    }

    private static Set<String> ignored(List<Map<String, Object>> layers) {
        Set<String> types = new LinkedHashSet<>();
        for (Map<String, Object> layer : layers) {
            if (layer.containsKey("ignore")) {
                List<?> list = (List<?>) layer.get("ignore");
                boolean adds = list != null
                        && !list.isEmpty()
                        && list.get(0).toString().startsWith("+");
                if (!adds) {
                    types.clear();
                }
                if (list != null) {
                    list.forEach(each -> types.add(each.toString().replace("+", "")));
                }
            }
        }
        return types.isEmpty() ? new TreeSet<>(Set.of("none")) : new TreeSet<>(types);
    }
}

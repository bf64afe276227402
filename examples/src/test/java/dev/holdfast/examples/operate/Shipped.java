// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.operate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The files of {@code dashboards}, read. */
final class Shipped {
    static final Path ROOT = Path.of("..");
    static final Path DASHBOARD = ROOT.resolve("dashboards/holdfast.json");
    static final Path RULES = ROOT.resolve("dashboards/alerts.yml");
    static final Path RULE_TESTS = ROOT.resolve("dashboards/alerts.test.yml");

    /** A query of the dashboard, and where it stands. */
    record Query(String panel, String expression) {}

    private Shipped() {}

    static List<Map<String, Object>> panels() throws IOException {
        return maps(read(DASHBOARD), "panels");
    }

    static List<Query> queries() throws IOException {
        List<Query> queries = new ArrayList<>();
        String row = "";
        for (Map<String, Object> panel : panels()) {
            if (panel.get("type").equals("row")) {
                row = panel.get("title") + ": ";
            }
            for (Map<String, Object> target : maps(panel, "targets")) {
                queries.add(
                        new Query(row + panel.get("title") + " " + target.get("refId"), (String) target.get("expr")));
            }
        }
        return queries;
    }

    /** Recorded ones and alerts. */
    static List<Map<String, Object>> rules() throws IOException {
        List<Map<String, Object>> rules = new ArrayList<>();
        maps(read(RULES), "groups").forEach(group -> rules.addAll(maps(group, "rules")));
        return rules;
    }

    static List<Map<String, Object>> alerts() throws IOException {
        return rules().stream().filter(rule -> rule.containsKey("alert")).toList();
    }

    /** YAML, and JSON, which is YAML as well. */
    static Map<String, Object> read(Path file) throws IOException {
        Map<String, Object> read = new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(file));
        return read;
    }

    @SuppressWarnings("unchecked") // As the formats say.
    static List<Map<String, Object>> maps(Map<String, Object> of, String key) {
        return (List<Map<String, Object>>) of.getOrDefault(key, List.of());
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> map(Map<String, Object> of, String key) {
        return (Map<String, Object>) of.getOrDefault(key, Map.of());
    }
}

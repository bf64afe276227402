// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.Policy;
import dev.holdfast.config.Guards;
import dev.holdfast.settings.PolicyType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The settings that a page shows, read from the page: the part of YAML that pages use, which is maps of maps and single values. */
final class PageSettings {
    private static final Pattern BLOCK = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);

    private PageSettings() {}

    /** The first block of YAML of a page. */
    static Map<String, Object> of(String page) {
        try {
            Matcher block = BLOCK.matcher(Files.readString(Path.of("..", "docs", "patterns", page)));
            if (!block.find()) {
                throw new IllegalArgumentException(page + ": no settings (expected: a block of YAML)");
            }
            return read(new ArrayList<>(block.group(1).lines().toList()), 0);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** What stands at one depth, which is taken off the lines. */
    private static Map<String, Object> read(List<String> lines, int depth) {
        Map<String, Object> map = new LinkedHashMap<>();
        while (!lines.isEmpty() && indent(lines.get(0)) == depth) {
            String[] entry = lines.remove(0).strip().split(":", 2);
            String value = entry[1].strip();
            map.put(entry[0], value.isEmpty() ? read(lines, depth + 2) : value.equals("{}") ? Map.of() : value);
        }
        return map;
    }

    private static int indent(String line) {
        return line.length() - line.stripLeading().length();
    }

    /** The settings of a policy that was built in code, as a guard of a file shows its own. */
    static Map<String, String> inForce(Policy<?> policy, String type) {
        return PolicyType.all().stream()
                .filter(each -> each.name().equals(type))
                .findFirst()
                .orElseThrow()
                .settings(policy);
    }

    /** The settings of the only policy of the guard named inventory. */
    static Map<String, String> inForce(Guards guards) {
        return guards.settings("inventory").values().iterator().next();
    }
}

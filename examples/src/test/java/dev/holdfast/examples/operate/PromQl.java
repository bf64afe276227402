// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.operate;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a query reads, as far as names go: metrics with their matchers, and labels that it groups by. */
record PromQl(List<Selector> selectors, Set<String> grouped) {
    /** A metric, and what its labels are to be. */
    record Selector(String metric, List<Condition> conditions) {}

    /** What a label is to be: by one of {@code =}, {@code !=}, {@code =~} and {@code !~}. */
    record Condition(String label, String operator, String value) {
        boolean holds(String is) {
            boolean equal = operator.endsWith("~") ? is.matches(value) : is.equals(value);
            return operator.startsWith("!") != equal;
        }
    }

    private static final Pattern SELECTOR = Pattern.compile("\\b(holdfast[_:][a-zA-Z0-9_:]*)(?:\\{([^}]*)\\})?");
    private static final Pattern CONDITION = Pattern.compile("([a-zA-Z_]+)\\s*(=~|!~|!=|=)\\s*\"([^\"]*)\"");
    private static final Pattern GROUPING =
            Pattern.compile("\\b(?:by|without|on|ignoring|group_left|group_right)\\s*\\(([^)]*)\\)");

    static PromQl of(String query) {
        Set<String> grouped = new LinkedHashSet<>();
        Matcher groups = GROUPING.matcher(query);
        while (groups.find()) {
            for (String label : groups.group(1).split(",")) {
                if (!label.isBlank()) {
                    grouped.add(label.strip());
                }
            }
        }
        List<Selector> selectors = new ArrayList<>();
        // Labels have names like metrics have.
        Matcher found = SELECTOR.matcher(groups.replaceAll(" "));
        while (found.find()) {
            List<Condition> conditions = new ArrayList<>();
            Matcher condition = CONDITION.matcher(found.group(2) == null ? "" : found.group(2));
            while (condition.find()) {
                conditions.add(new Condition(condition.group(1), condition.group(2), condition.group(3)));
            }
            selectors.add(new Selector(found.group(1), conditions));
        }
        return new PromQl(selectors, grouped);
    }
}

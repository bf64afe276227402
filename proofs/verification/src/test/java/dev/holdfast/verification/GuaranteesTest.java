// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The last column of docs/guarantees.md names the tests whose display names begin with the row's id, all of them and no others.
 * After a change that is meant, run this test with {@code -Dholdfast.guarantees.write=true} and read the difference.
 */
class GuaranteesTest {
    private static final Path ROOT = Path.of("..", "..");
    private static final Path PAGE = ROOT.resolve("docs").resolve("guarantees.md");
    private static final String ID = "[A-Z]{2}-\\d+";
    private static final Pattern SHOWN =
            Pattern.compile("(?:@(?:DisplayName|Label)\\(\\s*\"|/\\*\\* )((?:" + ID + "[ ,:]+)+)");
    private static final Pattern ROW = Pattern.compile("\\| (" + ID + ") \\| (.*) \\| (.*) \\|");
    private static final String RACES = "jcstress";

    @Test
    @DisplayName("Each guarantee names the tests that show it, and each id of a test is that of a guarantee")
    void shownBy() throws IOException {
        Map<String, Map<String, Set<String>>> shown = shown();
        List<String> lines = new ArrayList<>();
        Set<String> promised = new TreeSet<>();
        for (String line : Files.readAllLines(PAGE)) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                promised.add(row.group(1));
                lines.add("| " + row.group(1) + " | " + row.group(2) + " | " + text(shown.get(row.group(1))) + " |");
            } else {
                lines.add(line);
            }
        }
        if (Boolean.getBoolean("holdfast.guarantees.write")) {
            Files.write(PAGE, lines);
        }
        assertThat(Files.readAllLines(PAGE)).isEqualTo(lines);
        assertThat(lines).noneMatch(line -> line.endsWith("| nothing |"));
        assertThat(shown.keySet()).isEqualTo(promised);
    }

    private static String text(Map<String, Set<String>> tests) {
        if (tests == null) {
            return "nothing";
        }
        return tests.entrySet().stream()
                .map(module -> (module.getKey().equals(RACES) ? RACES : "`" + module.getKey() + "`") + ": "
                        + String.join(", ", module.getValue()))
                .collect(Collectors.joining("; "));
    }

    /** By id, then by module: the names of tests. */
    private static Map<String, Map<String, Set<String>>> shown() throws IOException {
        Map<String, Map<String, Set<String>>> shown = new TreeMap<>();
        for (Path source : sources()) {
            String name = source.getFileName().toString().replace(".java", "");
            String module = name.endsWith("Stress") ? RACES : module(source);
            Matcher text = SHOWN.matcher(Files.readString(source));
            while (text.find()) {
                for (String id : text.group(1).split("[ ,:]+")) {
                    shown.computeIfAbsent(id, any -> new TreeMap<>(GuaranteesTest::inOrder))
                            .computeIfAbsent(module, any -> new TreeSet<>())
                            .add(name);
                }
            }
        }
        return shown;
    }

    /** By name, and what no build runs at the end. */
    private static int inOrder(String a, String b) {
        int last = Boolean.compare(a.equals(RACES), b.equals(RACES));
        return last == 0 ? a.compareTo(b) : last;
    }

    private static String module(Path source) {
        Path path = ROOT.relativize(source);
        int end = 0;
        while (!path.getName(end).toString().equals("src")) {
            end++;
        }
        return path.getName(end - 1).toString();
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(file -> {
                        String path = file.toString().replace('\\', '/');
                        return path.contains("/src/test/java/") && path.endsWith("Test.java")
                                || path.contains("/src/main/java/") && path.endsWith("Stress.java");
                    })
                    .sorted()
                    .toList();
        }
    }
}

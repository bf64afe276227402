// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What docs/drills.md tells people to copy is what has been drilled. */
class DocsTest {
    private static final Path SOURCES = Path.of("src", "main", "java", "dev", "holdfast", "drills");
    private static final Path PAGE = Path.of("..", "..", "docs", "drills.md");

    @Test
    void everyJavaBlockIsDrilled() throws IOException {
        assertThat(javaBlocks()).containsExactlyInAnyOrderElementsOf(snippets());
    }

    @Test
    void everyCaseHasItsRow() throws IOException {
        String page = Files.readString(PAGE);

        assertThat(Case.all()).allSatisfy(each -> assertThat(page).contains("\n| " + each.name() + " | "));
        assertThat(page).contains(Result.HEAD);
    }

    private static List<String> javaBlocks() throws IOException {
        List<String> blocks = new ArrayList<>();
        Matcher matcher = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(PAGE));
        while (matcher.find()) {
            blocks.add(matcher.group(1).strip());
        }
        return blocks;
    }

    private static Collection<String> snippets() throws IOException {
        Map<String, String> found = new LinkedHashMap<>();
        try (DirectoryStream<Path> sources = Files.newDirectoryStream(SOURCES, "*.java")) {
            for (Path source : sources) {
                addSnippets(found, Files.readAllLines(source));
            }
        }
        found.replaceAll((name, text) -> text.stripTrailing().stripIndent().strip());
        return found.values();
    }

    /** What stands between "tag: name" and "end"; a name that comes again goes on where it stopped. */
    private static void addSnippets(Map<String, String> found, List<String> lines) {
        String open = null;
        for (String line : lines) {
            if (line.strip().startsWith("// tag: ")) {
                open = line.strip().substring("// tag: ".length());
            } else if (line.strip().equals("// end")) {
                open = null;
            } else if (open != null) {
                found.merge(open, line + "\n", String::concat);
            }
        }
    }
}

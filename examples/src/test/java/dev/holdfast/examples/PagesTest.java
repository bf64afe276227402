// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Meter;
import dev.holdfast.Source;
import dev.holdfast.chaos.Chaos;
import dev.holdfast.chaos.ChaosReply;
import dev.holdfast.failover.Replicas;
import dev.holdfast.health.Healing;
import dev.holdfast.health.Health;
import dev.holdfast.health.Heartbeats;
import dev.holdfast.health.Probes;
import dev.holdfast.quorum.Quorum;
import dev.holdfast.quorum.RecoveryBlock;
import dev.holdfast.quorum.Vote;
import dev.holdfast.settings.PolicyType;
import dev.holdfast.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the pages of the documentation show is compiled, their tables are made of the schemas and the meters, and their links lead
 * somewhere. {@code -Dholdfast.docs.write=true} writes the tables anew.
 */
public class PagesTest {
    private static final Path ROOT = Path.of("..");
    /** Blocks that are a user's tests are tests here, too. */
    private static final List<Path> SOURCES = List.of(
            Path.of("src", "main", "java", "dev", "holdfast", "examples"),
            Path.of("src", "test", "java", "dev", "holdfast", "examples", "pages"));

    private static final Pattern TABLE =
            Pattern.compile("<!-- (settings|meters|defaults): ([a-z- ]+) -->\n(.*?)<!-- end -->", Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(#[^)]*)?\\)");

    /** What types need to be built at all. */
    private static final Map<String, Map<String, Object>> NEEDED = Map.of(
            "hedge", Map.of("repeatable", true),
            "timeout", Map.of("duration", "1s"),
            "total-timeout", Map.of("duration", "1s"),
            "rate-limiter", Map.of("limits", "10/1s"),
            "fallback", Map.of("last-good", "1m"));

    static List<Path> pages() throws IOException {
        List<Path> pages = new ArrayList<>(List.of(
                ROOT.resolve("README.md"),
                ROOT.resolve("docs/calling.md"),
                ROOT.resolve("docs/guard.md"),
                ROOT.resolve("docs/http.md"),
                ROOT.resolve("docs/micrometer.md"),
                ROOT.resolve("docs/opentelemetry.md"),
                ROOT.resolve("docs/flight-recorder.md"),
                ROOT.resolve("docs/availability.md"),
                ROOT.resolve("docs/experiments.md"),
                ROOT.resolve("docs/health.md"),
                ROOT.resolve("docs/configuration.md"),
                ROOT.resolve("docs/shutting-down.md"),
                ROOT.resolve("docs/simulation.md")));
        for (String folder : List.of("docs/patterns", "docs/operate")) {
            try (Stream<Path> inside = Files.list(ROOT.resolve(folder))) {
                inside.sorted().forEach(pages::add);
            }
        }
        return pages;
    }

    @ParameterizedTest
    @MethodSource("pages")
    @DisplayName("every Java block is compiled")
    void javaIsCompiled(Path page) throws IOException {
        if (page.equals(ROOT.resolve("README.md"))) {
            return; // ReadmeTest has its own.
        }
        Set<String> compiled = new LinkedHashSet<>();
        for (Path folder : SOURCES) {
            try (Stream<Path> sources = Files.walk(folder)) {
                for (Path source : sources.filter(file -> file.toString().endsWith(".java"))
                        .toList()) {
                    compiled.addAll(snippets(source).values());
                }
            }
        }
        assertThat(compiled).containsAll(javaBlocks(page));
    }

    @ParameterizedTest
    @MethodSource("pages")
    @DisplayName("every table is what the schemas and the meters say")
    void tablesAreTrue(Path page) throws IOException {
        String text = Files.readString(page);
        String right = TABLE.matcher(text)
                .replaceAll(found -> Matcher.quoteReplacement("<!-- " + found.group(1) + ": " + found.group(2)
                        + " -->\n" + table(found.group(1), found.group(2)) + "<!-- end -->"));
        if (Boolean.getBoolean("holdfast.docs.write")) {
            Files.writeString(page, right);
            text = right;
        }
        assertThat(text).isEqualTo(right);
    }

    @ParameterizedTest
    @MethodSource("pages")
    @DisplayName("every link to a file leads to one")
    void linksLeadSomewhere(Path page) throws IOException {
        Matcher links = LINK.matcher(Files.readString(page));
        List<String> broken = new ArrayList<>();
        while (links.find()) {
            if (!Files.exists(page.resolveSibling(links.group(1)))) {
                broken.add(links.group(1));
            }
        }
        assertThat(broken).isEmpty();
    }

    // ---- Tables ---------------------------------------------------------------------------------------------------

    private static String table(String what, String name) {
        return switch (what) {
            case "settings" -> settings(type(name));
            case "meters" -> meters(name);
            default -> defaults();
        };
    }

    private static PolicyType<?, ?> type(String name) {
        return PolicyType.all().stream()
                .filter(type -> type.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static String settings(PolicyType<?, ?> type) {
        StringBuilder out =
                new StringBuilder("| setting | default | values | what it does |\n| --- | --- | --- | --- |\n");
        Map<String, String> defaults = type.defaults();
        for (Setting<?, ?> setting : type.schema().settings()) {
            String value = setting.isRequired() ? "has to be given" : "`" + defaults.get(setting.name()) + "`";
            String stays = setting.isFixed() ? " Stays as it is once the policy is built." : "";
            out.append("| `%s` | %s | %s | %s%s |\n"
                    .formatted(setting.name(), value, setting.kind().expected(), setting.text(), stays));
        }
        return out.toString();
    }

    private static String meters(String kind) {
        StringBuilder out =
                new StringBuilder("| meter | unit | kind | labels | what it says |\n| --- | --- | --- | --- | --- |\n");
        Map<String, List<Meter>> byName = new LinkedHashMap<>();
        for (Source source : examples()) {
            if (source.kind().equals(kind) && byName.isEmpty()) {
                source.meters()
                        .forEach(meter -> byName.computeIfAbsent(meter.name(), any -> new ArrayList<>())
                                .add(meter));
            }
        }
        byName.forEach((name, meters) -> {
            Meter one = meters.get(0);
            out.append("| `%s` | `%s` | %s | %s | %s |\n"
                    .formatted(name, one.unit(), one.kind().name().toLowerCase(), MeterLabels.of(meters), one.text()));
        });
        return out.toString();
    }

    /** One of each kind. */
    private static List<Source> examples() {
        List<Source> examples = new ArrayList<>();
        for (PolicyType<?, ?> type : PolicyType.all()) {
            if (!type.needsCode()) {
                examples.add(type.make("page", NEEDED.getOrDefault(type.name(), Map.of())));
            }
        }
        examples.add(Chaos.builder("page").build());
        examples.add(ChaosReply.builder("page").build());
        examples.add(Quorum.writes("page", String.class)
                .over("berlin", "paris", "dublin")
                .build());
        examples.add(Vote.builder("page", String.class)
                .over("berlin", "paris", "dublin")
                .build());
        examples.add(RecoveryBlock.<String, String>builder("page")
                .alternative("fast", "fast")
                .alternative("exact", "exact")
                .build());
        Probes<String> probes = Probes.<String>builder("page").check(node -> {}).build();
        examples.add(probes);
        examples.add(Heartbeats.<String>builder("page").build());
        examples.add(Healing.<String>builder("page").heal(node -> {}).follow(probes));
        examples.add(Health.builder("page").build());
        Replicas<String> replicas = Replicas.of("page", List.of("berlin", "paris"));
        examples.add(replicas);
        examples.add(replicas.balancer());
        return examples;
    }

    private static String defaults() {
        StringBuilder out = new StringBuilder("| policy | defaults |\n| --- | --- |\n");
        for (PolicyType<?, ?> type : PolicyType.all()) {
            if (type.needsCode()) {
                continue;
            }
            List<String> shown = new ArrayList<>();
            UnaryOperator<String> code = text -> "`" + text + "`";
            Map<String, String> defaults = type.defaults();
            type.schema().settings().forEach(setting -> {
                String value = defaults.get(setting.name());
                shown.add(
                        setting.isRequired()
                                ? setting.name() + " has to be given"
                                : value.equals("none") || value.isEmpty()
                                        ? "no " + setting.name()
                                        : setting.name() + " " + code.apply(value));
            });
            out.append("| ")
                    .append(type.name())
                    .append(" | ")
                    .append(String.join("; ", shown))
                    .append(" |\n");
        }
        return out.toString();
    }

    // ---- Code -----------------------------------------------------------------------------------------------------

    /** The Java blocks of a page. */
    public static List<String> javaBlocks(Path markdown) throws IOException {
        List<String> blocks = new ArrayList<>();
        Matcher matcher = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(markdown));
        while (matcher.find()) {
            blocks.add(matcher.group(1).strip());
        }
        return blocks;
    }

    /** What stands between "tag: name" and "end", by name; a name that comes again goes on where it stopped. */
    public static Map<String, String> snippets(Path source) throws IOException {
        Map<String, StringBuilder> found = new LinkedHashMap<>();
        StringBuilder open = null;
        for (String line : Files.readAllLines(source)) {
            if (line.strip().startsWith("// tag: ")) {
                open = found.computeIfAbsent(line.strip().substring(8), name -> new StringBuilder());
            } else if (line.strip().equals("// end")) {
                open = null;
            } else if (open != null) {
                open.append(line).append('\n');
            }
        }
        Map<String, String> snippets = new LinkedHashMap<>();
        found.forEach((name, text) ->
                snippets.put(name, text.toString().stripTrailing().stripIndent().strip()));
        return snippets;
    }
}

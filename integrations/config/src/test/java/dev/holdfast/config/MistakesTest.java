// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.settings.SettingsException;
import dev.holdfast.testkit.VirtualTime;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is said of settings that are wrong: once, where it is written, in the names of the file. */
class MistakesTest {
    private final VirtualTime time = VirtualTime.create();

    private List<String> problems(Map<String, ?> settings) {
        SettingsException thrown = catchThrowableOfType(SettingsException.class, () -> Guards.of(settings, time));
        return thrown == null ? List.of() : thrown.problems();
    }

    private static Map<String, Object> guards(String policy, Object settings) {
        return Map.of("guards", Map.of("a", Map.of(policy, settings)));
    }

    @Test
    @DisplayName(
            "ST-2 a mistake in defaults or a template is said once, where it is written, and also where nobody uses it")
    void whereItIsWritten() {
        Map<String, Object> guards =
                Map.of("a", Map.of("like", "used"), "b", Map.of("like", "used", "retry", Map.of("max-duration", "1s")));
        assertThat(problems(Map.of(
                        "defaults", Map.of("retry", Map.of("backoff", "soon")),
                        "templates",
                                Map.of(
                                        "used",
                                                Map.of(
                                                        "retry",
                                                        Map.of("max-attempts", 0, "ignore", List.of("+no.Such")),
                                                        "circuit-breaker",
                                                        Map.of("over", "10 calls", "minimum-calls", 20)),
                                        "unused", Map.of("timeout", "400")),
                        "guards", guards)))
                .satisfiesExactlyInAnyOrder(
                        text -> assertThat(text).startsWith("defaults.retry.backoff: 'soon' (expected: "),
                        text -> assertThat(text).startsWith("templates.used.retry.max-attempts: '0' (expected: "),
                        text -> assertThat(text)
                                .startsWith(
                                        "templates.used.retry.ignore: 'no.Such' was not found, or cannot be loaded"),
                        text -> assertThat(text)
                                .startsWith("templates.used.circuit-breaker.minimum-calls: 20 (expected: "),
                        text -> assertThat(text).startsWith("templates.unused.timeout.duration: '400' (expected: "));
    }

    @Test
    @DisplayName(
            "ST-2 what is missing is said also where another value is wrong; a template may leave it to its guards")
    void missing() {
        assertThat(problems(guards("rate-limiter", Map.of("wait-up-to", "soon"))))
                .satisfiesExactlyInAnyOrder(
                        text -> assertThat(text).startsWith("guards.a.rate-limiter.wait-up-to: 'soon'"),
                        text -> assertThat(text).startsWith("guards.a.rate-limiter.limits: missing"));
        assertThat(problems(Map.of(
                        "templates", Map.of("t", Map.of("timeout", Map.of("interrupt", false))),
                        "guards", Map.of("a", Map.of("like", "t", "timeout", "1s")))))
                .isEmpty();
    }

    @Test
    @DisplayName("ST-2 a guard that guards nothing is refused")
    void empty() {
        for (Object nothing : new Object[] {null, Map.of(), Collections.singletonMap("retry", null)}) {
            assertThat(problems(Map.of("guards", Collections.singletonMap("inventory", nothing))))
                    .singleElement()
                    .asString()
                    .startsWith("guards.inventory: no policy (expected: one of fallback, ");
        }
        assertThat(problems(Collections.singletonMap("guards", null)))
                .containsExactly("guards: nothing (expected: a map of guards)");
        assertThat(problems(Map.of())).isEmpty();
        assertThat(problems(Map.of("guards", Map.of()))).isEmpty();
    }

    @Test
    @DisplayName("ST-2 settings have the names that they have in files, and each its own once")
    void namesOfFiles() {
        assertThat(problems(guards("circuit-breaker", Map.of("over", "10 calls", "minimum-calls", 20))))
                .singleElement()
                .asString()
                .startsWith("guards.a.circuit-breaker.minimum-calls: 20 (expected: ");
        if (Runtime.version().feature() < 21) {
            assertThat(problems(guards("bulkhead", Map.of("threads", "virtual"))))
                    .singleElement()
                    .asString()
                    .startsWith("guards.a.bulkhead.threads: ")
                    .doesNotContain("virtualThreads");
        }
    }

    @Test
    @DisplayName("ST-2 a duration that is longer than 292 years is refused, and not taken for none")
    void tooLong() {
        assertThat(problems(guards("timeout", "99999999999999d")))
                .singleElement()
                .asString()
                .startsWith("guards.a.timeout.duration: '99999999999999d' is longer than 292 years (expected: ");
    }

    @Test
    @DisplayName("ST-3 policies that contradict each other are refused, and not logged as well")
    void contradictionsAreSaidOnce() {
        PrintStream before = System.err;
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
        try {
            assertThat(problems(Map.of("guards", Map.of("once", Map.of("total-timeout", "1s", "timeout", "2s")))))
                    .hasSize(1);
        } finally {
            System.setErr(before);
        }
        assertThat(log.toString(StandardCharsets.UTF_8)).doesNotContain("Timeout 'once");
    }

    @Test
    @DisplayName("ST-1 keys with dots are paths, as those of properties are")
    void flat() {
        Guards guards = Guards.of(
                Map.of(
                        "guards.g.retry.max-attempts", "5",
                        "guards.g.timeout", "400ms",
                        "templates.t.retry.max-duration", "3s",
                        "guards.g.like", "t",
                        "guards", Map.of("with.dots", Map.of("retry", 2))),
                time);
        assertThat(guards.names()).containsExactlyInAnyOrder("g", "with.dots");
        assertThat(guards.settings("g").get("retry"))
                .containsEntry("max-attempts", "5")
                .containsEntry("max-duration", "3s");
        assertThat(guards.settings("g").get("timeout")).containsEntry("duration", "400ms");
        assertThat(problems(Map.of("guards.g.retry.max-atempts", "5")))
                .singleElement()
                .asString()
                .startsWith("guards.g.retry.max-atempts: unknown, did you mean max-attempts?");
        assertThat(problems(Map.of("guards.g.retry", 5, "guards.g.retry.max-attempts", 4)))
                .singleElement()
                .asString()
                .startsWith("guards.g.retry: 5 (expected: a value or settings below it, and not both)");
        assertThat(problems(Map.of("guard.g.retry", 5)))
                .singleElement()
                .asString()
                .startsWith("guard.g.retry: unknown");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.hedge.Hedge;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.testkit.Script;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.testkit.Way;
import dev.holdfast.timeout.Timeout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What went wrong elsewhere, where one module alone cannot show it; and that the list of docs/elsewhere.md names tests that are there. */
class ElsewhereTest {
    private static final Path ROOT = Path.of("..", "..");
    private static final Pattern NAMED = Pattern.compile("\\| `(\\w+)\\.(\\w+)` \\|");

    private final VirtualTime time = VirtualTime.create();

    private long millis() {
        return time.nanoTime() / 1_000_000;
    }

    private Hedge<Object> hedge(long delayMillis) {
        return Hedge.builder("hedge")
                .environment(time)
                .repeatable()
                .after(Duration.ofMillis(delayMillis))
                .runOn(time.threads())
                .build();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a timeout inside of a hedge ends its attempt only: the other one starts at once, and is the call's")
    void timeoutInside(Way way) {
        Pipeline<Object> pipeline = Pipeline.of(
                hedge(1_000),
                Timeout.builder("each", Duration.ofMillis(50)).environment(time).build());
        Script<String> work = Script.<String>of(time)
                .gives("late")
                .after(Duration.ofSeconds(5))
                .gives("second");

        assertThat(way.call(pipeline, work).result()).contains("second");

        assertThat(millis()).isEqualTo(50);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("what holds up the first attempt before its work counts as late")
    void clockStartsAtTheHedge(Way way) {
        RateLimiter limiter = RateLimiter.builder("limiter")
                .environment(time)
                .limit(1, Duration.ofMillis(100))
                .waitUpTo(Duration.ofSeconds(1))
                .build();
        Hedge<Object> hedge = hedge(30);
        List<Long> extras = new ArrayList<>();
        hedge.on(Event.AttemptStarted.class, event -> extras.add(millis()));
        limiter.call(() -> "the only one for now");

        assertThat(way.call(Pipeline.of(hedge, limiter), Script.<String>of(time).gives("a"))
                        .result())
                .contains("a");

        assertThat(extras).containsExactly(30L);
        assertThat(millis()).isEqualTo(100);
    }

    @Test
    @DisplayName("each test that the list names is there")
    void listed() throws IOException {
        Map<String, String> sources;
        try (Stream<Path> files = Files.walk(ROOT)) {
            sources = files.filter(file -> file.toString().endsWith("Test.java")
                            && !file.toString().contains("target"))
                    .collect(Collectors.toMap(
                            file -> file.getFileName().toString().replace(".java", ""),
                            ElsewhereTest::read,
                            (a, b) -> a + b));
        }
        Matcher named = NAMED.matcher(read(ROOT.resolve("docs/elsewhere.md")));
        int rows = 0;
        while (named.find()) {
            rows++;
            assertThat(sources.getOrDefault(named.group(1), ""))
                    .as(named.group())
                    .contains(" " + named.group(2) + "(");
        }
        assertThat(rows).isGreaterThan(25);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException cannotRead) {
            throw new IllegalStateException(cannotRead);
        }
    }
}

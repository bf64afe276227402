// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ObservationTest {
    private static final Duration LIMIT = Duration.ofMillis(10);
    private static final Duration HOUR = Duration.ofHours(1);

    private final VirtualTime time = VirtualTime.create();

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-1 listeners are told each timeout once, and change nothing, whatever they throw")
    void timedOut(Way way) throws Throwable {
        Timeout timeout = way.timeout(LIMIT, time, HOUR);
        List<Event.TimedOut> told = new ArrayList<>();
        timeout.on(Event.TimedOut.class, event -> {
            throw new StackOverflowError("listener");
        });
        timeout.on(Event.class, event -> told.add((Event.TimedOut) event));

        assertThatThrownBy(() -> way.call(timeout, HOUR, () -> "late")).isInstanceOf(TimeoutExceededException.class);

        assertThat(told).singleElement().satisfies(event -> {
            assertThat(event.policy()).isEqualTo("t");
            assertThat(event.limit()).isEqualTo(LIMIT);
            assertThat(event.call().name()).isEqualTo("t");
            assertThat(event.call().timeLeft()).isEqualTo(Optional.of(Duration.ZERO));
        });
        assertThat(timeout.counts()).isEqualTo(new Timeout.Counts(0, 1));
    }

    @Test
    @DisplayName("a call in time is no event")
    void quiet() {
        Timeout timeout = Timeout.builder("t", LIMIT).environment(time).build();
        List<Event> told = new ArrayList<>();
        timeout.on(Event.class, told::add);

        timeout.run(() -> {});

        assertThat(told).isEmpty();
        assertThatThrownBy(() -> timeout.on(Event.Recovered.class, event -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Timeout['t' PT0.01S]");
    }

    @Test
    @DisplayName("prints its name, escaped, and its limit")
    void prints() {
        assertThat(Timeout.of("a\nb", Duration.ofSeconds(2))).hasToString("Timeout['a\\nb' PT2S]");
        assertThat(Timeout.builder("t", call -> LIMIT).build()).hasToString("Timeout['t' by call]");
        assertThat(Pipeline.of(Timeout.of("all", LIMIT), Timeout.of("each", Duration.ofSeconds(Long.MAX_VALUE))))
                .hasToString("Pipeline[Timeout['all' PT0.01S] > Timeout['each' no limit]]");
    }

    @Test
    @DisplayName("XC-7 bad arguments are refused at once, by name")
    void arguments() {
        assertThatThrownBy(() -> Timeout.of(" ", LIMIT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("name: ' '");
        assertThatThrownBy(() -> Timeout.of("t", null)).hasMessage("duration: null (expected: a value)");
        assertThatThrownBy(() -> Timeout.builder("t", LIMIT).environment(null)).hasMessageStartingWith("environment: ");
        assertThatThrownBy(() -> Timeout.builder("t", LIMIT).runOn(null)).hasMessageStartingWith("executor: ");
    }
}

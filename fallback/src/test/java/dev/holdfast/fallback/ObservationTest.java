// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Classifier;
import dev.holdfast.Event;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ObservationTest {
    private final VirtualTime time = VirtualTime.create();
    private final IOException failure = new IOException("no");

    private FallbackBuilder<String> builder() {
        return Fallback.builder("f", String.class).environment(time);
    }

    private String fails() throws IOException {
        throw failure;
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-1 listeners are told each replacement once, and change nothing, whatever they throw")
    void recovered(Way way) throws Throwable {
        Fallback<String> fallback = builder().value("replaced").build();
        List<Event.Recovered> told = new ArrayList<>();
        fallback.on(Event.Recovered.class, event -> {
            throw new IllegalStateException("listener");
        });
        fallback.on(Event.Recovered.class, told::add);

        assertThat(way.call(fallback, this::fails)).isEqualTo("replaced");
        way.call(fallback, () -> "good");

        assertThat(told).singleElement().satisfies(event -> {
            assertThat(event.policy()).isEqualTo("f");
            assertThat(event.outcome().failure()).isSameAs(failure);
            assertThat(event.outcome().result().orElse(null)).isNull();
        });
        assertThat(failure).hasNoSuppressedExceptions();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a fallback that fails tells nothing of a recovery")
    void failed(Way way) {
        Fallback<String> fallback = builder()
                .callAsync(() -> CompletableFuture.failedFuture(new IllegalStateException("step")))
                .build();
        List<Event> told = new ArrayList<>();
        fallback.on(Event.class, told::add);

        assertThatThrownBy(() -> way.call(fallback, this::fails)).isInstanceOf(IllegalStateException.class);

        assertThat(told).isEmpty();
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(0, 0, 0, 1));
    }

    @Test
    @DisplayName("XC-1 a listener that throws at a stale result does not keep it from the caller")
    void staleListener() throws Throwable {
        Fallback<String> fallback = builder().lastGood(Duration.ofHours(1)).build();
        fallback.on(Fallback.StaleServed.class, event -> {
            throw new StackOverflowError("listener");
        });
        fallback.call(() -> "old");

        assertThat(Way.BLOCKING.call(fallback, this::fails)).isEqualTo("old");
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(1, 1, 1, 0));
    }

    @Test
    @DisplayName(
            "MX-2 a stale result that nobody has got yet is not counted, so that there are never more than replaced ones")
    void staleIsCountedWithWhatItIsPartOf() throws Throwable {
        Fallback<String> fallback = builder().lastGood(Duration.ofHours(1)).build();
        List<Fallback.Counts> seen = new ArrayList<>();
        fallback.on(Fallback.StaleServed.class, event -> seen.add(fallback.counts()));
        fallback.call(() -> "old");

        Way.BLOCKING.call(fallback, this::fails);

        assertThat(seen).containsExactly(new Fallback.Counts(1, 0, 0, 0));
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(1, 1, 1, 0));
    }

    @Test
    @DisplayName("prints its name, escaped, and its steps in their order")
    void prints() {
        assertThat(Fallback.builder("a\nb", String.class)
                        .lastGoodPerArgument(Duration.ofSeconds(10), 100)
                        .call(() -> "")
                        .callAsyncWith(call -> CompletableFuture.completedFuture(""))
                        .lastGood(Duration.ofMinutes(5))
                        .apply(failed -> "")
                        .value("")
                        .build())
                .hasToString("Fallback['a\\nb' last good per argument up to PT10S, call, async call, "
                        + "last good up to PT5M, function, value]");
        assertThat(Fallback.of("f", String.class, "value")).hasToString("Fallback['f' value]");
    }

    @Test
    @DisplayName("XC-7 bad arguments are refused at once, by name")
    void arguments() {
        assertThatThrownBy(() -> Fallback.of("", String.class, "value")).hasMessageStartingWith("name: ''");
        assertThatThrownBy(() -> builder().build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("steps: none (expected: a value, function, call or last good result)");
        assertThatThrownBy(() -> builder().environment(null)).hasMessageStartingWith("environment: null");
        assertThatThrownBy(() -> builder().apply(null)).hasMessageStartingWith("function: null");
        assertThatThrownBy(() -> builder().call(null)).hasMessageStartingWith("other: null");
        assertThatThrownBy(() -> builder().callWith(null)).hasMessageStartingWith("other: null");
        assertThatThrownBy(() -> builder().callAsync(null)).hasMessageStartingWith("other: null");
        assertThatThrownBy(() -> builder().callAsyncWith(null)).hasMessageStartingWith("other: null");
        assertThatThrownBy(() -> builder().lastGood(null)).hasMessageStartingWith("age: null");
        assertThatThrownBy(() -> builder().onResult(null)).hasMessageStartingWith("predicate: null");
        assertThatThrownBy(() -> builder().classify((UnaryOperator<Classifier<String>>) null))
                .hasMessageStartingWith("change: null");
        assertThatThrownBy(() -> builder().classify(so -> null)).hasMessageStartingWith("classifier: null");
        assertThatThrownBy(() -> Fallback.of("f", String.class, "value").on(Event.TimedOut.class, event -> {}))
                .hasMessageContaining("Fallback['f' value]");
    }

    @Test
    @DisplayName("a fallback that is built keeps its steps and rules, whatever its builder is used for")
    void builderAfterwards() throws Throwable {
        FallbackBuilder<String> builder = builder().value("first");
        Fallback<String> fallback = builder.build();

        builder.onRejectionsOnly().value("second");

        assertThat(Way.BLOCKING.call(fallback, this::fails)).isEqualTo("first");
        assertThat(fallback).hasToString("Fallback['f' value]");
    }
}

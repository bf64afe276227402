// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Outcome;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReplacedTest {
    private final VirtualTime time = VirtualTime.create();
    private final List<Outcome<String>> seen = new ArrayList<>();

    @AfterEach
    void noTimerIsLeft() {
        assertThat(time.pendingTimers()).isZero();
    }

    private FallbackBuilder<String> builder() {
        return Fallback.builder("f", String.class).environment(time).apply(failed -> {
            seen.add(failed);
            return "replaced";
        });
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("FB-1 a success is passed on, null too, and no step runs")
    void success(Way way) throws Throwable {
        Fallback<String> fallback = builder().build();

        assertThat(way.call(fallback, () -> "result")).isEqualTo("result");
        assertThat(way.<String>call(fallback, () -> null)).isNull();

        assertThat(seen).isEmpty();
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(2, 0, 0, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("FB-1 a failure or refusal is replaced, by one run of the step, which sees it as it was thrown")
    void failures(Way way) throws Throwable {
        Fallback<String> fallback = builder().build();

        List<Exception> failures = List.of(
                new IOException("no"), new IllegalStateException("no"), new TimeoutException("no"), new Refusal());
        for (Exception failure : failures) {
            assertThat(way.call(fallback, () -> sneak(failure))).isEqualTo("replaced");
            assertThat(failure).hasNoSuppressedExceptions();
        }

        assertThat(seen).extracting(Outcome::failure).containsExactlyElementsOf(failures);
        assertThat(seen).extracting(Outcome::result).containsOnly(Optional.empty());
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(0, 4, 0, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("FB-1 never for an Error, an interrupt or a cancellation, bare or in a future's wrapper")
    void neverForThese(Way way) {
        Fallback<String> fallback = builder().build();

        for (Throwable thrown : new Throwable[] {
            new StackOverflowError("no"),
            new OutOfMemoryError("no"),
            new AssertionError("no"),
            new InterruptedException("no"),
            new CancellationException("no")
        }) {
            assertThatThrownBy(() -> way.call(fallback, () -> sneak(thrown))).isSameAs(thrown);
            assertThatThrownBy(() -> way.call(fallback, () -> sneak(new ExecutionException(thrown))))
                    .hasCause(thrown);
            if (way == Way.BLOCKING) {
                assertThatThrownBy(() -> way.call(fallback, () -> sneak(new CompletionException(thrown))))
                        .hasCause(thrown);
            }
            assertThat(thrown.getSuppressed()).isEmpty();
        }
        assertThat(seen).isEmpty();
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(0, 0, 0, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("results are replaced where a predicate says so, null and all")
    void results(Way way) throws Throwable {
        Fallback<String> fallback =
                builder().onResult(text -> text == null || text.isEmpty()).build();

        assertThat(way.call(fallback, () -> "")).isEqualTo("replaced");
        assertThat(way.<String>call(fallback, () -> null)).isEqualTo("replaced");
        assertThat(way.call(fallback, () -> "good")).isEqualTo("good");
        assertThat(way.call(fallback, () -> sneak(new IOException()))).isEqualTo("replaced");

        assertThat(seen).hasSize(3).extracting(Outcome::result).startsWith(Optional.of(""), Optional.empty());
        assertThat(seen.get(0).failure()).isNull();
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(1, 3, 0, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("on rejections only: what the dependency throws or gives passes, whatever was said before")
    void rejectionsOnly(Way way) throws Throwable {
        Fallback<String> fallback = builder()
                .onResult(String::isEmpty)
                .classify(so -> so.failOn(IOException.class, Error.class).failIf(thrown -> true))
                .onRejectionsOnly()
                .build();

        for (Throwable thrown : new Throwable[] {new IOException("no"), new RuntimeException("no"), new Error("no")}) {
            assertThatThrownBy(() -> way.call(fallback, () -> sneak(thrown))).isSameAs(thrown);
        }
        assertThat(way.call(fallback, () -> "")).isEmpty();
        assertThat(seen).isEmpty();
        assertThat(way.call(fallback, () -> sneak(new Refusal()))).isEqualTo("replaced");
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(1, 1, 0, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("rules after onRejectionsOnly come on top of it")
    void rejectionsAndMore(Way way) throws Throwable {
        Fallback<String> fallback = builder()
                .onRejectionsOnly()
                .onResult(String::isEmpty)
                .classify(so -> so.failOn(TimeoutException.class))
                .build();

        assertThat(way.call(fallback, () -> "")).isEqualTo("replaced");
        assertThat(way.call(fallback, () -> sneak(new TimeoutException()))).isEqualTo("replaced");
        assertThatThrownBy(() -> way.call(fallback, () -> sneak(new IOException())))
                .isInstanceOf(IOException.class);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("whoever asks for errors, interrupts and cancellations gets them replaced")
    void onRequest(Way way) throws Throwable {
        Fallback<String> fallback = builder()
                .classify(so -> so.failOn(LinkageError.class, InterruptedException.class, CancellationException.class))
                .classify(so -> so.ignoreIf(thrown -> "ours".equals(thrown.getMessage())))
                .build();

        assertThat(way.call(fallback, () -> sneak(new NoClassDefFoundError()))).isEqualTo("replaced");
        assertThat(way.call(fallback, () -> sneak(new InterruptedException()))).isEqualTo("replaced");
        assertThat(way.call(fallback, () -> sneak(new CancellationException()))).isEqualTo("replaced");
        assertThatThrownBy(() -> way.call(fallback, () -> sneak(new IOException("ours"))))
                .hasMessage("ours");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "XC-20 a classifier that throws: no step runs, and the outcome stands; a failure carries what it threw")
    void brokenClassifier(Way way) throws Throwable {
        IOException failure = new IOException("no");
        IllegalStateException broken = new IllegalStateException("broken");
        Fallback<String> fallback = builder()
                .classify(so -> so.failIf(thrown -> {
                    throw broken;
                }))
                .build();

        assertThatThrownBy(() -> way.call(fallback, () -> sneak(failure)))
                .isSameAs(failure)
                .hasSuppressedException(broken);
        assertThat(seen).isEmpty();

        Fallback<String> ofResults = builder()
                .onResult(value -> {
                    throw broken;
                })
                .build();
        assertThat(way.call(ofResults, () -> "result")).isEqualTo("result");
        assertThat(seen).isEmpty();
    }

    @SuppressWarnings("unchecked")
    private static <X extends Throwable> String sneak(Throwable thrown) throws X {
        throw (X) thrown;
    }
}

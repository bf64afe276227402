// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.CallInterruptedException;
import dev.holdfast.Pipeline;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StepsTest {
    private final VirtualTime time = VirtualTime.create();
    private final List<String> steps = new ArrayList<>();
    private final IOException failure = new IOException("no");

    @AfterEach
    void noTimerIsLeft() {
        assertThat(time.pendingTimers()).isZero();
    }

    private FallbackBuilder<String> builder() {
        return Fallback.builder("f", String.class).environment(time);
    }

    private String fails() throws IOException {
        throw failure;
    }

    /** A step that notes that it runs, and throws. */
    private <T> T step(String name, Throwable thrown) {
        steps.add(name);
        throw StepsTest.<RuntimeException>sneak(thrown);
    }

    private String step(String name) {
        steps.add(name);
        return name;
    }

    private CompletionStage<String> later(String name, Throwable thrown) {
        steps.add(name);
        CompletableFuture<String> stage = new CompletableFuture<>();
        time.schedule(
                () -> {
                    if (thrown == null) {
                        stage.complete(name);
                    } else {
                        stage.completeExceptionally(thrown);
                    }
                },
                1_000_000);
        return stage;
    }

    @SuppressWarnings("unchecked")
    private static <X extends Throwable> X sneak(Throwable thrown) throws X {
        throw (X) thrown;
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("FB-1 steps run in their order, each once, until one gives something")
    void order(Way way) throws Throwable {
        Fallback<String> fallback = builder()
                .apply(failed -> step("function", new IllegalStateException()))
                .call(() -> step("call", new Refusal()))
                .callAsync(() -> step("no stage", new IOException()))
                .callAsync(() -> null)
                .callAsync(() -> later("stage", new IOException()))
                .callAsync(() -> CompletableFuture.failedStage(new CompletionException(new IOException())))
                .lastGood(Duration.ofHours(1))
                .callWith(call -> step("callWith"))
                .value("never")
                .build();

        assertThat(way.call(fallback, this::fails)).isEqualTo("callWith");

        assertThat(steps).containsExactly("function", "call", "no stage", "stage", "callWith");
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(0, 1, 0, 0));
        assertThat(failure).hasNoSuppressedExceptions();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("FB-2 null is what a step gives as well as anything else")
    void nulls(Way way) throws Throwable {
        assertThat(way.call(
                        Fallback.builder("f", Object.class)
                                .environment(time)
                                .value(null)
                                .build(),
                        this::fails))
                .isNull();
        assertThat(way.call(builder().call(() -> null).value("never").build(), this::fails))
                .isNull();
        assertThat(way.call(builder().apply(failed -> null).value("never").build(), this::fails))
                .isNull();
        assertThat(way.call(
                        builder()
                                .callAsync(() -> CompletableFuture.completedFuture(null))
                                .value("never")
                                .build(),
                        this::fails))
                .isNull();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("what a step gives is taken as it is, even if the fallback would replace it")
    void takenAsItIs(Way way) throws Throwable {
        Fallback<String> fallback =
                builder().onResult(String::isEmpty).value("").value("never").build();

        assertThat(way.call(fallback, () -> "")).isEmpty();
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(0, 1, 0, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("FB-2 when all steps fail, the last failure is thrown as it is and carries the others, the first too")
    void allFail(Way way) {
        IOException first = new IOException("step 1");
        IllegalStateException second = new IllegalStateException("step 2");
        Refusal third = new Refusal();
        Fallback<String> fallback = builder()
                .call(() -> step("1", first))
                .callAsync(() -> later("2", new CompletionException(second)))
                .call(() -> step("3", third))
                .build();

        Throwable thrown = catchThrowable(() -> way.call(fallback, this::fails));

        assertThat(thrown).isSameAs(third);
        assertThat(thrown.getSuppressed()).containsExactlyInAnyOrder(failure, first, second);
        assertThat(first).hasNoSuppressedExceptions();
        assertThat(second).hasNoSuppressedExceptions();
        assertThat(failure).hasNoSuppressedExceptions();
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(0, 0, 0, 1));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("FB-2 a step that throws the failure again changes nothing about it")
    void throwsAgain(Way way) {
        Fallback<String> fallback =
                builder().apply(failed -> step("again", failed.failure())).build();

        assertThatThrownBy(() -> way.call(fallback, this::fails))
                .isSameAs(failure)
                .hasNoSuppressedExceptions();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("FB-2 exceptions that all calls share carry no more than ten others")
    void sharedExceptions(Way way) {
        IllegalStateException shared = new IllegalStateException("shared");
        Refusal sharedToo = new Refusal();
        Fallback<String> fallback = builder()
                .call(() -> step("1", new IOException("each its own")))
                .call(() -> step("2", sharedToo))
                .call(() -> step("3", shared))
                .build();

        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> way.call(fallback, () -> {
                        throw new IOException("no");
                    }))
                    .isSameAs(shared);
        }

        assertThat(shared.getSuppressed()).hasSize(10).doesNotHaveDuplicates().contains(sharedToo);
        assertThat(sharedToo.getSuppressed()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("FB-1 an Error, an interrupt or a cancellation of a step ends the steps, as it would end the call")
    void stepsEnd(Way way) {
        for (Throwable thrown : new Throwable[] {
            new StackOverflowError("no"), new InterruptedException("no"), new CancellationException("no")
        }) {
            Fallback<String> blocking =
                    builder().call(() -> step("1", thrown)).value("never").build();
            Fallback<String> async =
                    builder().callAsync(() -> later("2", thrown)).value("never").build();

            for (Fallback<String> fallback : List.of(blocking, async)) {
                Throwable got = catchThrowable(() -> way.call(fallback, this::fails));
                if (way == Way.BLOCKING && thrown instanceof InterruptedException) {
                    assertThat(got).isInstanceOf(CallInterruptedException.class);
                    assertThat(Thread.interrupted()).isTrue();
                } else {
                    assertThat(got).isSameAs(thrown);
                }
                assertThat(got.getSuppressed()).contains(failure);
                assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(0, 0, 0, 1));
            }
        }
        assertThat(steps).containsExactly("1", "2", "1", "2", "1", "2");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("when no step has anything to give, the call has its own outcome, and nothing is told")
    void nothingToGive(Way way) throws Throwable {
        Fallback<String> fallback =
                builder().lastGood(Duration.ZERO).onResult(String::isEmpty).build();
        List<Object> told = new ArrayList<>();
        fallback.on(dev.holdfast.Event.class, told::add);

        assertThatThrownBy(() -> way.call(fallback, this::fails))
                .isSameAs(failure)
                .hasNoSuppressedExceptions();
        assertThat(way.call(fallback, () -> "")).isEmpty();

        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(0, 0, 0, 2));
        assertThat(told).isEmpty();
    }

    @Test
    @DisplayName("another call may know the argument of the one that failed")
    void argument() throws Throwable {
        Fallback<String> fallback = builder()
                .callWith(call -> step("backup of " + call.argument().orElse("none"), failure))
                .callAsyncWith(
                        call -> later("other backup of " + call.argument().orElse("none"), null))
                .build();

        assertThat(fallback.checkedFunction((Integer sku) -> fails()).apply(4711))
                .isEqualTo("other backup of 4711");
        assertThat(Way.join(
                        time,
                        fallback.asyncFunction((Integer sku) -> CompletableFuture.failedFuture(failure))
                                .apply(4712)))
                .isEqualTo("other backup of 4712");

        assertThat(steps)
                .containsExactly("backup of 4711", "other backup of 4711", "backup of 4712", "other backup of 4712");
    }

    @Test
    @DisplayName("another call may be guarded by a pipeline of its own, a fallback too")
    void guarded() throws Throwable {
        Pipeline<String> backup = Pipeline.of(builder().value("last resort").build());
        Fallback<String> fallback =
                builder().call(backup.supplier(() -> step("backup", failure))).build();
        Fallback<String> async = builder()
                .callAsync(backup.asyncSupplier(() -> later("async backup", failure)))
                .build();

        assertThat(Way.BLOCKING.call(fallback, this::fails)).isEqualTo("last resort");
        assertThat(Way.AT_ONCE.call(async, this::fails)).isEqualTo("last resort");
        assertThat(Way.BLOCKING.call(async, this::fails)).isEqualTo("last resort");
        assertThat(steps).containsExactly("backup", "async backup", "async backup");
    }

    @Test
    @DisplayName("fallbacks nest: the outer one replaces what the inner one could not")
    void nested() throws Throwable {
        Fallback<String> inner =
                builder().call(() -> step("inner", new IllegalStateException())).build();
        List<Throwable> seen = new ArrayList<>();
        Fallback<String> outer = builder()
                .apply(failed -> {
                    seen.add(failed.failure());
                    return step("outer");
                })
                .build();

        assertThat(Way.BLOCKING.call(Pipeline.of(outer, inner), this::fails)).isEqualTo("outer");

        assertThat(steps).containsExactly("inner", "outer");
        assertThat(seen)
                .singleElement()
                .isInstanceOfSatisfying(
                        IllegalStateException.class,
                        thrown -> assertThat(thrown).hasSuppressedException(failure));
    }

    @Test
    @DisplayName("calls without a result run their fallback, too")
    void withoutResult() {
        builder().call(() -> step("instead")).build().run(() -> {
            throw new IllegalStateException();
        });

        assertThat(steps).containsExactly("instead");
    }
}

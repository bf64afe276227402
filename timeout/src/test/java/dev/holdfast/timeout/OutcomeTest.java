// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OutcomeTest {
    private static final Duration LIMIT = Duration.ofMillis(10);
    private static final Duration SHORTER = LIMIT.minusNanos(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final VirtualTime time = VirtualTime.create(Long.MAX_VALUE - 1_000_000, 0);

    private Duration sinceStart() {
        return Duration.ofNanos(time.nanoTime() - (Long.MAX_VALUE - 1_000_000));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-1 work that ends a nanosecond before its deadline gives its result")
    void inTime(Way way) throws Throwable {
        Timeout timeout = way.timeout(LIMIT, time, SHORTER);

        assertThat(way.call(timeout, SHORTER, () -> "result")).isEqualTo("result");
        assertThat(way.call(timeout, SHORTER, () -> null)).isNull();
        assertThat(timeout.counts()).isEqualTo(new Timeout.Counts(2, 0));
        assertThat(time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-6 work that is not done at its deadline is given up exactly then")
    void tooLate(Way way) {
        Timeout timeout = way.timeout(LIMIT, time, HOUR);

        assertThatThrownBy(() -> way.call(timeout, HOUR, () -> "result")).isInstanceOf(TimeoutExceededException.class);

        assertThat(sinceStart()).isEqualTo(LIMIT);
        assertThat(timeout.counts()).isEqualTo(new Timeout.Counts(0, 1));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-1 what the work throws in time passes as it is, checked exceptions and errors too")
    void failuresPass(Way way) {
        Timeout timeout = way.timeout(LIMIT, time, SHORTER);

        for (Throwable thrown :
                new Throwable[] {new IOException("no"), new IllegalStateException("no"), new StackOverflowError("no")
                }) {
            assertThatThrownBy(() -> way.call(timeout, SHORTER, () -> sneak(thrown)))
                    .isSameAs(thrown);
            assertThat(thrown.getSuppressed()).isEmpty();
        }
        assertThat(timeout.counts()).isEqualTo(new Timeout.Counts(3, 0));
        assertThat(time.pendingTimers()).isZero();
    }

    @SuppressWarnings("unchecked")
    private static <X extends Throwable> Object sneak(Throwable thrown) throws X {
        throw (X) thrown;
    }

    @Test
    @DisplayName("TO-1 a blocking call's late result, and its late failure, are not given")
    void lateOutcomes() {
        Timeout timeout = Timeout.builder("t", LIMIT).environment(time).build();

        assertThatThrownBy(() -> timeout.call(() -> {
                    time.advance(LIMIT);
                    return "deaf to interrupts";
                }))
                .isInstanceOf(TimeoutExceededException.class)
                .hasNoSuppressedExceptions();
        assertThatThrownBy(() -> timeout.call(() -> {
                    try {
                        time.sleep(HOUR);
                    } catch (InterruptedException swallowed) {
                        return "swallows interrupts";
                    }
                    return "slept";
                }))
                .isInstanceOf(TimeoutExceededException.class)
                .hasNoSuppressedExceptions();
        IOException late = new IOException("late");
        assertThatThrownBy(() -> timeout.runChecked(() -> {
                    time.advance(HOUR);
                    throw late;
                }))
                .isInstanceOf(TimeoutExceededException.class)
                .hasSuppressedException(late);

        assertThat(timeout.counts()).isEqualTo(new Timeout.Counts(0, 3));
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    @DisplayName("the exception says who, and how long it was; its only stack traces are those of the work")
    void exception() {
        Timeout timeout =
                Timeout.builder("stock\nservice", LIMIT).environment(time).build();

        TimeoutExceededException thrown =
                catchThrowableOfType(TimeoutExceededException.class, () -> timeout.runChecked(() -> time.sleep(HOUR)));

        assertThat(thrown)
                .hasMessage("'stock\\nservice' ended the call after PT0.01S")
                .hasNoCause();
        assertThat(thrown.policy()).isEqualTo("stock\nservice");
        assertThat(thrown.limit()).isEqualTo(LIMIT);
        assertThat(thrown.getStackTrace()).isEmpty();
        assertThat(thrown.getSuppressed())
                .singleElement()
                .isInstanceOfSatisfying(
                        InterruptedException.class,
                        where -> assertThat(where.getStackTrace()).isNotEmpty());
    }

    @Test
    @DisplayName("an exception that every call throws late does not collect anything")
    void sharedFailure() {
        Timeout timeout = Timeout.builder("t", LIMIT).environment(time).build();
        IllegalStateException shared = new IllegalStateException("shared");

        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> timeout.run(() -> {
                        time.advance(LIMIT);
                        throw shared;
                    }))
                    .hasSuppressedException(shared);
        }

        assertThat(shared.getSuppressed()).isEmpty();
    }

    @Test
    @DisplayName("a minimal stage is waited for and given up like any other")
    void minimalStages() {
        Timeout timeout = Timeout.builder("t", LIMIT).environment(time).build();

        assertThat(timeout.callAsync(() -> CompletableFuture.completedStage("yes"))
                        .join())
                .isEqualTo("yes");
        assertThatThrownBy(() ->
                        time.join(timeout.callAsync(() -> new CompletableFuture<String>().minimalCompletionStage())))
                .hasCauseInstanceOf(TimeoutExceededException.class);
    }
}

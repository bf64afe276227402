// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.holdfast.Backoff;
import dev.holdfast.retry.Way.Outcome;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GivingUpTest {
    private final VirtualTime time = VirtualTime.create();

    private RetryBuilder<Object> retry(int attempts) {
        return Retry.builder("r\n1")
                .withoutBudget()
                .environment(time)
                .backoff(Backoff.none())
                .maxAttempts(attempts);
    }

    private static List<IOException> failures(int count) {
        return IntStream.rangeClosed(1, count)
                .mapToObj(i -> new IOException("attempt " + i))
                .toList();
    }

    private Outcome call(Way way, RetryBuilder<Object> rules, List<? extends Throwable> failures) {
        return way.call(rules.build(), time, new Backend(time).fails(failures.toArray(Throwable[]::new)));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-1 gives the last failure as it was thrown, with the earlier ones suppressed in their order")
    void lastFailure(Way way) {
        List<IOException> failures = failures(5);

        assertThat(call(way, retry(5), failures).thrown()).isSameAs(failures.get(4));
        assertThat(failures.get(4).getSuppressed()).containsExactlyElementsOf(failures.subList(0, 4));
        assertThat(failures.subList(0, 4)).allMatch(failure -> failure.getSuppressed().length == 0);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-1 of a thousand failures, the last ten before the last are kept")
    void boundedSuppressed(Way way) {
        List<IOException> failures = failures(1000);

        Throwable thrown = call(way, retry(1000), failures).thrown();

        assertThat(thrown).isSameAs(failures.get(999));
        assertThat(thrown.getSuppressed()).containsExactlyElementsOf(failures.subList(989, 999));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-1 an exception that is thrown again and again suppresses neither itself nor anything twice")
    void sameException(Way way) {
        IOException shared = new IOException("shared");
        IOException other = new IOException("other");
        for (int i = 0; i < 100; i++) {
            assertThat(call(way, retry(5), List.of(shared)).thrown()).isSameAs(shared);
        }
        assertThat(shared.getSuppressed()).isEmpty();
        for (int i = 0; i < 100; i++) {
            assertThat(call(way, retry(4), List.of(other, shared, other, shared))
                            .thrown())
                    .isSameAs(shared);
        }
        assertThat(shared.getSuppressed()).containsExactly(other);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-1 a shared exception does not grow from call to call")
    void sharedLast(Way way) {
        IOException shared = new IOException("shared");
        for (int i = 0; i < 100; i++) {
            call(way, retry(3), List.of(new IOException("a" + i), new IOException("b" + i), shared));
        }
        assertThat(shared.getSuppressed()).hasSize(10);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-1 exceptions that cannot carry others are thrown all the same")
    void suppressionDisabled(Way way) {
        class Plain extends RuntimeException {
            private static final long serialVersionUID = 1L;

            Plain() {
                super("plain", null, false, false);
            }
        }
        List<Plain> failures = List.of(new Plain(), new Plain(), new Plain());

        assertThat(call(way, retry(3), failures).thrown())
                .isSameAs(failures.get(2))
                .hasNoSuppressedExceptions();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-1 a failure that is not repeated carries the earlier ones, too")
    void notRepeated(Way way) {
        AssertionError error = new AssertionError("mine");
        IOException first = new IOException("first");

        assertThat(call(way, retry(9), List.of(first, error)).thrown()).isSameAs(error);
        assertThat(error.getSuppressed()).containsExactly(first);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-1 a result that never became acceptable is given as it is")
    void lastResult(Way way) {
        Backend backend = new Backend(time).fails(new IOException("no")).gives("busy 2", "busy 3");

        Outcome outcome = way.call(retry(3).retryOnResult(value -> true).build(), time, backend);

        assertThat(outcome).isEqualTo(new Outcome("busy 3", null));
        assertThat(backend.calls()).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-1 or ends in an exception that tells name, attempts and result, where that is asked for")
    void exhausted(Way way) {
        IOException first = new IOException("no");
        for (Object last : new Object[] {"busy", null}) {
            Backend backend = new Backend(time).fails(first).gives(last);
            Retry<Object> retry = retry(3).throwOnExhaustedResult()
                    .retryOnResult(value -> true)
                    .build();

            Throwable thrown = way.call(retry, time, backend).thrown();

            assertThat(thrown).isInstanceOfSatisfying(RetriesExhaustedException.class, exhausted -> {
                assertThat(exhausted.attempts()).isEqualTo(3);
                assertThat(exhausted.lastResult()).isEqualTo(last);
                assertThat(exhausted).hasMessageContainingAll("'r\\n1'", "3 attempts");
                assertThat(exhausted.getSuppressed()).containsExactly(first);
                assertThatCode(() -> new ObjectOutputStream(OutputStream.nullOutputStream()).writeObject(exhausted))
                        .as("whatever the result is")
                        .doesNotThrowAnyException();
            });
        }
    }
}

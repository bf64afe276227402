// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Classifier;
import dev.holdfast.Event;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BuilderTest {
    private static final BulkheadBuilder B = Bulkhead.builder("b");

    static Stream<Arguments> bad() {
        return Stream.of(
                bad("limit: -1 (expected: 0 to 2147483647)", () -> B.limit(-1)),
                bad("limit: -1 (expected: 0 to 2147483647)", () -> Bulkhead.of("b", -1)),
                bad("queue: -1 (expected: 0 to 2147483647)", () -> B.queue(-1)),
                bad("waitUpTo: PT0S (expected: longer than zero)", () -> B.waitUpTo(Duration.ZERO)),
                bad("waitUpTo: PT-1S (expected: longer than zero)", () -> B.waitUpTo(Duration.ofSeconds(-1))),
                bad("waitUpTo: null (expected: a value)", () -> B.waitUpTo(null)),
                bad("environment: null (expected: a value)", () -> B.environment(null)),
                bad("adaptive: null (expected: a value)", () -> B.adaptive(null)),
                bad("runOn: null (expected: a value)", () -> B.runOn(null)),
                bad("change: null (expected: a value)", () -> B.classify((UnaryOperator<Classifier<Object>>) null)),
                bad("classifier: null (expected: a value)", () -> B.classify(so -> null)),
                bad("share of 'a': 0.0 (expected: more than 0 and at most 1)", () -> B.partition("a", 0)),
                bad("share of 'a': NaN (expected: more than 0 and at most 1)", () -> B.partition("a", Double.NaN)),
                bad("name: '' (expected: 1 to 256 characters, not blank)", () -> B.partition("", 0.5)),
                bad("name: '' (expected: 1 to 256 characters, not blank)", () -> Bulkhead.builder("")),
                bad(
                        "queue: 0 (expected: at least 1 with waitUpTo)",
                        () -> Bulkhead.builder("b")
                                .waitUpTo(Duration.ofSeconds(1))
                                .build()),
                bad(
                        "queue: 0 (expected: at least 1 with partitions)",
                        () -> Bulkhead.builder("b").partition("a", 1).build()),
                bad(
                        "shares of partitions: 1.5 (expected: at most 1 together)",
                        () -> Bulkhead.builder("b")
                                .queue(1)
                                .partition("a", 0.5)
                                .partition("b", 1)
                                .build()),
                bad("name: null (expected: a value)", () -> Bulkhead.of("b", 1).partition(null)),
                bad(
                        "change: null (expected: a value)",
                        () -> Bulkhead.of("b", 1).reconfigure(null)));
    }

    private static Arguments bad(String message, ThrowingCallable setting) {
        return Arguments.of(message, setting);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bad")
    @DisplayName("XC-7 bad settings are refused where they are made")
    void badSettings(String message, ThrowingCallable setting) {
        assertThatThrownBy(setting).hasMessage(message);
    }

    @Test
    @DisplayName("Ten tenths are a whole, although their sum in binary is not")
    void tenTenths() {
        BulkheadBuilder builder = Bulkhead.builder("b").queue(1);
        for (int i = 0; i < 10; i++) {
            builder.partition("p" + i, 0.1);
        }
        assertThat(builder.build().partition("p9").name()).isEqualTo("b/p9");
        assertThat(Bulkhead.builder("b")
                        .queue(1)
                        .partition("a", 0.7)
                        .partition("b", 0.3)
                        .build())
                .isNotNull();
    }

    @Test
    @DisplayName("Defaults: 25 calls, no queue, one second in a queue; the last of fixed and adaptive wins")
    void defaults() {
        Bulkhead plain = Bulkhead.builder("b").build();
        assertThat(plain.report()).isEqualTo(new Bulkhead.Report(25, 0, 0));
        assertThat(plain).hasToString("Bulkhead['b' 0 of 25 in flight, 0 waiting]");
        assertThat(B.copy().queue).isZero();
        assertThat(B.copy().waitNanos).isEqualTo(1_000_000_000);

        Limit vegas = Limits.between(3, 30).vegas();
        assertThat(Bulkhead.builder("b")
                        .limit(7)
                        .adaptive(vegas)
                        .build()
                        .report()
                        .limit())
                .isEqualTo(20);
        assertThat(Bulkhead.builder("b")
                        .adaptive(vegas)
                        .limit(7)
                        .build()
                        .report()
                        .limit())
                .isEqualTo(7);
    }

    @Test
    @DisplayName("A wait of any length is accepted")
    void hugeWait() {
        Bulkhead patient = Bulkhead.builder("b")
                .limit(1)
                .queue(1)
                .waitUpTo(Duration.ofSeconds(Long.MAX_VALUE))
                .build();
        Testing.hold(patient, 1);
        assertThat(patient.callAsync(CompletableFuture::new).cancel(true)).isTrue();
        assertThat(patient.report().waiting()).isZero();
    }

    @Test
    @DisplayName("A refusal has no stack trace, names who refused, and knows no time to come again")
    void refusal() {
        Bulkhead bulkhead = Bulkhead.of("a\nb", 1);
        Testing.hold(bulkhead, 1);
        bulkhead.on(
                Event.CallRejected.class,
                event -> assertThat(event.rejection().getStackTrace()).isEmpty());
        assertThatThrownBy(() -> bulkhead.run(() -> {}))
                .isInstanceOfSatisfying(BulkheadFullException.class, full -> {
                    assertThat(full.getStackTrace()).isEmpty();
                    assertThat(full.policy()).isEqualTo("a\nb");
                    assertThat(full.retryAfterNanos()).isEqualTo(BulkheadFullException.UNKNOWN);
                })
                .hasMessage("'a\\nb' is full: 1 in flight (limit: 1), 0 waiting");
    }
}

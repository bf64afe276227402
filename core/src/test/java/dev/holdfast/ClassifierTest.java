// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Ending.FAILURE;
import static dev.holdfast.Ending.IGNORED;
import static dev.holdfast.Ending.SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.UndeclaredThrowableException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ClassifierTest {
    private static final Classifier<Object> STANDARD = Classifier.standard();

    private static Ending of(Classifier<Object> classifier, Throwable failure) {
        return classifier.classify(null, failure);
    }

    private static RejectedException rejection() {
        return new RejectedException("other", 0) {
            private static final long serialVersionUID = 1L;
        };
    }

    static Stream<Arguments> defaults() {
        return Stream.of(
                Arguments.of(new Exception(), FAILURE),
                Arguments.of(new RuntimeException(), FAILURE),
                Arguments.of(new IOException(), FAILURE),
                Arguments.of(new Error(), FAILURE),
                Arguments.of(new StackOverflowError(), FAILURE),
                Arguments.of(new Throwable(), FAILURE),
                Arguments.of(rejection(), IGNORED),
                Arguments.of(new CallInterruptedException("p", null), IGNORED),
                Arguments.of(new InterruptedException(), IGNORED),
                Arguments.of(new CancellationException(), IGNORED));
    }

    @ParameterizedTest
    @MethodSource("defaults")
    @DisplayName("By default everything thrown is a failure, but for what says nothing about the dependency")
    void defaultRules(Throwable thrown, Ending expected) {
        assertThat(of(STANDARD, thrown)).isEqualTo(expected);
        assertThat(of(STANDARD, new CompletionException(thrown))).isEqualTo(expected);
        assertThat(of(STANDARD, new ExecutionException(thrown))).isEqualTo(expected);
    }

    private static final class Late extends DeadlineExceededException {
        private static final long serialVersionUID = 1L;

        Late(boolean inherited) {
            super(inherited);
        }
    }

    @Test
    @DisplayName(
            "By default a deadline's own time is a failure, and its caller's says nothing, unless a rule on the class itself does")
    void theCallersTime() {
        assertThat(of(STANDARD, new Late(false))).isEqualTo(FAILURE);
        assertThat(of(STANDARD, new CompletionException(new Late(true)))).isEqualTo(IGNORED);
        assertThat(of(STANDARD.succeedOn(RuntimeException.class), new Late(true)))
                .isEqualTo(IGNORED);
        assertThat(of(STANDARD.failOn(Late.class), new Late(true))).isEqualTo(FAILURE);
        assertThat(of(STANDARD.failOn(DeadlineExceededException.class), new Late(true)))
                .isEqualTo(FAILURE);
        assertThat(of(STANDARD.failIf(thrown -> true), new Late(true))).isEqualTo(FAILURE);
    }

    @Test
    @DisplayName("By default every result is a success, null too")
    void resultsAreSuccesses() {
        assertThat(STANDARD.classify("result", null)).isEqualTo(SUCCESS);
        assertThat(STANDARD.classify(null, null)).isEqualTo(SUCCESS);
    }

    @Test
    @DisplayName("Class rules: the most specific class decides, whatever the order")
    void mostSpecificClassDecides() {
        Classifier<Object> narrowLast = STANDARD.ignore(IOException.class).succeedOn(FileNotFoundException.class);
        Classifier<Object> narrowFirst =
                STANDARD.succeedOn(FileNotFoundException.class).ignore(IOException.class);

        for (Classifier<Object> classifier : List.of(narrowLast, narrowFirst)) {
            assertThat(of(classifier, new FileNotFoundException())).isEqualTo(SUCCESS);
            assertThat(of(classifier, new IOException())).isEqualTo(IGNORED);
            assertThat(of(classifier, new Exception())).isEqualTo(FAILURE);
        }
    }

    @Test
    @DisplayName("Class rules: the last rule on a class wins")
    void lastRuleOnAClassWins() {
        assertThat(of(STANDARD.ignore(IOException.class).failOn(IOException.class), new IOException()))
                .isEqualTo(FAILURE);
        assertThat(of(STANDARD.failOn(IOException.class).ignore(IOException.class), new IOException()))
                .isEqualTo(IGNORED);
        assertThat(of(STANDARD.succeedOn(Throwable.class), new Error())).isEqualTo(SUCCESS);
    }

    @Test
    @DisplayName("A rule on a class above a default does not touch it, a rule on the class itself does")
    void ruleOnASuperclassLeavesTheDefaultsAlone() {
        assertThat(of(STANDARD.failOn(RuntimeException.class, Throwable.class), rejection()))
                .isEqualTo(IGNORED);
        assertThat(of(STANDARD.failOn(IllegalStateException.class), new CancellationException()))
                .isEqualTo(IGNORED);
        assertThat(of(STANDARD.failOn(RejectedException.class), rejection())).isEqualTo(FAILURE);
        assertThat(of(STANDARD.failOn(rejection().getClass()), rejection())).isEqualTo(FAILURE);
    }

    @Test
    @DisplayName("Predicates come before classes; of the predicates the first that accepts decides")
    void predicatesComeFirst() {
        Classifier<Object> classifier = STANDARD.failOn(FileNotFoundException.class)
                .ignoreIf(thrown -> thrown instanceof IOException)
                .succeedIf(thrown -> thrown instanceof FileNotFoundException)
                .failIf(thrown -> thrown instanceof CancellationException);

        assertThat(of(classifier, new FileNotFoundException())).isEqualTo(IGNORED);
        assertThat(of(classifier, new CancellationException())).isEqualTo(FAILURE);
        assertThat(of(classifier, new Exception())).isEqualTo(FAILURE);
        assertThat(of(STANDARD.succeedIf(thrown -> true).ignoreIf(thrown -> true), new Error()))
                .isEqualTo(SUCCESS);
    }

    @Test
    @DisplayName("Predicates see what is inside of the wrappers of futures")
    void predicatesSeeTheUnwrapped() {
        List<Throwable> seen = new ArrayList<>();
        Throwable inner = new IOException("inner");

        of(STANDARD.failIf(seen::add), new CompletionException(new ExecutionException(inner)));

        assertThat(seen).containsExactly(inner);
    }

    @Test
    @DisplayName(
            "Wrappers of streams, reflection and proxies are looked through; classes below them are somebody's own")
    void wrappers() {
        IOException io = new IOException();
        class Own extends UncheckedIOException {
            private static final long serialVersionUID = 1L;

            Own() {
                super(io);
            }
        }
        Classifier<Object> noAnswers = STANDARD.ignore(IOException.class);

        assertThat(of(noAnswers, new UncheckedIOException(io))).isEqualTo(IGNORED);
        assertThat(of(noAnswers, new InvocationTargetException(new UndeclaredThrowableException(io))))
                .isEqualTo(IGNORED);
        assertThat(of(noAnswers, new UndeclaredThrowableException(null))).isEqualTo(FAILURE);
        assertThat(of(noAnswers, new Own())).isEqualTo(FAILURE);
        assertThat(of(noAnswers.succeedOn(Own.class), new Own())).isEqualTo(SUCCESS);
        assertThat(dev.holdfast.Outcome.ofFailure(new UncheckedIOException(io)).failure())
                .isSameAs(io);
    }

    @Test
    @DisplayName("XC-7 a rule on a wrapper that is looked through is refused")
    void rulesOnWrappers() {
        for (Class<? extends Throwable> wrapper : List.of(
                CompletionException.class,
                ExecutionException.class,
                UncheckedIOException.class,
                InvocationTargetException.class,
                UndeclaredThrowableException.class)) {
            assertThatThrownBy(() -> STANDARD.ignore(wrapper))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("exception class: " + wrapper.getName(), "expected: the class of a cause");
        }
    }

    @Test
    @DisplayName("A predicate that is added again is not asked again")
    void addedAgain() {
        AtomicInteger asked = new AtomicInteger();
        Predicate<Object> never = value -> asked.incrementAndGet() < 0;
        Classifier<Object> classifier = STANDARD;
        for (int i = 0; i < 1_000; i++) {
            classifier = classifier.failIf(never).ignoreIf(never).failOnResult(never);
        }
        classifier.classify("value", null);
        classifier.classify(null, new IOException());
        assertThat(asked).hasValue(2);
    }

    @Test
    @DisplayName("Unwrapping stops at other exceptions, at wrappers without a cause, and in a cycle of causes")
    void unwrapping() {
        Throwable io = new IOException(new CompletionException(new Exception()));
        Throwable cycle = new CompletionException("cycle", null) {
            private static final long serialVersionUID = 1L;

            @Override
            public Throwable getCause() {
                return this;
            }
        };

        assertThat(Failures.unwrap(new CompletionException(io))).isSameAs(io);
        assertThat(Failures.unwrap(io)).isSameAs(io);
        assertThat(Failures.unwrap(new CompletionException("no cause", null))).hasMessage("no cause");
        assertThat(Failures.unwrap(cycle)).isSameAs(cycle);
        assertThat(of(STANDARD, new ExecutionException(cycle))).isEqualTo(FAILURE);
    }

    @Test
    @DisplayName("Results: the first predicate that accepts decides; null is a result like others")
    void resultRules() {
        Classifier<String> classifier = STANDARD.<CharSequence>ignoreResult(text -> text != null && text.length() == 0)
                .<String>failOnResult(text -> text == null || text.isBlank());

        assertThat(classifier.classify("", null)).isEqualTo(IGNORED);
        assertThat(classifier.classify(" ", null)).isEqualTo(FAILURE);
        assertThat(classifier.classify(null, null)).isEqualTo(FAILURE);
        assertThat(classifier.classify("stock", null)).isEqualTo(SUCCESS);
        assertThat(classifier.classify(null, new Exception())).isEqualTo(FAILURE);
        assertThat(classifier.classify(null, new CancellationException())).isEqualTo(IGNORED);
    }

    @Test
    @DisplayName("Result rules keep the rules on what is thrown, and the reverse")
    void rulesAreKept() {
        Classifier<String> classifier = STANDARD.ignore(IOException.class)
                .<String>failOnResult(String::isEmpty)
                .succeedIf(thrown -> thrown instanceof Error);

        assertThat(classifier.classify(null, new IOException())).isEqualTo(IGNORED);
        assertThat(classifier.classify(null, new Error())).isEqualTo(SUCCESS);
        assertThat(classifier.classify("", null)).isEqualTo(FAILURE);
    }

    @Test
    @DisplayName("What a predicate throws comes out as it is")
    void predicatesThatThrow() {
        Error broken = new AssertionError("predicate");
        RuntimeException brokenToo = new IllegalStateException("predicate");

        assertThatThrownBy(() -> of(
                        STANDARD.failIf(thrown -> {
                            throw broken;
                        }),
                        new Exception()))
                .isSameAs(broken);
        assertThatThrownBy(() -> STANDARD.failOnResult(value -> {
                            throw brokenToo;
                        })
                        .classify("x", null))
                .isSameAs(brokenToo);
        assertThat(STANDARD.failIf(thrown -> {
                            throw broken;
                        })
                        .classify("x", null))
                .isEqualTo(SUCCESS);
    }

    @Test
    @DisplayName("A classifier is immutable: each rule gives a new one")
    void immutable() {
        Classifier<Object> base = STANDARD.ignore(IOException.class);
        base.failOn(IOException.class);
        base.failIf(thrown -> true);
        base.failOnResult(value -> true);

        assertThat(of(base, new IOException())).isEqualTo(IGNORED);
        assertThat(base.classify("x", null)).isEqualTo(SUCCESS);
        assertThat(of(STANDARD, new IOException())).isEqualTo(FAILURE);
        assertThat(Classifier.standard()).isSameAs(STANDARD);
    }

    @Test
    @DisplayName("XC-7 null classes and predicates get an error that names them")
    void nullArguments() {
        Class<Exception> none = null;
        assertThatThrownBy(() -> STANDARD.ignore(none)).hasMessage("exception class: null (expected: a value)");
        assertThatThrownBy(() -> STANDARD.failIf(null)).hasMessage("predicate: null (expected: a value)");
        assertThatThrownBy(() -> STANDARD.failOnResult(null)).hasMessage("predicate: null (expected: a value)");
    }
}

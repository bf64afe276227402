// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Attempt;
import dev.holdfast.Backoff;
import dev.holdfast.Classifier;
import dev.holdfast.RejectedException;
import dev.holdfast.retry.Way.Outcome;
import dev.holdfast.testkit.VirtualTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RulesTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final VirtualTime time = VirtualTime.create();
    private final IOException failure = new IOException("no");

    private RetryBuilder<Object> retry() {
        return Retry.builder("r").withoutBudget().environment(time).backoff(Backoff.none());
    }

    private int attempts(Way way, RetryBuilder<Object> rules, Throwable thrown) {
        Backend backend = new Backend(time).fails(thrown);
        Throwable got = way.call(rules.build(), time, backend).thrown();
        // A future may give what was inside of the wrappers that futures make.
        assertThat(way.isAsync() ? unwrapped(got) : got).isSameAs(way.isAsync() ? unwrapped(thrown) : thrown);
        return backend.calls();
    }

    private static Throwable unwrapped(Throwable thrown) {
        boolean wrapper = thrown instanceof CompletionException || thrown instanceof ExecutionException;
        return wrapper && thrown.getCause() != null ? unwrapped(thrown.getCause()) : thrown;
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-8 errors, interrupts, cancellations and refusals are not repeated by default")
    void notRepeated(Way way) {
        List<Throwable> passedOn = List.of(
                new Error("e"),
                new StackOverflowError(),
                new OutOfMemoryError(),
                new NoClassDefFoundError(),
                new AssertionError(),
                new InterruptedException(),
                new CancellationException(),
                new Refusal(),
                new CompletionException(new Refusal()),
                new ExecutionException(new CancellationException()),
                new CompletionException(new ExecutionException(new OutOfMemoryError())));

        assertThat(passedOn)
                .allSatisfy(thrown -> assertThat(attempts(way, retry(), thrown)).isEqualTo(1));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-8 everything else is")
    void repeated(Way way) {
        List<Throwable> failures = List.of(
                new Throwable("bare"),
                new Exception(),
                failure,
                new IllegalStateException(),
                new NullPointerException(),
                new CompletionException(failure),
                new CompletionException("bare", null));

        assertThat(failures)
                .allSatisfy(thrown -> assertThat(attempts(way, retry(), thrown)).isEqualTo(3));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-8 an error, a cancellation or a refusal is repeated when it is asked for by name")
    void askedFor(Way way) {
        RetryBuilder<Object> errors = retry().classify(so -> so.failOn(StackOverflowError.class));
        assertThat(attempts(way, errors, new StackOverflowError())).isEqualTo(3);
        assertThat(attempts(way, errors, new OutOfMemoryError())).isEqualTo(1);
        assertThat(attempts(way, retry().classify(so -> so.failOn(Error.class)), new AssertionError()))
                .isEqualTo(3);
        assertThat(attempts(
                        way,
                        retry().classify(so -> so.failOn(CancellationException.class)),
                        new CancellationException()))
                .isEqualTo(3);
        assertThat(attempts(way, retry().retryRejections(), new Refusal())).isEqualTo(3);
        assertThat(attempts(way, retry().classify(so -> so.failOn(RuntimeException.class)), new Refusal()))
                .as("a rule on a class above")
                .isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-8 rules on classes and predicates narrow what is repeated")
    void narrowed(Way way) {
        RetryBuilder<Object> rules = retry().classify(so -> so.ignore(Exception.class)
                .failOn(IOException.class)
                .succeedOn(FileNotFoundException.class)
                .ignoreIf(thrown -> "final".equals(thrown.getMessage())));

        assertThat(attempts(way, rules, new IllegalStateException())).isEqualTo(1);
        assertThat(attempts(way, rules, failure)).isEqualTo(3);
        assertThat(attempts(way, rules, new FileNotFoundException())).isEqualTo(1);
        assertThat(attempts(way, rules, new IOException("final"))).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-8 results are repeated only where a predicate says so, null among them")
    void results(Way way) {
        Backend backend = new Backend(time).gives("busy", null, "free");
        Retry<Object> retry = retry().retryOnResult(value -> value == null || value.equals("busy"))
                .build();

        assertThat(way.call(retry, time, backend)).isEqualTo(new Outcome("free", null));
        assertThat(backend.calls()).isEqualTo(3);
        Backend nothing = new Backend(time).gives(new Object[] {null});
        assertThat(way.call(retry().build(), time, nothing)).isEqualTo(new Outcome(null, null));
        assertThat(nothing.calls()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-8 a refusal is repeated no earlier than its retry-after, wrapped or not")
    void refusals(Way way) {
        Retry<Object> retry = retry().backoff(Backoff.fixed(SECOND.multipliedBy(2)))
                .retryRejections(MINUTE)
                .build();
        for (RejectedException refusal : List.of(new Refusal(MINUTE), new Refusal(SECOND), new Refusal())) {
            long wait = Math.max(SECOND.toNanos() * 2, refusal.retryAfterNanos());
            Stream.of(refusal, new CompletionException(refusal), new ExecutionException(refusal))
                    .forEach(thrown -> {
                        Backend backend = new Backend(time).fails(thrown);
                        way.call(retry, time, backend);
                        assertThat(backend.gaps()).as("%s", thrown).containsExactly(wait, wait);
                    });
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-8 not even where the delay is taken from the outcome")
    void refusalsWithDelayFrom(Way way) {
        Backend backend = new Backend(time).fails(new Refusal(MINUTE));

        way.call(retry().retryRejections().delayFrom(attempt -> SECOND, MINUTE).build(), time, backend);

        assertThat(backend.gaps()).containsExactly(MINUTE.toNanos(), MINUTE.toNanos());
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-9 a delay that the outcome asks for is taken; where it asks for none, the backoff decides")
    void askedDelays(Way way) {
        List<Duration> asked = new ArrayList<>(List.of(SECOND.multipliedBy(7), Duration.ofNanos(1), MINUTE));
        asked.add(null);
        Backend backend = new Backend(time).fails(failure);
        Retry<Object> retry = retry().maxAttempts(5)
                .backoff(Backoff.fixed(SECOND))
                .delayFrom(attempt -> asked.get(attempt.number() - 1), MINUTE)
                .build();

        way.call(retry, time, backend);

        assertThat(backend.gaps()).containsExactly(7 * SECOND.toNanos(), 1L, MINUTE.toNanos(), SECOND.toNanos());
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "RT-9 what rules say to wait is taken up to the backoff's cap, or 10 s where it has none; the log says why it is not")
    void askedByRules(Way way) throws IOException {
        Classifier<Object> rules = Classifier.standard().retryAfter(IOException.class, thrown -> SECOND);
        Backend backend = new Backend(time).fails(failure);
        Retry<Object> fixed = retry().backoff(Backoff.fixed(Duration.ofMillis(50)))
                .classify(rules)
                .build();
        way.call(fixed, time, backend);
        assertThat(backend.gaps()).containsExactly(SECOND.toNanos(), SECOND.toNanos());

        String name = "capped " + System.nanoTime();
        Backend other = new Backend(time).fails(failure);
        Retry<Object> capped = Retry.builder(name)
                .environment(time)
                .backoff(Backoff.exponential(Duration.ofMillis(50), Duration.ofMillis(500)))
                .classify(rules)
                .build();
        way.call(capped, time, other);
        way.call(capped, time, other);
        assertThat(other.calls()).isEqualTo(2);
        assertThat(Files.readAllLines(Path.of("target", "test.log")))
                .filteredOn(line -> line.contains(name))
                .singleElement()
                .asString()
                .contains("WARN", "gives up where it is asked to wait for longer than 500ms, as by a Retry-After");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-9 a negative delay is none, one beyond the most that is honoured gives up at once")
    void clamped(Way way) {
        for (Duration negative : List.of(Duration.ofNanos(-1), MINUTE.negated(), Duration.ofSeconds(Long.MIN_VALUE))) {
            assertThat(gapsWhenAsked(way, negative)).as("%s", negative).containsExactly(0L, 0L);
        }
        assertThat(gapsWhenAsked(way, MINUTE)).containsExactly(MINUTE.toNanos(), MINUTE.toNanos());
        long now = time.nanoTime();
        for (Duration longer : List.of(MINUTE.plusNanos(1), Duration.ofDays(9), Duration.ofSeconds(Long.MAX_VALUE))) {
            assertThat(gapsWhenAsked(way, longer)).as("%s", longer).isEmpty();
        }
        assertThat(time.nanoTime()).isEqualTo(now);
    }

    private List<Long> gapsWhenAsked(Way way, Duration asked) {
        Backend backend = new Backend(time).fails(failure);
        Retry<Object> retry = retry().delayFrom(attempt -> asked, MINUTE).build();
        assertThat(way.call(retry, time, backend).thrown()).isSameAs(failure);
        return backend.gaps();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-9 a delay beyond the deadline gives up at once, too")
    void beyondTheDeadline(Way way) {
        Backend backend = new Backend(time).fails(failure);
        Retry<Object> retry =
                retry().maxDuration(SECOND).delayFrom(attempt -> SECOND, MINUTE).build();

        assertThat(way.call(retry, time, backend).thrown()).isSameAs(failure);

        assertThat(backend.calls()).isEqualTo(1);
        assertThat(time.nanoTime()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-9 rules see the attempt's number and outcome")
    void whatRulesSee(Way way) {
        List<Attempt<Object>> seen = new ArrayList<>();
        Backend backend = new Backend(time).fails(failure).gives("busy", "busy");
        Retry<Object> retry = retry().maxAttempts(9)
                .retryOnResult("busy"::equals)
                .retryIf(attempt -> seen.add(attempt) && attempt.number() < 3)
                .build();

        assertThat(way.call(retry, time, backend)).isEqualTo(new Outcome("busy", null));
        assertThat(seen).extracting(Attempt::number).containsExactly(1, 2, 3);
        assertThat(seen).extracting(Attempt::failure).containsExactly(failure, null, null);
        assertThat(seen)
                .extracting(Attempt::result)
                .containsExactly(Optional.empty(), Optional.of("busy"), Optional.of("busy"));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-9 a refusal that asks for longer than every cap ends the call at once")
    void refusalsBeyondTheCap(Way way) {
        Duration year = Duration.ofDays(365);
        Duration cap = Duration.ofMillis(10);
        Backoff capped = Backoff.exponential(Duration.ofMillis(1), cap);
        Map<RetryBuilder<Object>, Duration> longest = new LinkedHashMap<>();
        longest.put(retry().backoff(capped).retryRejections(), cap);
        longest.put(retry().backoff(capped).delayFrom(attempt -> null, SECOND).retryRejections(), SECOND);
        longest.put(retry().backoff(capped).delayFrom(attempt -> SECOND, SECOND).retryRejections(), SECOND);
        longest.put(retry().retryRejections(), SECOND.multipliedBy(10));
        longest.put(retry().backoff(Backoff.fixed(SECOND)).retryRejections(), SECOND.multipliedBy(10));
        longest.put(retry().retryRejections(Duration.ZERO), Duration.ZERO);
        longest.put(retry().backoff(capped).retryRejections(MINUTE), MINUTE);
        longest.put(retry().backoff(capped).classify(so -> so.failOn(RejectedException.class)), cap);
        longest.forEach((rules, most) -> {
            Retry<Object> retry = rules.build();
            Backend inTime = new Backend(time).fails(new Refusal(most));
            way.call(retry, time, inTime);
            assertThat(inTime.calls()).as("%s, %s", retry, most).isEqualTo(3);
            for (Duration longer : List.of(most.plusNanos(1), year)) {
                long now = time.nanoTime();
                Backend backend = new Backend(time).fails(new Refusal(longer));
                way.call(retry, time, backend);
                assertThat(backend.calls()).as("%s, %s", retry, longer).isEqualTo(1);
                assertThat(time.nanoTime()).isEqualTo(now);
            }
        });
    }

    @Test
    @DisplayName(
            "CF-1 rules of a reconfiguration take the place of a limit that retryRejections has set, and of it by default")
    void limitOfRefusalsIsReplaced() {
        RetryBuilder<Object> changed = retry().retryRejections(MINUTE).replacingRules();
        assertThat(changed.classify(so -> so.failOn(RejectedException.class)).maxRefusedNanos())
                .isEqualTo(10 * SECOND.toNanos());
        assertThat(changed.retryRejections(SECOND).classify(so -> so).maxRefusedNanos())
                .isEqualTo(SECOND.toNanos());
    }
}

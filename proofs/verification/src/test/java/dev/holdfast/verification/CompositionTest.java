// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What the log says about the order of policies. */
class CompositionTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private static final AtomicInteger TESTS = new AtomicInteger();

    /** What is said of a name is said once: each test has names of its own. */
    private final String n = "." + TESTS.incrementAndGet();

    private final Fallback<Object> fallback = Fallback.of("f" + n, Object.class, "instead");
    private final Retry<Object> retry = Retry.ofDefaults("r" + n);
    private final CircuitBreaker breaker = CircuitBreaker.ofDefaults("cb" + n);
    private final RateLimiter limiter =
            RateLimiter.builder("l" + n).limit(10, SECOND).build();
    private final Timeout timeout = Timeout.of("t" + n, SECOND);
    private final Bulkhead bulkhead = Bulkhead.of("b" + n, 10);

    /** Where the tests of this module log to: see simplelogger.properties. */
    private static final Path LOG = Path.of("target", "test.log");

    private int read;

    private List<String> warnings() {
        try {
            List<String> lines = Files.readAllLines(LOG);
            List<String> fresh = lines.subList(read, lines.size());
            read = lines.size();
            return fresh.stream()
                    .filter(line -> line.contains("WARN dev.holdfast.order") && line.contains("Pipeline '"))
                    .map(line -> line.substring(line.indexOf("Pipeline '")).replace(n, ""))
                    .toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    @BeforeEach
    void skipWhatWasLoggedBefore() {
        LoggerFactory.getLogger(CompositionTest.class).warn("The log has begun");
        warnings();
    }

    @SafeVarargs
    @SuppressWarnings("varargs") // The array is only read.
    private List<String> warningsOf(Policy<Object>... policies) {
        Pipeline.of(policies);
        return warnings();
    }

    @Test
    @DisplayName("The recommended order, all parts of it, and a timeout around it all: nothing to say")
    void recommended() {
        assertThat(warningsOf(fallback, retry, breaker, limiter, timeout, bulkhead))
                .isEmpty();
        List<Policy<Object>> order = List.of(fallback, retry, breaker, limiter, timeout, bulkhead);
        for (int outer = 0; outer < order.size(); outer++) {
            for (int inner = outer + 1; inner < order.size(); inner++) {
                assertThat(warningsOf(order.get(outer), order.get(inner))).isEmpty();
            }
        }
        assertThat(warningsOf(
                        Timeout.of("all", SECOND.multipliedBy(5)),
                        fallback,
                        retry,
                        breaker,
                        limiter,
                        timeout,
                        bulkhead))
                .isEmpty();
    }

    @Test
    @DisplayName("A breaker around a retry, a fallback, or inside of the only timeout")
    void breaker() {
        assertThat(warningsOf(breaker, retry))
                .containsExactly(
                        "Pipeline 'cb > r': CircuitBreaker 'cb' sees one ending for all attempts of Retry 'r', which belongs outside of"
                                + " CircuitBreaker 'cb'");
        assertThat(warningsOf(breaker, fallback))
                .containsExactly("Pipeline 'cb > f': CircuitBreaker 'cb' does not see the"
                        + " failures that Fallback 'f' replaces, which belongs outside of CircuitBreaker 'cb'");
        assertThat(warningsOf(timeout, breaker))
                .containsExactly(
                        "Pipeline 't > cb': CircuitBreaker 'cb' does not count the"
                                + " calls that Timeout 't' ends as failures: that, or another timeout, belongs inside of CircuitBreaker 'cb'");
    }

    @Test
    @DisplayName(
            "Two policies of one kind and name, whose meters nobody can tell apart; one that stands there twice has its own to say")
    void namesakes() {
        String twice = "namesake" + n;
        assertThat(warningsOf(Bulkhead.of(twice, 1), Bulkhead.of(twice, 1)))
                .containsExactly(
                        "Pipeline 'namesake > namesake': Bulkhead 'namesake' has the kind and the name of another policy"
                                + " around it, so that their meters and events cannot be told apart: give each a name of its own");
        Bulkhead one = Bulkhead.of("one" + n, 1);
        assertThat(warningsOf(one, one)).singleElement().asString().doesNotContain("told apart");
        assertThat(warningsOf(Timeout.of("one" + n, SECOND), one)).isEmpty();
    }

    @Test
    @DisplayName("A retry around a fallback, around another retry, or around a timeout with nothing that ever stops it")
    void retry() {
        assertThat(warningsOf(retry, fallback))
                .containsExactly(
                        "Pipeline 'r > f': Retry 'r' does not see the failures that Fallback 'f' replaces, which belongs outside of"
                                + " Retry 'r'");
        assertThat(warningsOf(retry, Retry.ofDefaults("r2" + n)))
                .containsExactly(
                        "Pipeline 'r > r2': Retry 'r' multiplies its attempts by those of Retry 'r2': one of the two is enough");
        Retry<Object> endless = Retry.builder("e" + n)
                .withoutBudget()
                .maxAttempts(Integer.MAX_VALUE)
                .build();
        assertThat(warningsOf(Timeout.of("all", SECOND.multipliedBy(5)), endless, timeout))
                .isEmpty();
        assertThat(warningsOf(endless, timeout))
                .containsExactly("Pipeline 'e > t': Retry 'e' repeats for ever what"
                        + " Timeout 't' ends: set its maxAttempts or maxDuration, or put a timeout around it");
        Retry<Object> limited = Retry.builder("limited" + n)
                .withoutBudget()
                .maxAttempts(Integer.MAX_VALUE)
                .maxDuration(SECOND)
                .build();
        assertThat(warningsOf(limited, timeout)).isEmpty();
    }

    @Test
    @DisplayName("A bulkhead around a retry; a timeout that leaves work behind inside of a bulkhead")
    void others() {
        assertThat(warningsOf(limiter, retry))
                .as("a tenant's quota belongs around the retry")
                .isEmpty();
        assertThat(warningsOf(bulkhead, retry))
                .containsExactly("Pipeline 'b > r': Bulkhead 'b' keeps a permit while"
                        + " Retry 'r' waits between attempts: Retry 'r' belongs outside of Bulkhead 'b'");
        assertThat(warningsOf(bulkhead, timeout)).isEmpty();
        Timeout elsewhere =
                Timeout.builder("e" + n, SECOND).runOn(Runnable::run).build();
        assertThat(warningsOf(bulkhead, elsewhere))
                .containsExactly("Pipeline 'b > e': Timeout 'e' runs work on other"
                        + " threads, and lets go of it, inside of Bulkhead 'b', which then limits callers and not work: Timeout 'e'"
                        + " belongs outside of Bulkhead 'b'");
        assertThat(warningsOf(elsewhere, bulkhead)).isEmpty();
    }

    @Test
    @DisplayName("It is said once, whatever state the policies are in, also when a pipeline becomes part of another")
    void once() {
        Pipeline<Object> inner = Pipeline.of(breaker, retry);
        assertThat(warnings()).hasSize(1);
        breaker.transitionTo(CircuitBreaker.State.FORCED_OPEN);
        warnings();
        Pipeline.of(fallback, inner, bulkhead);
        Pipeline.of(breaker).then(retry);
        inner.named("other");
        assertThat(warnings()).isEmpty();

        for (int i = 0; i < 3; i++) {
            // Policies and pipelines that are built for a call, in turn.
            Pipeline.of(CircuitBreaker.ofDefaults("cb" + n), Retry.ofDefaults("r" + n));
            Pipeline.of(Bulkhead.of("b" + n, 1), Retry.ofDefaults("r" + n));
        }
        assertThat(warnings()).as("the bulkhead's").hasSize(1);
    }
}

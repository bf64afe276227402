// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Classifier;
import dev.holdfast.Ending;
import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.Script;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.testkit.Way;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is a failure is said once, and every policy knows it. */
class RulesSaidOnceTest {
    private record Reply(int status, Duration retryAfter) {
        Reply(int status) {
            this(status, null);
        }
    }

    private static final Classifier<Object> HTTP = Classifier.standard()
            .failOnResult(Reply.class, reply -> reply.status() == 429 || reply.status() >= 500)
            .failIf(IOException.class, failure -> true)
            .succeedIf(IllegalStateException.class, failure -> "404".equals(failure.getMessage()))
            .retryAfter(Reply.class, Reply::retryAfter);

    private final VirtualTime time = VirtualTime.create();
    private final CircuitBreaker breaker = CircuitBreaker.builder("stock")
            .environment(time)
            .over(Window.calls(10))
            .minimumCalls(3)
            .build();
    private final Retry<Object> retry = Retry.builder("stock")
            .withoutBudget()
            .environment(time)
            .maxAttempts(3)
            .backoff(Backoff.fixed(Duration.ofMillis(10)))
            .build();
    private final Fallback<Object> fallback = Fallback.builder("stock", Object.class)
            .environment(time)
            .value("last resort")
            .build();

    private Script<Object> script() {
        return Script.of(time);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a pipeline's rules count for the breaker, the retry and the fallback in it")
    void forAllPolicies(Way way) {
        Pipeline<Object> pipeline =
                Pipeline.<Object>of(fallback, retry, breaker).classifying(HTTP);
        Script<Object> down = script().gives(new Reply(503)).times(3);

        assertThat(way.call(pipeline, down).result()).contains("last resort");
        assertThat(down.calls()).isEqualTo(3);
        assertThat(breaker.counts().failures()).isEqualTo(3);
        assertThat(breaker.state()).isEqualTo(CircuitBreaker.State.OPEN);
        assertThat(retry.counts().exhausted()).isEqualTo(1);
        assertThat(fallback.counts().recovered()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("where a pipeline's rules say nothing, a policy's own decide: an Error is not repeated")
    void ownRulesStay(Way way) {
        Pipeline<Object> pipeline = Pipeline.<Object>of(retry, breaker).classifying(HTTP);
        Script<Object> work = script().fails(new AssertionError("bug"));

        assertThat(way.call(pipeline, work).failure()).isInstanceOf(AssertionError.class);
        assertThat(work.calls()).isEqualTo(1);
        assertThat(breaker.counts().failures()).isEqualTo(1);

        Script<Object> unknown = script().fails(new IllegalStateException("404"));
        way.call(pipeline, unknown);
        assertThat(unknown.calls()).isEqualTo(1);
        assertThat(breaker.counts().successes()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("what is not called through the pipeline does not know its rules")
    void onlyThere(Way way) {
        Pipeline.of(breaker).classifying(HTTP);
        way.call(breaker, script().gives(new Reply(503)));
        assertThat(breaker.counts().successes()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("the wait that an outcome names is a lower bound for the retry, up to the backoff's cap")
    void namedWait(Way way) {
        Retry<Object> patient = Retry.builder("stock")
                .withoutBudget()
                .environment(time)
                .backoff(Backoff.exponential(Duration.ofMillis(10), Duration.ofSeconds(5)))
                .build();
        List<Duration> delays = new ArrayList<>();
        patient.on(Event.RetryScheduled.class, e -> delays.add(e.delay()));
        Pipeline<Object> pipeline = Pipeline.<Object>of(patient).classifying(HTTP);

        Script<Object> work = script().gives(new Reply(429, Duration.ofSeconds(2)))
                .gives(new Reply(503, Duration.ofMillis(1)))
                .gives(new Reply(200));
        assertThat(way.call(pipeline, work).result()).contains(new Reply(200));
        assertThat(delays).containsExactly(Duration.ofSeconds(2), Duration.ofMillis(20));

        Script<Object> tooLong = script().gives(new Reply(429, Duration.ofSeconds(6)));
        assertThat(way.call(pipeline, tooLong).result()).contains(new Reply(429, Duration.ofSeconds(6)));
        assertThat(tooLong.calls()).isEqualTo(1);
    }

    @Test
    @DisplayName("a rule that throws when it is asked for a wait has none, and the backoff decides")
    void waitThatThrows() {
        Pipeline<Object> pipeline = Pipeline.<Object>of(retry)
                .classifying(HTTP.retryAfter(IOException.class, failure -> {
                    throw new IllegalArgumentException("no header");
                }));
        Script<Object> work = script().fails(new IOException("down")).times(2).gives("there");
        assertThat(Way.BLOCKING.call(pipeline, work).result()).contains("there");
    }

    @Test
    @DisplayName("each line that did not compile")
    void linesThatDidNotCompile() {
        CircuitBreaker typed = CircuitBreaker.builder("b")
                .environment(time)
                .classify(so -> so.failOnResult((Reply r) -> r.status() >= 500))
                .build();
        Way.BLOCKING.call(typed, script().gives(new Reply(500)));
        assertThat(typed.counts().failures()).isEqualTo(1);

        Retry<Reply> retryOfReplies = Retry.builder("r", Reply.class)
                .withoutBudget()
                .environment(time)
                .retryOnResult(r -> r.status() >= 500)
                .build();
        assertThat(retryOfReplies.call(() -> new Reply(200))).isEqualTo(new Reply(200));

        Classifier<Reply> shared = Classifier.standard().failOnResult((Reply r) -> r.status() >= 500);
        CircuitBreaker byFunction = CircuitBreaker.builder("b")
                .environment(time)
                .classify(so -> shared)
                .build();
        CircuitBreaker byValue =
                CircuitBreaker.builder("b").environment(time).classify(shared).build();
        Retry<Reply> retryByValue = Retry.builder("r")
                .withoutBudget()
                .environment(time)
                .classify(shared)
                .build();
        Fallback<Reply> fallbackByValue = Fallback.builder("f", Reply.class)
                .environment(time)
                .classify(shared)
                .value(new Reply(0))
                .build();
        Bulkhead bulkheadByValue =
                Bulkhead.builder("b").environment(time).classify(shared).build();
        Pipeline<Reply> pipeline = Pipeline.of(fallbackByValue, retryByValue, byFunction, byValue, bulkheadByValue);
        assertThat(pipeline.call(() -> new Reply(500))).isEqualTo(new Reply(0));
        assertThat(byFunction.counts().failures()).isEqualTo(3);
        assertThat(byValue.counts().failures()).isEqualTo(3);
        assertThat(bulkheadByValue.counts().failures()).isEqualTo(3);
    }

    @Test
    @DisplayName("a lambda that throws two checked types")
    void twoCheckedTypes() throws IOException, InterruptedException {
        assertThat(sends()).isEqualTo("sent");
    }

    private String sends() throws IOException, InterruptedException {
        return retry.callInterruptibly(() -> send("sent"));
    }

    private static String send(String reply) throws IOException, InterruptedException {
        if (reply.isEmpty()) {
            throw new IOException("nothing to send");
        }
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        return reply;
    }

    @Test
    @DisplayName("rules that are put before others are asked first, and what is standard stays standard")
    void with() {
        Classifier<Object> later =
                Classifier.standard().failOn(RuntimeException.class).ignore(Error.class);
        Classifier<Object> both = later.with(Classifier.standard().succeedOn(RuntimeException.class));
        assertThat(both.classify(null, new RuntimeException())).isEqualTo(Ending.SUCCESS);
        assertThat(both.classify(null, new Error())).isEqualTo(Ending.IGNORED);
        assertThat(both.classify(null, new InterruptedException())).isEqualTo(Ending.IGNORED);
        assertThat(both.classify(null, new IOException())).isEqualTo(Ending.FAILURE);
        assertThat(both.classes(Ending.IGNORED)).containsExactly(Error.class);
    }

    @Test
    @DisplayName("typed rules say nothing of other results, of null, and of calls without a result")
    void typedRules() {
        Classifier<Object> rules = Classifier.standard()
                .failOnResult(Reply.class, r -> r.status() >= 500)
                .ignoreResult(String.class, String::isEmpty)
                .succeedOnResult(Reply.class, r -> true);
        assertThat(rules.classify(new Reply(500), null)).isEqualTo(Ending.FAILURE);
        assertThat(rules.classify(new Reply(200), null)).isEqualTo(Ending.SUCCESS);
        assertThat(rules.classify("", null)).isEqualTo(Ending.IGNORED);
        assertThat(rules.classify(null, null)).isEqualTo(Ending.SUCCESS);
        assertThat(rules.classify(42, null)).isEqualTo(Ending.SUCCESS);
        assertThat(rules.askedWait("", null)).isEmpty();
        breaker.run(() -> {});
    }
}

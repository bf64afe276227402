// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.UnavailableException;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitOpenException;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.Script;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.testkit.Way;
import dev.holdfast.timeout.Timeout;
import dev.holdfast.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a pipeline tells of a call as a whole, and who tells. */
class WholeCallsTest {
    private final VirtualTime time = VirtualTime.create();
    private final Retry<Object> retry = Retry.builder("stock")
            .withoutBudget()
            .environment(time)
            .maxAttempts(3)
            .backoff(Backoff.fixed(Duration.ofMillis(10)))
            .build();
    private final CircuitBreaker breaker = CircuitBreaker.builder("stock")
            .environment(time)
            .over(Window.calls(2))
            .build();
    private final Timeout timeout =
            Timeout.builder("stock", Duration.ofSeconds(1)).environment(time).build();
    private final List<Event.CallCompleted> told = new ArrayList<>();

    private Pipeline<Object> watched(Pipeline<Object> pipeline) {
        pipeline.on(Event.CallCompleted.class, told::add);
        return pipeline;
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("one event a call, with outcome, attempts and time, whatever happens inside")
    void oneForEachCall(Way way) {
        Pipeline<Object> pipeline = watched(Pipeline.<Object>of(retry, timeout).named("stock service"));
        way.call(pipeline, Script.<Object>of(time).gives("at once"));
        way.call(
                pipeline,
                Script.<Object>of(time)
                        .fails(new IOException("down"))
                        .after(Duration.ofMillis(5))
                        .gives("later"));
        way.call(pipeline, Script.<Object>of(time).hangs().times(3));

        assertThat(told).hasSize(3);
        assertThat(told).allSatisfy(event -> {
            assertThat(event.source()).isSameAs(pipeline);
            assertThat(event.pipeline()).isSameAs(pipeline);
            assertThat(event.policy()).isEqualTo("stock service");
        });
        assertThat(told).extracting(Event.CallCompleted::attempts).containsExactly(1, 2, 3);
        assertThat((Object) told.get(0).outcome().result().orElse(null)).isEqualTo("at once");
        assertThat(told.get(1).elapsed()).isEqualTo(Duration.ofMillis(15));
        assertThat(told.get(2).outcome().failure()).isInstanceOf(TimeoutExceededException.class);
        assertThat(told.get(2).elapsed()).isEqualTo(Duration.ofMillis(3_020));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("refused calls are told as well; calls of policies alone, and of other pipelines, are not")
    void refusedAndElsewhere(Way way) {
        breaker.transitionTo(CircuitBreaker.State.FORCED_OPEN);
        Pipeline<Object> pipeline = watched(Pipeline.<Object>of(retry, breaker));
        way.call(pipeline, Script.<Object>of(time).gives("never"));
        assertThat(told).hasSize(1);
        assertThat(told.get(0).outcome().failure()).isInstanceOf(CircuitOpenException.class);

        way.call(breaker, Script.<Object>of(time).gives("never"));
        way.call(Pipeline.<Object>of(pipeline), Script.<Object>of(time).gives("never"));
        assertThat(told).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a call is told as well that is refused because its context cannot be carried along")
    void withoutContext(Way way) {
        VirtualTime broken = time.withContext(() -> {
            throw new IllegalStateException("no context");
        });
        Timeout deadline = Timeout.builder("stock", Duration.ofSeconds(1))
                .environment(broken)
                .build();
        Throwable refusal = way.call(
                        watched(Pipeline.of(deadline)),
                        Script.<Object>of(broken).gives("never"))
                .failure();
        assertThat(refusal).isInstanceOf(UnavailableException.class);
        assertThat(told)
                .singleElement()
                .satisfies(event -> assertThat(event.outcome().failure()).isSameAs(refusal));
    }

    @Test
    @DisplayName("a cancelled call is told once, when it has ended")
    void cancelled() {
        Pipeline<Object> pipeline = watched(Pipeline.<Object>of(retry));
        CompletableFuture<Object> future =
                Way.ASYNC.start(pipeline, Script.<Object>of(time).hangs());
        future.cancel(true);
        assertThat(told).hasSize(1);
        assertThat(told.get(0).outcome().isFailure()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("views of a pipeline have its listeners; a listener that stops hears no more")
    void views(Way way) {
        Pipeline<Object> pipeline = Pipeline.<Object>of(retry);
        var subscription = pipeline.on(Event.CallCompleted.class, told::add);
        way.call(pipeline.within(Duration.ofSeconds(5)), Script.<Object>of(time).gives("a"));
        way.call(pipeline.sharingStages(), Script.<Object>of(time).gives("b"));
        assertThat(told).hasSize(2);
        subscription.cancel();
        way.call(pipeline, Script.<Object>of(time).gives("c"));
        assertThat(told).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("events of policies say which policy, and through which pipeline the call came")
    void sourceAndPipeline(Way way) {
        List<Event.OfCall> events = new ArrayList<>();
        Pipeline<Object> pipeline = Pipeline.<Object>of(retry, breaker).named("orders");
        breaker.on(Event.CallEnded.class, events::add);
        retry.on(Event.RetryScheduled.class, events::add);
        way.call(
                pipeline, Script.<Object>of(time).fails(new IOException("down")).gives("there"));
        assertThat(events).hasSize(3);
        assertThat(events).allSatisfy(event -> assertThat(event.pipeline()).isSameAs(pipeline));
        assertThat(events.get(0).source()).isSameAs(breaker);
        assertThat(((Event.CallEnded) events.get(0)).outcome().failure()).hasMessage("down");
        assertThat(events.get(1).source()).isSameAs(retry);
        assertThat(((Event.RetryScheduled) events.get(1)).outcome().failure()).hasMessage("down");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("what made a breaker open is in its change of state, and the cause of its refusals, until it closes")
    void causeOfAnOpening(Way way) {
        List<CircuitBreaker.StateChanged> changes = new ArrayList<>();
        breaker.on(CircuitBreaker.StateChanged.class, changes::add);
        IOException down = new IOException("connection refused");
        way.call(breaker, Script.<Object>of(time).fails(new IOException("first")));
        way.call(breaker, Script.<Object>of(time).fails(down));

        assertThat(changes).hasSize(1);
        assertThat(changes.get(0).cause()).isSameAs(down);
        Throwable refusal =
                way.call(breaker, Script.<Object>of(time).gives("never")).failure();
        assertThat(refusal).isInstanceOf(CircuitOpenException.class).hasCause(down);

        breaker.reset();
        breaker.transitionTo(CircuitBreaker.State.OPEN);
        assertThat(way.call(breaker, Script.<Object>of(time).gives("never")).failure())
                .hasNoCause();
    }

    @Test
    @DisplayName("a bulkhead's wait belongs to the whole call")
    void waitsCount() {
        Bulkhead bulkhead =
                Bulkhead.builder("stock").environment(time).limit(1).queue(1).build();
        Pipeline<Object> pipeline = watched(Pipeline.<Object>of(bulkhead));
        CompletableFuture<Object> first =
                Way.ASYNC.start(pipeline, Script.<Object>of(time).gives("1").after(Duration.ofMillis(100)));
        CompletableFuture<Object> second =
                Way.ASYNC.start(pipeline, Script.<Object>of(time).gives("2").after(Duration.ofMillis(100)));
        time.advance(Duration.ofMillis(200));
        assertThat(first).isCompleted();
        assertThat(second).isCompleted();
        assertThat(told)
                .extracting(Event.CallCompleted::elapsed)
                .containsExactly(Duration.ofMillis(100), Duration.ofMillis(200));
    }

    @Test
    @DisplayName("causes of openings do not hang on each other, where work calls through its own breaker")
    void noChainOfCauses() {
        CircuitBreaker own = CircuitBreaker.builder("own")
                .environment(time)
                .over(Window.calls(1))
                .openFor(Duration.ofSeconds(1))
                .trials(1)
                .build();
        Throwable last = null;
        for (int i = 0; i < 20; i++) {
            own.tryAcquire();
            time.advance(Duration.ofSeconds(2));
            try {
                own.run(() -> {
                    try {
                        own.run(() -> {});
                    } catch (RuntimeException refused) {
                        throw new IllegalStateException("inside", refused);
                    }
                    throw new IllegalStateException("down");
                });
            } catch (RuntimeException thrown) {
                last = thrown;
            }
        }
        int depth = 0;
        for (Throwable each = last; each != null; each = each.getCause()) {
            depth++;
        }
        assertThat(depth).isLessThan(5);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ListenersTest {
    private final CountingGate gate = new CountingGate("gate");
    private final List<Event> heard = new ArrayList<>();

    private void accepted() {
        gate.shut = false;
        gate.run(() -> {});
    }

    private void refused() {
        gate.shut = true;
        assertThatThrownBy(() -> gate.run(() -> {})).isInstanceOf(RejectedException.class);
    }

    @Test
    @DisplayName("A listener gets the events of its type and no other")
    void typed() {
        gate.on(Event.CallRejected.class, heard::add);
        accepted();
        assertThat(heard).isEmpty();
        refused();
        assertThat(heard).hasOnlyElementsOfType(Event.CallRejected.class).hasSize(1);
    }

    @Test
    @DisplayName("A listener is gone after the block that its subscription is a resource of")
    void resource() {
        try (Subscription subscription = gate.on(Event.class, heard::add)) {
            accepted();
            assertThat(subscription).isNotNull();
        }
        accepted();
        assertThat(heard).hasSize(1);
    }

    @Test
    @DisplayName("A listener of Event gets all events")
    void supertype() {
        gate.on(Event.class, heard::add);
        accepted();
        refused();
        assertThat(heard)
                .extracting(event -> event.getClass().getSimpleName())
                .containsExactly("CallEnded", "CallRejected");
    }

    @Test
    @DisplayName("Events say whose they are, how the call ended and which call it was")
    void contents() {
        List<Event.CallEnded> ended = new ArrayList<>();
        gate.on(Event.CallEnded.class, ended::add);
        IllegalStateException failure = new IllegalStateException("down");
        assertThat(gate.function(sku -> "stock of " + sku).apply("a")).isEqualTo("stock of a");
        assertThatThrownBy(() -> gate.run(() -> {
                    throw failure;
                }))
                .isSameAs(failure);

        assertThat(ended.get(0).policy()).isEqualTo("gate");
        assertThat(ended.get(0).ending()).isEqualTo(Ending.SUCCESS);
        assertThat(ended.get(0).outcome().result().orElse(null)).isEqualTo("stock of a");
        assertThat(ended.get(0).outcome().failure()).isNull();
        assertThat(ended.get(0).elapsed()).isPositive();
        assertThat(ended.get(0).call().argument()).contains("a");
        assertThat(ended.get(1).ending()).isEqualTo(Ending.FAILURE);
        assertThat(ended.get(1).outcome().result().orElse(null)).isNull();
        assertThat(ended.get(1).outcome().failure()).isSameAs(failure);
    }

    @Test
    @DisplayName("A cancelled listener hears nothing more; the others do; cancelling again does nothing")
    void cancel() {
        List<String> told = new ArrayList<>();
        Subscription first = gate.on(Event.class, event -> told.add("first"));
        gate.on(Event.class, event -> told.add("second"));
        accepted();
        first.cancel();
        first.close();
        accepted();
        assertThat(told).containsExactly("first", "second", "second");
    }

    @Test
    @DisplayName("One consumer that subscribed twice is cancelled once")
    void sameListenerTwice() {
        Subscription first = gate.on(Event.class, heard::add);
        gate.on(Event.class, heard::add);
        first.cancel();
        first.cancel();
        accepted();
        assertThat(heard).hasSize(1);
    }

    @Test
    @DisplayName("A listener may cancel itself, another, or subscribe while it is told")
    void changesWhileTelling() {
        AtomicReference<Subscription> self = new AtomicReference<>();
        AtomicReference<Subscription> next = new AtomicReference<>();
        List<String> told = new ArrayList<>();
        self.set(gate.on(Event.class, event -> {
            told.add("self");
            self.get().cancel();
            next.get().cancel();
            gate.on(Event.class, later -> told.add("added"));
        }));
        next.set(gate.on(Event.class, event -> told.add("next")));

        accepted();
        assertThat(told).containsExactly("self");
        accepted();
        assertThat(told).containsExactly("self", "added");
    }

    static Stream<Throwable> throwables() {
        return Stream.of(
                new RuntimeException(),
                new Error(),
                new StackOverflowError(),
                new OutOfMemoryError("thrown by a test"),
                new AssertionError(),
                new LinkageError());
    }

    @ParameterizedTest
    @MethodSource("throwables")
    @DisplayName("XC-1 what a listener throws, Errors too, changes neither outcome nor permits nor other listeners")
    void listenersThatThrow(Throwable thrown) {
        gate.on(Event.class, event -> ListenersTest.<RuntimeException>sneak(thrown));
        gate.on(Event.class, heard::add);

        assertThat(gate.<String>call(() -> "result")).isEqualTo("result");
        refused();
        gate.shut = false;
        assertThatThrownBy(() -> gate.run(() -> {
                    throw new IllegalStateException("work");
                }))
                .hasMessage("work");

        assertThat(heard).hasSize(3);
        assertThat(gate.left).hasValue(2);
        assertThat(gate.counts()).isEqualTo(new CallCounts(1, 1, 0, 1, 0));
    }

    @SuppressWarnings("unchecked")
    private static <X extends Throwable> void sneak(Throwable thrown) throws X {
        throw (X) thrown;
    }

    @Test
    @DisplayName("A type of event that the policy never tells gets a clear error, and so does null")
    void wrongType() {
        assertThatThrownBy(() -> gate.on(Event.TimedOut.class, heard::add))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("type: dev.holdfast.Event$TimedOut (expected: an event of CountingGate['gate']")
                .hasMessageContaining("CallEnded")
                .hasMessageContaining("CallRejected");
        assertThatThrownBy(() -> Pipeline.of(gate).on(Event.TimedOut.class, heard::add))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Event$TimedOut");
        assertThatThrownBy(() -> Pipeline.of().on(Event.CallEnded.class, heard::add))
                .isInstanceOf(IllegalArgumentException.class);
        for (Policy<Object> policy : List.of(gate, Pipeline.<Object>of(gate))) {
            assertThatThrownBy(() -> policy.on(null, heard::add)).hasMessage("type: null (expected: a value)");
            assertThatThrownBy(() -> policy.on(Event.class, null)).hasMessage("listener: null (expected: a value)");
        }
        assertThat(gate.isCallWatched()).isFalse();
    }

    @Test
    @DisplayName("A pipeline's subscription hears each policy once, and one cancel ends all of it")
    void onPipelines() {
        CountingGate other = new CountingGate("other");
        Pipeline<Object> pipeline = Pipeline.of(gate, other, gate);
        Subscription all = pipeline.on(Event.CallEnded.class, heard::add);

        pipeline.run(() -> {});
        assertThat(heard).extracting(Event::policy).containsExactly("gate", "other", "gate");
        other.run(() -> {});
        assertThat(heard).hasSize(4);
        all.cancel();
        pipeline.run(() -> {});
        assertThat(heard).hasSize(4);
        assertThat(gate.isCallWatched() || other.isCallWatched()).isFalse();
    }

    @Test
    @DisplayName("No event that comes about after cancel() has returned reaches the listener")
    void cancelOnAnotherThread() throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            for (int round = 0; round < 200; round++) {
                AtomicInteger told = new AtomicInteger();
                CountDownLatch running = new CountDownLatch(1);
                Subscription subscription = gate.on(Event.class, event -> told.incrementAndGet());
                Future<?> calls = other.submit(() -> {
                    running.countDown();
                    for (int i = 0; i < 50; i++) {
                        gate.run(() -> {});
                    }
                });
                running.await(10, TimeUnit.SECONDS);
                subscription.cancel();
                calls.get(10, TimeUnit.SECONDS);
                int before = told.get();
                accepted();
                assertThat(told).hasValue(before);
            }
            assertThat(gate.isCallWatched()).isFalse();
        } finally {
            other.shutdownNow();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.jfr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.holdfast.Backoff;
import dev.holdfast.Event;
import dev.holdfast.Meter;
import dev.holdfast.Pipeline;
import dev.holdfast.Source;
import dev.holdfast.Subscription;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitOpenException;
import dev.holdfast.retry.Retry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("try") // Closed in the middle, and twice.
class FlightRecordingTest {
    private static final Supplier<Object> ANSWER = () -> "answer";

    @TempDir
    Path directory;

    private final CircuitBreaker breaker =
            CircuitBreaker.builder("orders").openFor(Duration.ofHours(1)).build();
    private final Retry<Object> retry =
            Retry.builder("orders").maxAttempts(3).backoff(Backoff.none()).build();
    private final Pipeline<Object> pipeline =
            Pipeline.of(FlightRecording.calls("orders"), retry, breaker, FlightRecording.attempts("orders"));

    /** A recording of all that takes at least so long. */
    private static Recording recording(Duration threshold) {
        Recording recording = new Recording();
        recording.enable("dev.holdfast.Call").withThreshold(threshold);
        recording.enable("dev.holdfast.Attempt").withThreshold(threshold);
        recording.enable("dev.holdfast.Rejection");
        recording.enable("dev.holdfast.Change");
        recording.start();
        return recording;
    }

    private List<RecordedEvent> recorded(Recording recording) throws IOException {
        recording.stop();
        return dumped(recording);
    }

    private List<RecordedEvent> dumped(Recording recording) throws IOException {
        Path file = directory.resolve("recording.jfr");
        recording.dump(file);
        return RecordingFile.readAllEvents(file);
    }

    private static List<RecordedEvent> of(String name, List<RecordedEvent> events) {
        return events.stream()
                .filter(event -> event.getEventType().getName().equals("dev.holdfast." + name))
                .toList();
    }

    @Test
    @DisplayName("a call and its attempts are recorded, with their ends and numbers")
    void callsAndAttempts() throws IOException {
        AtomicInteger runs = new AtomicInteger();
        try (Recording recording = recording(Duration.ZERO)) {
            pipeline.run(() -> {
                if (runs.incrementAndGet() < 3) {
                    throw new IllegalStateException("down");
                }
            });
            CompletableFuture<Object> later = new CompletableFuture<>();
            CompletableFuture<Object> call = pipeline.callAsync(() -> later);
            later.complete("answer");
            call.join();
            List<RecordedEvent> events = recorded(recording);
            assertThat(of("Call", events)).hasSize(2).allSatisfy(event -> {
                assertThat(event.getString("policy")).isEqualTo("orders");
                assertThat(event.getString("outcome")).isEqualTo("success");
                assertThat(event.getString("errorType")).isNull();
            });
            assertThat(of("Attempt", events))
                    .extracting(event -> event.getInt("number") + " " + event.getString("outcome") + " "
                            + event.getString("errorType"))
                    .containsExactly(
                            "1 failure java.lang.IllegalStateException",
                            "2 failure java.lang.IllegalStateException",
                            "3 success null",
                            "1 success null");
        }
    }

    @Test
    @DisplayName("what is quicker than the recording's threshold is not recorded")
    void threshold() throws IOException {
        try (Recording recording = recording(Duration.ofMinutes(1))) {
            pipeline.call(ANSWER);
            List<RecordedEvent> events = recorded(recording);
            assertThat(of("Call", events)).isEmpty();
            assertThat(of("Attempt", events)).isEmpty();
        }
    }

    @Test
    @DisplayName(
            "refusals and changes of state are recorded as long as there is a recording, also one that began earlier or later")
    void refusalsAndChanges() throws IOException {
        try (FlightRecording before = FlightRecording.of(breaker);
                Recording recording = recording(Duration.ZERO);
                FlightRecording after = FlightRecording.of(retry)) {
            breaker.transitionTo(State.OPEN);
            assertThatThrownBy(() -> pipeline.call(ANSWER)).isInstanceOf(CircuitOpenException.class);
            before.close();
            before.close();
            breaker.transitionTo(State.CLOSED);
            after.close();
            List<RecordedEvent> events = recorded(recording);
            assertThat(of("Rejection", events)).singleElement().satisfies(event -> {
                assertThat(event.getString("policy")).isEqualTo("orders");
                assertThat(event.getString("kind")).isEqualTo("circuitbreaker");
            });
            assertThat(of("Change", events))
                    .singleElement()
                    .satisfies(event -> assertThat(event.getString("text"))
                            .contains("CLOSED")
                            .contains("OPEN"));
            assertThat(of("Call", events))
                    .singleElement()
                    .satisfies(event -> assertThat(event.getString("outcome")).isEqualTo("rejected"));
            assertThat(of("Attempt", events)).isEmpty();
        }
    }

    @Test
    @DisplayName(
            "what is enabled while a recording runs is recorded from then on, and costs calls nothing once it is disabled")
    void enabledWhileItRuns() throws IOException {
        breaker.transitionTo(State.OPEN);
        try (FlightRecording watching = FlightRecording.of(breaker);
                Recording recording = new Recording()) {
            recording.disable("dev.holdfast.Rejection");
            recording.disable("dev.holdfast.Change");
            recording.start();
            breaker.transitionTo(State.CLOSED);
            recording.enable("dev.holdfast.Change");
            recording.enable("dev.holdfast.Rejection");
            breaker.transitionTo(State.OPEN);
            long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (of("Rejection", dumped(recording)).isEmpty()) {
                assertThat(System.nanoTime() - end).isNegative();
                assertThatThrownBy(() -> breaker.call(ANSWER)).isInstanceOf(CircuitOpenException.class);
            }
            assertThat(of("Change", dumped(recording))).hasSize(1);

            recording.disable("dev.holdfast.Rejection");
            assertThatThrownBy(() -> breaker.call(ANSWER)).isInstanceOf(CircuitOpenException.class);
            assertThat(watching.listensToCalls()).isFalse();
            int before = of("Rejection", dumped(recording)).size();
            assertThatThrownBy(() -> breaker.call(ANSWER)).isInstanceOf(CircuitOpenException.class);
            assertThat(of("Rejection", dumped(recording))).hasSize(before);
        }
    }

    @Test
    @DisplayName("a call that was cancelled is abandoned, and has no type of an error")
    void abandoned() throws IOException {
        try (Recording recording = recording(Duration.ZERO)) {
            pipeline.callAsync(CompletableFuture::new).cancel(true);
            List<RecordedEvent> events = recorded(recording);
            for (String what : List.of("Call", "Attempt")) {
                assertThat(of(what, events)).singleElement().satisfies(event -> {
                    assertThat(event.getString("outcome")).isEqualTo("abandoned");
                    assertThat(event.getString("errorType")).isNull();
                });
            }
        }
    }

    @Test
    @DisplayName("OB-16 without a recording a call allocates nothing")
    void off() {
        try (FlightRecording watching = FlightRecording.of(breaker)) {
            Pipeline<Object> quiet = Pipeline.of(FlightRecording.calls("orders"), breaker);
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long least = Long.MAX_VALUE;
            for (int round = 0; round < 60; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 2_000; i++) {
                    quiet.call(ANSWER);
                }
                least = Math.min(least, (threads.getCurrentThreadAllocatedBytes() - before) / 2_000);
            }
            assertThat(least).isZero();
            assertThat(watching).isNotNull();
        }
    }

    /** Tells all, and throws at whoever wants to listen. */
    private record Broken(String name, String kind) implements Source {
        @Override
        public List<Meter> meters() {
            return List.of();
        }

        @Override
        public boolean tells(Class<? extends Event> type) {
            return true;
        }

        @Override
        public <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
            throw new IllegalStateException("broken");
        }
    }

    @Test
    @DisplayName("OB-19 where a source throws, nobody listens to the others")
    void brokenSource() throws IOException {
        assertThatThrownBy(() -> FlightRecording.of(breaker, new Broken("orders", "broken")))
                .hasMessage("broken");
        try (Recording recording = recording(Duration.ZERO)) {
            breaker.transitionTo(State.FORCED_OPEN);
            assertThat(of("Change", recorded(recording))).isEmpty();
        }
    }
}

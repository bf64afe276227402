// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Call;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Lease;
import dev.holdfast.Outcome;
import dev.holdfast.Pipeline;
import dev.holdfast.RejectedException;
import dev.holdfast.Source;
import dev.holdfast.availability.BurnRate;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.quorum.Quorum;
import dev.holdfast.quorum.Tally;
import dev.holdfast.retry.Retry;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whoever logs an event logs one line of bounded length, and no result. */
class EventTextTest {
    private static final String HOSTILE = "x\nERROR forged\u2028\u001b[31m" + "y".repeat(100_000);

    /** A result of somebody's call. */
    private static final class Secret {
        @Override
        public String toString() {
            return "password" + HOSTILE;
        }
    }

    private static final class HostileException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        HostileException() {
            super(HOSTILE);
        }

        @Override
        public String toString() {
            return "password" + HOSTILE;
        }
    }

    private static final class HostileRejection extends RejectedException {
        private static final long serialVersionUID = 1L;

        HostileRejection() {
            super(HOSTILE, UNKNOWN);
        }

        @Override
        protected String reason() {
            return HOSTILE;
        }
    }

    /** The record of an event that forgot to say itself. */
    private record Careless(Source source, Object value) implements Event {}

    static Stream<Class<?>> events() throws Exception {
        List<Class<?>> found = new ArrayList<>();
        for (Class<?> module : ApiTest.modules().toList()) {
            ApiTest.types(module).stream()
                    .filter(type -> Event.class.isAssignableFrom(type) && !type.isInterface())
                    .forEach(found::add);
        }
        return found.stream();
    }

    @Test
    @DisplayName("All kinds of events are looked at")
    void all() throws Exception {
        assertThat(events())
                .hasSizeGreaterThanOrEqualTo(10)
                .contains(Event.CallEnded.class, Bulkhead.LimitChanged.class);
    }

    @ParameterizedTest
    @MethodSource("events")
    @DisplayName("XC-18 an event's text is one line of bounded length that quotes what is foreign and shows no result")
    void text(Class<?> type) throws Exception {
        for (boolean failed : new boolean[] {false, true}) {
            String text = event(type, failed).toString();
            assertThat(text).satisfies(EventTextTest::isTame).startsWith(type.getSimpleName() + "['x\\nERROR forged");
        }
    }

    @Test
    @DisplayName("A record's own text would not do")
    void careless() throws Exception {
        String text = event(Careless.class, false).toString();
        assertThat(text).contains("\n", "password");
    }

    @Test
    @DisplayName("A refusal is shown as it says it itself, and the future of a call says whose it is and how it stands")
    void easyToRead() {
        Bulkhead full = Bulkhead.builder("stock").limit(0).build();
        List<Event> told = new ArrayList<>();
        full.on(Event.CallRejected.class, told::add);
        CompletableFuture<Object> refused = full.callAsync(CompletableFuture::new);
        assertThat(told.get(0).toString())
                .endsWith("BulkheadFullException: 'stock' is full: 0 in flight (limit: 0), 0 waiting]");

        Retry<Object> retry = Retry.ofDefaults("stock");
        CompletableFuture<Object> future = retry.callAsync(CompletableFuture::new);
        assertThat(future).hasToString("Call['stock' waiting]");
        future.cancel(true);
        assertThat(future).hasToString("Call['stock' cancelled]");
        assertThat(retry.callAsync(() -> refused).toString()).isEqualTo("Call['stock' failed]");
    }

    private static void isTame(String text) {
        assertThat(text).hasSizeLessThan(3_000).doesNotContain("\n", "\u2028", "\u001b", "password");
    }

    private static Object event(Class<?> type, boolean failed) throws Exception {
        RecordComponent[] parts = type.getRecordComponents();
        Constructor<?> constructor = type.getDeclaredConstructor(
                Arrays.stream(parts).map(RecordComponent::getType).toArray(Class<?>[]::new));
        return constructor.newInstance(
                Arrays.stream(parts).map(part -> value(part.getType(), failed)).toArray());
    }

    private static Object value(Class<?> type, boolean failed) {
        if (type == String.class) {
            return HOSTILE;
        } else if (type == int.class) {
            return 7;
        } else if (type == long.class) {
            return 7L;
        } else if (type == boolean.class) {
            return failed;
        } else if (type == double.class) {
            return 7.0;
        } else if (type == Duration.class) {
            return Duration.ofMillis(7);
        } else if (type == Throwable.class) {
            return failed ? new HostileException() : null;
        } else if (type == Object.class) {
            return failed ? null : new Secret();
        } else if (type == RejectedException.class) {
            return new HostileRejection();
        } else if (type == Source.class) {
            return Pipeline.of().named(HOSTILE.substring(0, 200));
        } else if (type == Outcome.class) {
            return failed ? Outcome.ofFailure(new HostileException()) : Outcome.ofResult(new Secret());
        } else if (type == Call.class) {
            return call();
        } else if (type == Optional.class) {
            // Of events, all are of times.
            return failed ? Optional.empty() : Optional.of(Duration.ofMillis(9));
        } else if (type == Tally.class) {
            return tally(failed);
        } else if (type == List.class) {
            // Of events, all are of names of nodes, by group.
            return List.of(List.of(HOSTILE.substring(0, 200)));
        } else if (type == BurnRate.class) {
            return BurnRate.usual().get(0);
        } else if (type.isEnum()) {
            return type.getEnumConstants()[0];
        } else if (type.isRecord()) {
            try {
                return event(type, failed);
            } catch (Exception broken) {
                throw new AssertionError(broken);
            }
        }
        throw new AssertionError("a value of " + type);
    }

    private static Tally<?, ?> tally(boolean failed) {
        Quorum<String, Object> quorum = Quorum.writes(HOSTILE.substring(0, 200), Object.class)
                .over(Stream.of("a", "b", "c")
                        .map(node -> Lease.of(node).named(node + HOSTILE.substring(0, 200)))
                        .toList())
                .runOn(Runnable::run)
                .build();
        return quorum.tally(node -> {
            if (failed && node.equals("b")) {
                throw new HostileException();
            }
            return new Secret();
        });
    }

    private static Call call() {
        AtomicReference<Call> context = new AtomicReference<>();
        Bulkhead named = Bulkhead.builder("x\nERROR forged" + "z".repeat(200))
                .environment(Environment.system())
                .build();
        named.callWith(call -> {
            context.set(call);
            return 1;
        });
        return context.get();
    }
}

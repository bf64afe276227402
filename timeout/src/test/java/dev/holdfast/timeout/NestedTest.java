// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.CallInterruptedException;
import dev.holdfast.Pipeline;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class NestedTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private final VirtualTime time = VirtualTime.create();
    private final AtomicInteger started = new AtomicInteger();

    @AfterEach
    void nothingIsLeftBehind() {
        assertThat(Thread.interrupted()).isFalse();
        assertThat(time.pendingTimers()).isZero();
    }

    private Timeout timeout(String name, long millis) {
        return Timeout.builder(name, Duration.ofMillis(millis))
                .environment(time)
                .build();
    }

    private Duration elapsed() {
        return Duration.ofNanos(time.nanoTime());
    }

    private void sleep() throws InterruptedException {
        started.incrementAndGet();
        time.sleep(HOUR);
    }

    @ParameterizedTest
    @CsvSource({"20, 10, inner, 10", "10, 20, outer, 10", "10, 10, outer, 10"})
    @DisplayName("TO-7 the timeout whose time is over first ends the call, blocking and async")
    void smallerRest(long outer, long inner, String name, long millis) throws Throwable {
        Pipeline<Object> both = Pipeline.of(timeout("outer", outer), timeout("inner", inner));

        for (Way way : new Way[] {Way.BLOCKING, Way.ASYNC}) {
            long before = time.nanoTime();
            assertThatThrownBy(() -> way.call(both, HOUR, () -> "late"))
                    .isInstanceOfSatisfying(TimeoutExceededException.class, thrown -> {
                        assertThat(thrown.policy()).isEqualTo(name);
                        assertThat(thrown.limit()).isEqualTo(Duration.ofMillis(millis));
                    });
            time.advance(Duration.ZERO);
            assertThat(time.nanoTime() - before)
                    .isEqualTo(Duration.ofMillis(millis).toNanos());
            assertThat(time.pendingTimers()).isZero();
        }
    }

    @Test
    @DisplayName("TO-7 the work is told the smallest rest, at whatever depth it stands")
    void timeLeft() {
        List<Optional<Duration>> left = new ArrayList<>();
        Pipeline<Object> outerIsSmaller = Pipeline.of(timeout("outer", 10), timeout("inner", 20));
        Pipeline<Object> innerIsSmaller = Pipeline.of(timeout("outer", 20), timeout("inner", 10));
        for (Pipeline<Object> pipeline : List.of(outerIsSmaller, innerIsSmaller)) {
            pipeline.callWith(call -> {
                left.add(call.timeLeft());
                time.advance(Duration.ofMillis(4));
                return left.add(call.timeLeft());
            });
            pipeline.callAsyncWith(call -> {
                        left.add(call.timeLeft());
                        return CompletableFuture.completedFuture("done");
                    })
                    .join();
        }

        assertThat(left).hasSize(6).allMatch(Optional::isPresent);
        assertThat(left).extracting(rest -> rest.orElseThrow().toMillis()).containsExactly(10L, 6L, 10L, 10L, 6L, 10L);
    }

    @Test
    @DisplayName("TO-7 each attempt is told its own rest, or that of all attempts where that is smaller")
    void timeLeftOfAttempts() {
        List<Long> left = new ArrayList<>();
        Pipeline<Object> pipeline =
                Pipeline.of(timeout("all", 25), new Again(time, 3, Duration.ofMillis(1)), timeout("each", 10));

        Throwable thrown = catchThrowable(() -> pipeline.callWith(call -> {
            left.add(call.timeLeft().orElseThrow().toMillis());
            time.advance(Duration.ofMillis(9));
            throw new IllegalStateException();
        }));

        assertThat(left).containsExactly(10L, 10L, 5L);
        assertThat(thrown).isInstanceOf(TimeoutExceededException.class);
        assertThat(elapsed()).isEqualTo(Duration.ofMillis(29));
    }

    @Test
    @DisplayName("TO-7 without a limit no rest is told; executors are told theirs")
    void timeLeftElsewhere() {
        Timeout unlimited = Timeout.builder("t", Duration.ofSeconds(Long.MAX_VALUE))
                .environment(time)
                .build();
        Timeout elsewhere = Timeout.builder("t", Duration.ofMillis(10))
                .environment(time)
                .runOn(task -> time.schedule(task, 3_000_000))
                .build();

        Optional<Duration> noRest = unlimited.callWith(call -> call.timeLeft());
        Optional<Duration> rest = elsewhere.callWith(call -> call.timeLeft());

        assertThat(noRest).isEmpty();
        assertThat(rest).contains(Duration.ofMillis(7));
    }

    @ParameterizedTest
    @EnumSource(names = {"BLOCKING", "ASYNC"})
    @DisplayName("TO-7 an outer timeout ends the attempt that runs inside of a retry, and there is no further one")
    void endsAttempts(Way way) {
        Pipeline<Object> pipeline =
                Pipeline.of(timeout("outer", 25), new Again(time, 100, Duration.ZERO), timeout("inner", 10));

        assertThatThrownBy(() -> way.call(pipeline, HOUR, () -> "late"))
                .isInstanceOfSatisfying(
                        TimeoutExceededException.class,
                        thrown -> assertThat(thrown.policy()).isEqualTo("outer"));

        assertThat(elapsed()).isEqualTo(Duration.ofMillis(25));
    }

    @Test
    @DisplayName("TO-7 an outer timeout ends the wait between attempts")
    void endsWaits() {
        Pipeline<Object> pipeline = Pipeline.of(timeout("outer", 25), new Again(time, 100, HOUR));

        Throwable thrown = catchThrowable(() -> pipeline.runChecked(() -> {
            started.incrementAndGet();
            throw new IllegalStateException("no");
        }));
        assertThat(thrown).isInstanceOf(TimeoutExceededException.class);
        assertThat(thrown.getSuppressed()).singleElement().isInstanceOf(CallInterruptedException.class);
        assertThat(elapsed()).isEqualTo(Duration.ofMillis(25));

        CompletableFuture<Object> future = pipeline.callAsync(() -> {
            started.incrementAndGet();
            return CompletableFuture.failedFuture(new IllegalStateException("no"));
        });
        assertThatThrownBy(() -> time.join(future)).hasCauseInstanceOf(TimeoutExceededException.class);
        assertThat(elapsed()).isEqualTo(Duration.ofMillis(50));
        assertThat(started).hasValue(2);
    }

    @Test
    @DisplayName(
            "TO-7 the wait of an inner timeout for its executor ends with the outer one, and the work never starts")
    void endsHandedOffWork() {
        List<Runnable> queue = new ArrayList<>();
        Timeout inner = Timeout.builder("inner", HOUR)
                .environment(time)
                .runOn(queue::add)
                .build();

        assertThatThrownBy(() -> Pipeline.of(timeout("outer", 10), inner).run(started::incrementAndGet))
                .isInstanceOfSatisfying(
                        TimeoutExceededException.class,
                        thrown -> assertThat(thrown.policy()).isEqualTo("outer"));
        queue.forEach(Runnable::run);

        assertThat(elapsed()).isEqualTo(Duration.ofMillis(10));
        assertThat(started).hasValue(0);
    }

    @ParameterizedTest
    @CsvSource({"10, 10", "15, 10", "10, 15"})
    @DisplayName("TO-7 when both have fired before the work looks, the outer one ends what comes after the inner one")
    void bothFire(long outer, long inner) {
        Pipeline<Object> pipeline =
                Pipeline.of(timeout("outer", outer), new Replacing(time, this::sleep), timeout("inner", inner));

        assertThatThrownBy(() -> pipeline.run(() -> time.advance(Duration.ofMillis(20))))
                .isInstanceOfSatisfying(
                        TimeoutExceededException.class,
                        thrown -> assertThat(thrown.policy()).isEqualTo("outer"));

        assertThat(started).hasValue(1);
        assertThat(elapsed()).isEqualTo(Duration.ofMillis(20));
    }
}

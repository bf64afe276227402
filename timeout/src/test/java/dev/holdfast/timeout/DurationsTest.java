// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.Call;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DurationsTest {
    private static final Duration HUGE = Duration.ofSeconds(Long.MAX_VALUE, 999_999_999);
    private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);
    private static final Duration YEAR = Duration.ofDays(365);
    private static final List<Duration> NONE_LEFT = List.of(
            Duration.ZERO, Duration.ofNanos(-1), Duration.ofNanos(Long.MIN_VALUE), Duration.ofSeconds(Long.MIN_VALUE));

    private final VirtualTime time = VirtualTime.create(Long.MAX_VALUE - 1_000, 0);
    private final AtomicInteger started = new AtomicInteger();

    private Timeout fixed(Way way, Duration limit, Duration takes) {
        return way.timeout(limit, time, takes);
    }

    private Timeout byCall(Way way, Function<Call, Duration> limit, Duration takes) {
        return way.prepare(Timeout.builder("t", limit), time, takes).build();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-5 zero or less: the call fails at once, and the work is not started")
    void noTime(Way way) {
        for (Duration limit : NONE_LEFT) {
            for (Timeout timeout :
                    List.of(fixed(way, limit, Duration.ZERO), byCall(way, call -> limit, Duration.ZERO))) {
                assertThatThrownBy(() -> way.call(timeout, Duration.ZERO, started::incrementAndGet))
                        .isInstanceOfSatisfying(
                                TimeoutExceededException.class,
                                thrown -> assertThat(thrown.limit()).isEqualTo(Duration.ZERO));
                assertThat(timeout.counts()).isEqualTo(new Timeout.Counts(0, 1));
            }
        }
        assertThat(started).hasValue(0);
        assertThat(time.pendingTimers()).isZero();
        assertThat(time.nanoTime()).isEqualTo(Long.MAX_VALUE - 1_000);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-5 longer than a long of nanoseconds: no limit, no timer, nothing counted")
    void noLimit(Way way) throws Throwable {
        for (Duration limit : List.of(HUGE, LONGEST, LONGEST.plusNanos(1))) {
            for (Timeout timeout : List.of(fixed(way, limit, YEAR), byCall(way, call -> limit, YEAR))) {
                assertThat(way.call(timeout, YEAR, time::pendingTimers)).isEqualTo(0);
                assertThat(timeout.counts()).isEqualTo(new Timeout.Counts(0, 0));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-5 a duration of centuries is a limit like any other")
    void longLimit(Way way) throws Throwable {
        Timeout timeout = fixed(way, LONGEST.minusNanos(1), YEAR);

        assertThat(way.call(timeout, YEAR, () -> "result")).isEqualTo("result");
        assertThat(timeout.counts()).isEqualTo(new Timeout.Counts(1, 0));
        assertThat(time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-5 whatever the duration, a call ends in one of three ways, and leaves no timer")
    void anyDuration(Way way) {
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 2_000; i++) {
            Duration limit = Duration.ofSeconds(
                    random.nextLong() >> random.nextInt(64), random.nextInt(1_000_000_000) >> random.nextInt(32));
            Duration takes = Duration.ofNanos(random.nextLong(1L << random.nextInt(1, 50)));
            Timeout timeout = i % 2 == 0 ? fixed(way, limit, takes) : byCall(way, call -> limit, takes);

            Throwable thrown = catchThrowable(() -> way.call(timeout, takes, () -> "result"));

            if (limit.compareTo(takes) > 0) {
                assertThat(thrown).as("%s of %s", takes, limit).isNull();
            } else if (limit.compareTo(takes) < 0 || limit.isZero()) {
                assertThat(thrown).as("%s of %s", takes, limit).isInstanceOf(TimeoutExceededException.class);
            }
            assertThat(timeout.toString()).startsWith("Timeout['t' ");
            assertThat(timeout.counts().inTime() + timeout.counts().timedOut()).isLessThanOrEqualTo(1);
            time.advance(Duration.ZERO);
            cleanUp(way);
            assertThat(time.pendingTimers()).isZero();
        }
    }

    /** The work of a call that was given up may still stand in the executor's queue, which is a timer here. */
    private void cleanUp(Way way) {
        if (way == Way.EXECUTOR) {
            time.advance(Duration.ofNanos(1L << 50));
        }
    }

    @Test
    @DisplayName("TO-5 a changed duration is for calls that come later; zero and huge ones are taken as well")
    void reconfigure() {
        Timeout timeout =
                Timeout.builder("t", Duration.ofMillis(10)).environment(time).build();

        timeout.runChecked(() -> {
            timeout.reconfigure(Duration.ZERO);
            time.advance(Duration.ofMillis(9));
        });
        assertThatThrownBy(() -> timeout.run(started::incrementAndGet)).isInstanceOf(TimeoutExceededException.class);
        timeout.reconfigure(HUGE);
        assertThatCode(() -> timeout.runChecked(() -> time.sleep(YEAR))).doesNotThrowAnyException();

        assertThat(started).hasValue(0);
        assertThat(timeout).hasToString("Timeout['t' no limit]");
        assertThatThrownBy(() -> timeout.reconfigure((Duration) null)).hasMessage("duration: null (expected: a value)");
    }
}

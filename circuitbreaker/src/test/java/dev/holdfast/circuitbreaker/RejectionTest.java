// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Permit;
import dev.holdfast.RejectedException;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreaker.StateChanged;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RejectionTest extends BreakerTest {
    @ParameterizedTest
    @EnumSource
    @DisplayName("CB-10 a refusal says who, in which state, and when to try again; the work is not started")
    void refusalSaysWhoAndWhen(Form form) {
        CircuitBreaker breaker = tripping().build();
        fail(breaker);
        time.advance(Duration.ofSeconds(3));
        AtomicInteger started = new AtomicInteger();

        Throwable refused = form.call(breaker, started::incrementAndGet, null);

        assertThat(started).hasValue(0);
        assertThat(refused).isInstanceOfSatisfying(CircuitOpenException.class, rejection -> {
            assertThat(rejection.policy()).isEqualTo("tripping");
            assertThat(rejection.state()).isEqualTo(State.OPEN);
            assertThat(rejection.retryAfterNanos())
                    .isEqualTo(Duration.ofSeconds(7).toNanos());
            assertThat(rejection).hasMessage("'tripping' is OPEN and let no call through; retry after PT7S");
            assertThat(rejection.getStackTrace()).isEmpty();
        });
        assertThat(breaker.counts().rejected()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CB-10 where nobody knows when to try again, a refusal says so")
    void refusalWithoutATime(Form form) {
        CircuitBreaker breaker = halfOpen(tripping());
        admitted(breaker);
        assertThat(form.call(breaker, NOTHING, null)).isInstanceOfSatisfying(CircuitOpenException.class, rejection -> {
            assertThat(rejection.state()).isEqualTo(State.HALF_OPEN);
            assertThat(rejection.retryAfterNanos()).isEqualTo(RejectedException.UNKNOWN);
            assertThat(rejection).hasMessage("'tripping' is HALF_OPEN and let no call through");
        });
        breaker.transitionTo(State.FORCED_OPEN);
        assertThat(form.call(breaker, NOTHING, null)).isInstanceOfSatisfying(CircuitOpenException.class, rejection -> {
            assertThat(rejection.state()).isEqualTo(State.FORCED_OPEN);
            assertThat(rejection.retryAfterNanos()).isEqualTo(RejectedException.UNKNOWN);
        });
    }

    @Test
    @DisplayName("CB-10 a name with line breaks starts no new line in a message")
    void namesAreEscaped() {
        String name = "a\nb\r\tc'd\u2028e\u0007f\\g";
        CircuitBreaker breaker = CircuitBreaker.builder(name).environment(time).build();
        breaker.transitionTo(State.FORCED_OPEN);
        String quoted = "'a\\nb\\r\\tc\\'d\\u2028e\\u0007f\\\\g'";
        assertThatThrownBy(breaker::acquire)
                .hasMessage(quoted + " is FORCED_OPEN and let no call through")
                .isInstanceOfSatisfying(
                        CircuitOpenException.class,
                        thrown -> assertThat(thrown.policy()).isEqualTo(name));
        assertThat(breaker).hasToString("CircuitBreaker[" + quoted + " FORCED_OPEN]");
        assertThat(breaker.name()).isEqualTo(name);
    }

    @Test
    @DisplayName("CB-10 a refusal is no more than three frames deep")
    void refusalIsShallow() {
        HookedTime hooked = new HookedTime();
        CircuitBreaker breaker = tripping().environment(hooked).build();
        fail(breaker);
        List<String> frames = new ArrayList<>();
        hooked.afterEachReading(() -> StackWalker.getInstance().walk(stack -> {
            stack.map(StackWalker.StackFrame::getMethodName)
                    .dropWhile(name -> !name.equals("nanoTime"))
                    .takeWhile(name -> !name.equals("refusalIsShallow"))
                    .forEach(frames::add);
            return null;
        }));
        Permit none = breaker.tryAcquire();
        assertThat(none).isNull();
        assertThat(frames).contains("tryAcquire").hasSizeLessThanOrEqualTo(3);
    }

    @Test
    @DisplayName("CB-10 threads: nobody waits for a listener that another thread is in")
    void nobodyWaitsForAListener() throws Exception {
        CircuitBreaker breaker = tripping().build();
        CountDownLatch listening = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        breaker.on(StateChanged.class, event -> {
            listening.countDown();
            try {
                release.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException stopped) {
                throw new AssertionError(stopped);
            }
        });
        race(2, number -> {
            if (number == 0) {
                fail(breaker);
                return;
            }
            try {
                assertThat(listening.await(60, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException stopped) {
                throw new AssertionError(stopped);
            }
            times(100, () -> assertRefuses(breaker));
            assertThat(breaker.report().state()).isEqualTo(State.OPEN);
            breaker.reconfigure(settings -> settings.trials(2));
            release.countDown();
        });
        assertThat(breaker.counts().rejected()).isEqualTo(100);
    }
}

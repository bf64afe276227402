// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.chaos.Arms;
import dev.holdfast.chaos.Burden;
import dev.holdfast.chaos.Chaos;
import dev.holdfast.chaos.ChaosReply;
import dev.holdfast.chaos.Delay;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.ratelimiter.RateLimiter;
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
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Faults that are injected, as the policies around see them. */
class ChaosWithOthersTest {
    private static Duration ms(long millis) {
        return Duration.ofMillis(millis);
    }

    /** A pipeline of the usual policies, and what there is to be seen of it. */
    private static final class Twin {
        final VirtualTime time = VirtualTime.create(0, 7);
        final List<String> seen = new ArrayList<>();
        final CircuitBreaker breaker = CircuitBreaker.builder("b")
                .environment(time)
                .over(Window.calls(10))
                .build();
        final Retry<Object> retry = Retry.builder("r")
                .environment(time)
                .backoff(Backoff.fixed(ms(20)))
                .build();
        final Fallback<Object> fallback = Fallback.builder("f", Object.class)
                .environment(time)
                .value("instead")
                .build();
        final Bulkhead bulkhead =
                Bulkhead.builder("l").environment(time).limit(4).build();

        /** {@code inside} is what stands there, before the work. */
        void run(Way way, Policy<Object> inside, Script<Object> work, int calls) {
            Pipeline<Object> pipeline = Pipeline.of(fallback, retry, breaker, bulkhead, inside);
            for (int i = 0; i < calls; i++) {
                seen.add(way.call(pipeline, work).toString() + " at " + time.nanoTime() + " " + breaker.state());
                time.advance(ms(100));
            }
            seen.add(fallback.counts() + " " + retry.counts() + " " + breaker.counts() + " " + bulkhead.counts());
        }
    }

    /** As if it were not there. */
    private static Policy<Object> nothing(VirtualTime time) {
        return Chaos.builder("c").environment(time).build();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CH-6 an injected failure is to every policy around what the same failure of the work is")
    void twins(Way way) {
        Twin real = new Twin();
        Script<Object> failing = Script.of(real.time);
        Twin injected = new Twin();
        Script<Object> well = Script.<Object>of(injected.time).gives("stock");
        // The same calls fail in both: those of which the seed says so.
        List<Boolean> fails = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            fails.add(false);
        }
        Chaos probe = Chaos.builder("c")
                .environment(injected.time)
                .fail(0.4, () -> new IOException("gone"))
                .build();
        Arms asked = Arms.arm(probe, injected.time, 3);
        for (int i = 0; i < fails.size(); i++) {
            fails.set(i, way.call(probe, well).isFailure());
        }
        asked.disarm();
        fails.forEach(each -> {
            if (each) {
                failing.fails(new IOException("gone"));
            } else {
                failing.gives("stock");
            }
        });

        real.run(way, nothing(real.time), failing, 60);
        Chaos chaos = Chaos.builder("c")
                .environment(injected.time)
                .fail(0.4, () -> new IOException("gone"))
                .build();
        Arms armed = Arms.arm(chaos, injected.time, 3);
        injected.run(way, chaos, well, 60);
        assertThat(injected.seen).isEqualTo(real.seen);
        assertThat(armed.injected()).isBetween(10L, 100L);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CH-6 an injected delay is the work's time: to a breaker that looks for slow calls, and to deadlines")
    void slow(Way way) {
        VirtualTime time = VirtualTime.create();
        CircuitBreaker breaker = CircuitBreaker.builder("b")
                .environment(time)
                .over(Window.calls(10))
                .slowCalls(ms(100), 0.5)
                .build();
        Chaos chaos =
                Chaos.builder("c").environment(time).delay(1, Delay.of(ms(150))).build();
        Arms.arm(chaos, time, 1);
        Script<Object> work = Script.<Object>of(time).gives("stock");
        for (int i = 0; i < 10; i++) {
            assertThat(way.call(Pipeline.of(breaker, chaos), work).result()).contains("stock");
        }
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThat(time.nanoTime()).isEqualTo(ms(1_500).toNanos());
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "CH-8 a deadline ends a delay and a call that hangs, as it would end the work, and nothing is left behind")
    void deadline(Way way) {
        VirtualTime time = VirtualTime.create();
        Chaos chaos = Chaos.builder("c").environment(time).hang(1).build();
        Arms armed = Arms.arm(chaos, time, 1);
        Script<Object> work = Script.<Object>of(time).gives("stock");
        Timeout timeout = Timeout.builder("t", ms(80)).environment(time).build();
        Bulkhead bulkhead = Bulkhead.builder("l").environment(time).limit(1).build();
        for (int i = 0; i < 3; i++) {
            assertThat(way.call(Pipeline.of(timeout, bulkhead, chaos), work).failure())
                    .isInstanceOf(TimeoutExceededException.class);
        }
        assertThat(time.nanoTime()).isEqualTo(ms(240).toNanos());
        assertThat(work.calls()).isZero();
        assertThat(bulkhead.counts().rejected()).isZero();
        armed.disarm();
        assertThat(time.pendingTimers()).isZero();
        assertThat(way.call(Pipeline.of(timeout, bulkhead, chaos), work).result())
                .contains("stock");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CH-7 a retry repeats the work whose reply was lost: it was done as often as there were attempts")
    void lostReplies(Way way) {
        VirtualTime time = VirtualTime.create();
        ChaosReply<Object> reply = ChaosReply.builder("c")
                .environment(time)
                .lose(1, () -> new IOException("no reply"))
                .build();
        Arms armed = Arms.arm(reply, time, 1);
        Retry<Object> retry = Retry.builder("r")
                .environment(time)
                .maxAttempts(3)
                .backoff(Backoff.none())
                .build();
        Script<Object> work = Script.<Object>of(time).gives("stock");
        assertThat(way.call(Pipeline.of(retry).then(reply), work).failure()).isInstanceOf(IOException.class);
        assertThat(work.calls()).isEqualTo(3);
        assertThat(armed.injected()).isEqualTo(3);
    }

    @Test
    @DisplayName("CH-15 a bulkhead, a limiter and a breaker are what they were when their burdens are over")
    void burdens() {
        VirtualTime time = VirtualTime.create();
        Bulkhead bulkhead = Bulkhead.builder("l").environment(time).limit(10).build();
        RateLimiter limiter = RateLimiter.builder("r")
                .environment(time)
                .limit(10, Duration.ofSeconds(1))
                .build();
        CircuitBreaker breaker = CircuitBreaker.builder("b").environment(time).build();
        List<Arms> arms = List.of(
                Arms.arm(Burden.take(bulkhead, 10), time, 1),
                Arms.arm(Burden.drain(limiter, ms(50)), time, 1),
                Arms.arm(Burden.of("open", () -> breaker.transitionTo(State.FORCED_OPEN), breaker::reset), time, 1));
        for (int i = 0; i < 3; i++) {
            time.advance(ms(500));
            time.advance(ms(1));
            assertThat(bulkhead.tryAcquire()).isNull();
            assertThat(limiter.tryAcquire()).isNull();
            assertThat(breaker.tryAcquire()).isNull();
        }
        arms.forEach(Arms::disarm);
        time.advance(Duration.ofSeconds(2));
        for (int i = 0; i < 10; i++) {
            assertThat(bulkhead.tryAcquire()).isNotNull();
            assertThat(limiter.tryAcquire()).isNotNull();
        }
        assertThat(bulkhead.tryAcquire()).isNull();
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        assertThat(time.pendingTimers()).isZero();
    }
}

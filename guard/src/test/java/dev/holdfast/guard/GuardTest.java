// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Classifier;
import dev.holdfast.Criticality;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.RejectedException;
import dev.holdfast.Source;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadFullException;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.retry.Retry;
import dev.holdfast.simulation.Clients;
import dev.holdfast.simulation.Fault;
import dev.holdfast.simulation.Service;
import dev.holdfast.simulation.Times;
import dev.holdfast.simulation.World;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import dev.holdfast.timeout.TimeoutExceededException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class GuardTest {
    private final VirtualTime time = VirtualTime.create();

    private static RuntimeException lost() {
        return new UncheckedIOException(new IOException("connection reset"));
    }

    private int timesOut() {
        sleep(Duration.ofMillis(500));
        throw new UncheckedIOException(new SocketTimeoutException("no answer"));
    }

    private int sleep(Duration duration) {
        try {
            time.sleep(duration);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
        return 1;
    }

    @Test
    @DisplayName("Without a setting it is a retry and a limit, and says so")
    void whatItIsMadeOf() {
        Guard guard = Guard.builder("stock").environment(time).build();
        assertThat(guard.policies()).extracting(Policy::kind).containsExactly("retry", "bulkhead");
        assertThat(guard.name()).isEqualTo("stock");
        assertThat(guard).asString().startsWith("Guard[Retry['stock'").contains("Bulkhead['stock'");
        assertThat(guard.call(() -> 7)).isEqualTo(7);
        assertThat(guard.deadline()).isEmpty();
        assertThat(guard.breaker()).isEmpty();
        assertThat(guard.attemptTimeout()).isEmpty();
        assertThat(Guard.of("other").environment()).isSameAs(Environment.standard());
    }

    @Test
    @DisplayName("Every part can be set or left out, and stands where the page says")
    void parts() {
        Guard all = Guard.builder("stock")
                .environment(time)
                .deadline(Duration.ofSeconds(2))
                .attemptTimeout(Duration.ofMillis(500))
                .breaker(breaker -> breaker.failureRate(0.9))
                .retry(retry -> retry.maxAttempts(3))
                .limit(limit -> limit.limit(5))
                .build();
        assertThat(all.policies())
                .hasExactlyElementsOfTypes(
                        Timeout.class, Retry.class, CircuitBreaker.class, Timeout.class, Bulkhead.class)
                .containsExactly(
                        all.deadline().orElseThrow(),
                        all.retry().orElseThrow(),
                        all.breaker().orElseThrow(),
                        all.attemptTimeout().orElseThrow(),
                        all.limit().orElseThrow());
        assertThat(all.limit().orElseThrow().report().limit()).isEqualTo(5);
        Guard none = Guard.builder("stock")
                .environment(time)
                .withoutRetry()
                .withoutLimit()
                .build();
        assertThat(none.policies()).isEmpty();
        assertThat(none.call(() -> "bare")).isEqualTo("bare");
    }

    @Test
    @DisplayName("What fails at once is repeated once, what has taken its time is not")
    void repeatsWhatFailsAtOnce() {
        Guard guard = Guard.builder("stock").environment(time).build();
        AtomicInteger attempts = new AtomicInteger();
        assertThat(guard.<Integer>call(() -> {
                    if (attempts.incrementAndGet() == 1) {
                        throw lost();
                    }
                    return 5;
                }))
                .isEqualTo(5);
        attempts.set(0);
        assertThatThrownBy(() -> guard.call(() -> {
                    attempts.incrementAndGet();
                    sleep(Duration.ofMillis(300));
                    throw lost();
                }))
                .isInstanceOf(UncheckedIOException.class);
        assertThat(attempts).hasValue(1);
    }

    @Test
    @DisplayName("Repeats are at most a tenth of what succeeds, and ten at once")
    void budget() {
        Guard guard = Guard.builder("stock").environment(time).build();
        AtomicInteger attempts = new AtomicInteger();
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> guard.call(() -> {
                        attempts.incrementAndGet();
                        throw lost();
                    }))
                    .isInstanceOf(UncheckedIOException.class);
        }
        assertThat(attempts).hasValue(110);
    }

    @Test
    @DisplayName("Calls that time out take the limit down to one, and to none for a while; a good answer ends that")
    void clearsTheWay() {
        Guard guard = Guard.builder("stock").environment(time).withoutRetry().build();
        Bulkhead limit = guard.limit().orElseThrow();
        for (int i = 0; i < 50; i++) {
            guard.call(() -> sleep(Duration.ofMillis(20)));
        }
        int refused = 0;
        for (int i = 0; i < 30; i++) {
            try {
                guard.call(this::timesOut);
            } catch (BulkheadFullException full) {
                refused++;
            } catch (UncheckedIOException asExpected) {
                // It is down.
            }
        }
        assertThat(refused).isGreaterThan(15);
        assertThat(limit.report().limit()).isEqualTo(1);
        assertThat(limit.learned()).containsKeys("usual", "bad-share", "fails-after");
        time.advance(Duration.ofSeconds(2));
        assertThat(guard.call(() -> sleep(Duration.ofMillis(20)))).isEqualTo(1);
        assertThat(guard.call(() -> sleep(Duration.ofMillis(20)))).isEqualTo(1);
        assertThat(limit.report().limit()).isGreaterThan(1);
    }

    @Test
    @DisplayName("After a long time without a call it is as at first")
    void forgets() {
        Guard guard = Guard.builder("stock").environment(time).withoutRetry().build();
        Bulkhead limit = guard.limit().orElseThrow();
        int first = limit.report().limit();
        for (int i = 0; i < 30; i++) {
            try {
                guard.call(this::timesOut);
            } catch (RejectedException | UncheckedIOException asExpected) {
                // It is down.
            }
        }
        assertThat(limit.report().limit()).isLessThan(first);
        time.advance(Duration.ofDays(1));
        List<Integer> seen = new ArrayList<>();
        guard.run(() -> seen.add(limit.report().limit()));
        assertThat(seen).containsExactly(first);
        assertThat(limit.learned()).doesNotContainKey("fails-after");
    }

    @Test
    @DisplayName("A deadline ends the call with all of its attempts, an attempt timeout each of them")
    void timeLimits() {
        Guard guard = Guard.builder("stock")
                .environment(time)
                .deadline(Duration.ofSeconds(1))
                .attemptTimeout(Duration.ofMillis(200))
                .build();
        assertThatThrownBy(() -> guard.call(() -> sleep(Duration.ofSeconds(5))))
                .isInstanceOf(TimeoutExceededException.class)
                .hasMessageContaining("stock/attempt");
        assertThat(time.nanoTime()).isLessThan(Duration.ofMillis(1001).toNanos());
    }

    @Test
    @DisplayName("Rules are said once for all parts")
    void rules() {
        Guard guard = Guard.builder("stock")
                .environment(time)
                .classify(Classifier.standard().ignore(IOException.class))
                .build();
        AtomicInteger attempts = new AtomicInteger();
        assertThatThrownBy(() -> guard.call(() -> {
                    attempts.incrementAndGet();
                    throw lost();
                }))
                .isInstanceOf(UncheckedIOException.class);
        assertThat(attempts).hasValue(1);
    }

    @Test
    @DisplayName("It is a policy like any other: named in events, with meters, with a fallback around it")
    void aPolicyLikeAnyOther() {
        Guard guard = Guard.builder("stock").environment(time).build();
        List<Event> heard = new ArrayList<>();
        guard.on(Event.CallCompleted.class, heard::add);
        guard.run(() -> {});
        assertThat(heard).hasSize(1);
        assertThat(((Event.CallCompleted) heard.get(0)).source()).isSameAs(guard);
        assertThat(guard.meters()).isNotEmpty();
        Fallback<Object> fallback = Fallback.builder("stock", Object.class)
                .environment(time)
                .value("nothing")
                .build();
        Object given = Pipeline.<Object>of(fallback, guard).call(() -> {
            throw lost();
        });
        assertThat(given).isEqualTo("nothing");
    }

    @Test
    @DisplayName("In an overload the less critical calls are refused first, and the critical ones hardly at all")
    void criticality() {
        World world = World.of(
                        Service.of("stock", 8, Times.constant(Duration.ofMillis(20))),
                        Clients.poisson("stock", 70).count(1))
                .with(Clients.poisson("stock", 210).count(1))
                .with(Fault.brownout("stock", 4).from(Duration.ofSeconds(5)).lasting(Duration.ofSeconds(20)))
                .lasting(Duration.ofSeconds(30));
        List<Guard> made = new ArrayList<>();
        Map<Source, int[]> calls = new HashMap<>();
        world.run(1, (caller, service) -> {
            if (made.isEmpty()) {
                Guard guard = Guard.of(service);
                made.add(guard.withCriticality(Criticality.CRITICAL_PLUS));
                made.add(guard.withCriticality(Criticality.SHEDDABLE));
                guard.on(Event.CallCompleted.class, event -> {
                    int[] counts = calls.computeIfAbsent(event.source(), policy -> new int[2]);
                    counts[event.outcome().failure() == null ? 0 : 1]++;
                });
                return made.get(0);
            }
            return made.get(1);
        });
        // For 20 of 30 s 100 of 280 calls a second can be answered, of which 70 are critical.
        assertThat(share(calls.get(made.get(0)))).isGreaterThan(0.87);
        assertThat(share(calls.get(made.get(1)))).isBetween(0.33, 0.55);
    }

    private static double share(int[] answeredAndNot) {
        return (double) answeredAndNot[0] / (answeredAndNot[0] + answeredAndNot[1]);
    }

    @Test
    @DisplayName("Closed, it lets no call in")
    void closes() throws InterruptedException {
        Guard guard = Guard.builder("stock").environment(time).build();
        assertThat(guard.closeAndWait(Duration.ZERO)).isTrue();
        assertThatThrownBy(() -> guard.run(() -> {})).isInstanceOf(BulkheadFullException.class);
        guard.close();
        Guard bare = Guard.builder("bare").environment(time).withoutLimit().build();
        bare.close();
        assertThatThrownBy(() -> bare.closeAndWait(Duration.ZERO)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    @DisplayName("A change that gives nothing, and a name that leaves no room, are said where they are made")
    void mistakes() {
        assertThatThrownBy(() -> Guard.builder("stock").retry(usual -> null).build())
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("the retry");
        assertThatThrownBy(() -> Guard.builder("stock").limit(usual -> null).build())
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("the limit");
        assertThatThrownBy(() -> Guard.builder("stock").breaker(usual -> null).build())
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("the breaker");
        GuardBuilder longName = Guard.builder("x".repeat(250));
        assertThatThrownBy(() -> longName.attemptTimeout(Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("256");
        assertThat(longName.deadline(Duration.ofSeconds(1)).build().call(() -> "answer"))
                .isEqualTo("answer");
    }
}

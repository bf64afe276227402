// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Checked;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListenersTest {
    /** Does not even let itself be printed. */
    private static final class Nasty extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Nasty() {
            super("nasty", null, false, false);
        }

        @Override
        public String getMessage() {
            throw this;
        }
    }

    private static final class Fatal extends Error {
        private static final long serialVersionUID = 1L;

        Fatal() {
            super("fatal", null, false, false);
        }
    }

    @Test
    @Timeout(value = 900, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @DisplayName("XC-1 listeners that throw change no outcome, no count and no state, on pipelines built at random")
    void throwing() {
        List<Consumer<Event>> listeners = List.of(
                event -> Script.<RuntimeException>raise(new Nasty()),
                event -> Script.<RuntimeException>raise(new Fatal()),
                event -> Script.<RuntimeException>raise(new InterruptedException()));
        Worlds.forEach(150, seed -> {
            World quiet = new World(seed);
            World loud = new World(seed, listeners.get((int) seed % 3));
            for (World world : List.of(quiet, loud)) {
                world.sync(world.pipeline(), 4).async(world.pipeline(), 4);
                assertThat(world.leftovers()).as("world %s", seed).isEmpty();
            }
            assertThat(loud.trace.lines()).as("world %s", seed).isEqualTo(quiet.trace.lines());
            assertThat(loud.counts()).as("world %s", seed).isEqualTo(quiet.counts());
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @DisplayName("XC-1 the same at each of the six policies alone, in whatever way it is set up")
    void eachPolicy(int way) throws Exception {
        List<Policy<Object>> quiet = new Policies(VirtualTime.create()).all();
        List<Policy<Object>> loud = new Policies(VirtualTime.create()).all();
        List<String> told = new ArrayList<>();
        for (int i = 0; i < quiet.size(); i++) {
            List<String> expected = outcomes(quiet.get(i));
            loud.get(i).on(Event.class, event -> {
                told.add(event.policy());
                Script.<RuntimeException>raise(List.of(new Nasty(), new Fatal(), new InterruptedException())
                        .get(way));
            });

            assertThat(outcomes(loud.get(i))).as("%s", quiet.get(i)).isEqualTo(expected);
            assertThat(World.inUse(loud.get(i))).isEmpty();
        }
        assertThat(told).contains("b", "h", "l", "r", "t", "f");
    }

    /** What comes of calls that succeed, take their time, fail and are refused, blocking and asynchronous. */
    private static List<String> outcomes(Policy<Object> policy) {
        VirtualTime time = (VirtualTime) policy.environment();
        List<Checked.Supplier<Object, Exception>> works = List.of(
                () -> "yes",
                () -> "no",
                () -> {
                    time.sleep(Duration.ofMillis(1));
                    return "late";
                },
                () -> {
                    throw new IllegalStateException("no");
                },
                () -> {
                    throw new TestGate.Refused("inner");
                });
        List<String> outcomes = new ArrayList<>();
        for (int i = 0; i < 3 * works.size(); i++) {
            Checked.Supplier<Object, Exception> work = works.get(i % works.size());
            outcomes.add(outcome(() -> policy.callChecked(work)));
            outcomes.add(outcome(() -> time.join(policy.callAsync(() -> {
                try {
                    return CompletableFuture.completedFuture(work.get());
                } catch (Exception thrown) {
                    return CompletableFuture.failedFuture(thrown);
                }
            }))));
        }
        outcomes.add(policy instanceof Gate ? ((Gate) policy).counts().toString() : policy.toString());
        return outcomes;
    }

    private static String outcome(Callable<Object> call) {
        try {
            return Trace.outcome(call.call(), null);
        } catch (Throwable thrown) {
            return Trace.outcome(null, thrown.getCause() == null ? thrown : thrown.getCause());
        }
    }

    @Test
    @Timeout(20)
    @DisplayName("XC-1 a listener runs on the thread of the call, and a slow one holds up no other call")
    void slow() throws Exception {
        CircuitBreaker breaker = CircuitBreaker.builder("b").minimumCalls(20).build();
        Retry<Object> retry = Retry.builder("r")
                .withoutBudget()
                .maxAttempts(2)
                .backoff(Backoff.none())
                .build();
        Pipeline<Object> pipeline = Pipeline.of(retry, breaker);
        CountDownLatch listening = new CountDownLatch(1);
        CountDownLatch enough = new CountDownLatch(1);
        Set<Thread> told = ConcurrentHashMap.newKeySet();
        Consumer<Event> listener = event -> {
            if (told.add(Thread.currentThread()) && told.size() == 1) {
                listening.countDown();
                try {
                    enough.await();
                } catch (InterruptedException interrupt) {
                    throw new IllegalStateException(interrupt);
                }
            }
        };
        breaker.on(Event.class, listener);
        retry.on(Event.class, listener);
        List<Thread> callers = new ArrayList<>();
        List<FutureTask<String>> calls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            calls.add(new FutureTask<>(() -> pipeline.call(() -> "yes")));
            callers.add(new Thread(calls.get(i)));
        }

        callers.get(0).start();
        listening.await();
        for (int i = 1; i < 3; i++) {
            callers.get(i).start();
            assertThat(calls.get(i).get(10, TimeUnit.SECONDS)).isEqualTo("yes");
        }
        assertThat(calls.get(0)).isNotDone();
        enough.countDown();

        assertThat(calls.get(0).get(10, TimeUnit.SECONDS)).isEqualTo("yes");
        assertThat(told).containsExactlyInAnyOrderElementsOf(callers);
    }
}

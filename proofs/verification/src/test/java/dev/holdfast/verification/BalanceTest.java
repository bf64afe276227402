// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.Backoff;
import dev.holdfast.CallInterruptedException;
import dev.holdfast.Gate;
import dev.holdfast.Permit;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BalanceTest {
    private static final int CALLS = 5;
    private static final Duration A_WHILE = Duration.ofNanos(40_000);

    /** How user code throws, or does not come to it. */
    enum Way {
        SYNC,
        ASYNC,
        LATE,
        THROWN_BY_SUPPLIER,
        MINIMAL_STAGE,
        /** The caller's flag is set before the call, while its work runs, or just before that throws. */
        INTERRUPTED_BEFORE,
        INTERRUPTED_DURING,
        INTERRUPTED_AFTER,
        /** The future is cancelled while the call waits to be let in further in, while its work runs, or afterwards. */
        CANCELLED_BEFORE,
        CANCELLED_DURING,
        CANCELLED_AFTER,
        BY_HAND,
        BY_HAND_WITHOUT_REPORT;

        static final Set<Way> INTERRUPTED = EnumSet.of(INTERRUPTED_BEFORE, INTERRUPTED_DURING, INTERRUPTED_AFTER);
        /** The throwable comes to the policy as it is, without a flag or a cancellation. */
        static final Set<Way> PLAIN = EnumSet.of(SYNC, ASYNC, LATE, THROWN_BY_SUPPLIER, MINIMAL_STAGE);
    }

    private final VirtualTime time = VirtualTime.create();
    private final Trace trace = new Trace(time);
    private final Policies policies = new Policies(time);

    /** Eight kinds of throwables, most of which no policy takes for a failure. */
    private static List<Throwable> throwables() {
        class Death extends Error {
            private static final long serialVersionUID = 1L;
        }
        return List.of(
                new IOException("no"),
                new IllegalStateException("no"),
                new InterruptedException("no"),
                new CancellationException("no"),
                new TestGate.Refused("inner"),
                overflow(),
                new OutOfMemoryError("no"),
                new Death());
    }

    private static Throwable overflow() {
        return catchThrowable(BalanceTest::deeper);
    }

    private static int deeper() {
        return 1 + deeper();
    }

    private List<Gate> gates() {
        return Stream.concat(
                        policies.gates().stream(),
                        Stream.of(
                                new TestGate("g", time, trace),
                                new TestGate("g", time, trace).refusingEvery(2),
                                new TestGate("g", time, trace).queueing(1_000)))
                .toList();
    }

    private List<Policy<Object>> others() {
        List<Policy<Object>> others = new ArrayList<>(policies.others());
        others.add(new TestRecovery("f", time, trace, 3, 2));
        others.add(new TestDeadline("d", time, trace, 10_000));
        return others;
    }

    private void call(Way way, Policy<Object> policy, Throwable thrown) {
        try {
            callOrThrow(way, policy, thrown);
        } catch (Throwable any) {
            // What callers get is looked at elsewhere.
        }
        boolean stray = Thread.interrupted() && !Way.INTERRUPTED.contains(way);
        assertThat(stray).as("%s, %s: a stray interrupt", policy, way).isFalse();
    }

    private void callOrThrow(Way way, Policy<Object> policy, Throwable thrown) throws Exception {
        switch (way) {
            case INTERRUPTED_BEFORE:
                Thread.currentThread().interrupt();
                sync(policy, thrown);
                break;
            case SYNC:
                sync(policy, thrown);
                break;
            case INTERRUPTED_DURING:
                Thread caller = Thread.currentThread();
                policy.callChecked(() -> {
                    time.schedule(caller::interrupt, 5);
                    catchThrowable(() -> time.sleep(Duration.ofNanos(10)));
                    throw Script.<Exception>sneaky(thrown);
                });
                break;
            case INTERRUPTED_AFTER:
                policy.callChecked(() -> {
                    Thread.currentThread().interrupt();
                    throw Script.<Exception>sneaky(thrown);
                });
                break;
            case ASYNC:
                time.join(policy.callAsync(() -> CompletableFuture.failedFuture(thrown)));
                break;
            case MINIMAL_STAGE:
                time.join(policy.callAsync(() -> CompletableFuture.failedStage(thrown)));
                break;
            case THROWN_BY_SUPPLIER:
                time.join(policy.callAsync(() -> {
                    throw Script.<RuntimeException>sneaky(thrown);
                }));
                break;
            case LATE:
                time.join(policy.callAsync(() -> later(thrown)));
                break;
            case CANCELLED_BEFORE:
                cancelBefore(policy);
                break;
            case CANCELLED_DURING:
                CompletableFuture<Object> running = policy.callAsync(CompletableFuture::new);
                time.advance(A_WHILE);
                running.cancel(true);
                break;
            case CANCELLED_AFTER:
                CompletableFuture<Object> over = policy.callAsync(() -> later(thrown));
                time.advance(Duration.ofSeconds(5));
                assertThat(over).isDone();
                over.cancel(true);
                break;
            default:
                byHand((Gate) policy, way == Way.BY_HAND ? thrown : null);
        }
    }

    private static void sync(Policy<Object> policy, Throwable thrown) throws Exception {
        policy.callChecked(() -> {
            throw Script.<Exception>sneaky(thrown);
        });
    }

    private CompletableFuture<Object> later(Throwable thrown) {
        CompletableFuture<Object> stage = new CompletableFuture<>();
        time.schedule(() -> stage.completeExceptionally(thrown), 1);
        return stage;
    }

    /** The call has gone into the policy, and waits in a queue further in, when it is cancelled. */
    private void cancelBefore(Policy<Object> policy) {
        Bulkhead full =
                Bulkhead.builder("full").environment(time).limit(1).queue(1).build();
        Permit taken = full.acquire();
        CompletableFuture<Object> waiting = Pipeline.of(policy, full).callAsync(() -> {
            throw new AssertionError("let in");
        });
        time.advance(A_WHILE);
        waiting.cancel(true);
        taken.close();
        assertThat(World.inUse(full)).isEmpty();
    }

    private static void byHand(Gate gate, Throwable thrown) {
        try (Permit permit = gate.acquire()) {
            if (thrown != null) {
                permit.ended(null, thrown);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-2 whatever user code throws, and whenever a call is cancelled or interrupted, every admission of a"
            + " gate ends once and nothing stays in flight")
    void gates(Way way) {
        for (Throwable thrown : throwables()) {
            for (Gate gate : gates()) {
                for (int i = 0; i < CALLS; i++) {
                    call(way, gate, thrown);
                }
                assertQuiet(gate);
                // A flag that is set keeps a call from waiting: it has gone before it was let in or refused.
                if (way == Way.INTERRUPTED_BEFORE) {
                    assertThat(gate.counts().calls()).as("%s, %s", gate, thrown).isLessThanOrEqualTo(CALLS);
                } else {
                    assertThat(gate.counts().calls()).as("%s, %s", gate, thrown).isEqualTo(CALLS);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"BY_HAND", "BY_HAND_WITHOUT_REPORT"})
    @DisplayName("XC-2 the same for retries, timeouts and fallbacks: each call is counted once at most, and no"
            + " timer stays")
    void others(Way way) {
        for (Throwable thrown : throwables()) {
            for (Policy<Object> policy : others()) {
                for (int i = 0; i < CALLS; i++) {
                    call(way, policy, thrown);
                }
                assertQuiet(policy);
                assertCounted(way, policy, thrown);
            }
        }
    }

    private static void assertCounted(Way way, Policy<Object> policy, Throwable thrown) {
        if (policy instanceof Timeout) {
            Timeout.Counts counts = ((Timeout) policy).counts();
            boolean unlimited = policy.toString().contains("no limit");
            assertThat(counts.inTime() + counts.timedOut())
                    .as("%s, %s", policy, thrown)
                    .isEqualTo(unlimited ? 0 : CALLS);
        } else if (policy instanceof Fallback) {
            Fallback.Counts counts = ((Fallback<Object>) policy).counts();
            long all = counts.passed() + counts.recovered() + counts.failed();
            boolean isFor = thrown instanceof TestGate.Refused
                    || thrown instanceof Exception
                            && !policy.toString().contains("value]")
                            && !(thrown instanceof InterruptedException)
                            && !(thrown instanceof CancellationException);
            assertThat(all).as("%s, %s", policy, thrown).isLessThanOrEqualTo(CALLS);
            if (isFor && Way.PLAIN.contains(way)) {
                assertThat(all).as("%s, %s", policy, thrown).isEqualTo(CALLS);
            }
        } else if (policy instanceof Retry) {
            Retry.Counts counts = ((Retry<Object>) policy).counts();
            assertThat(counts.exhausted()).as("%s, %s", policy, thrown).isLessThanOrEqualTo(CALLS);
            assertThat(counts.overBudget()).isLessThanOrEqualTo(counts.exhausted());
            assertThat(counts.firstSuccesses() + counts.laterSuccesses()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SYNC", "ASYNC", "LATE", "THROWN_BY_SUPPLIER", "MINIMAL_STAGE"})
    @DisplayName("XC-2 the same inside and outside of retries, timeouts and fallbacks")
    void pipelines(Way way) {
        for (Throwable thrown : throwables()) {
            List<Gate> outer = gates();
            List<Gate> inner = gates();
            for (int i = 0; i < outer.size(); i++) {
                Gate first = outer.get(i);
                // Each meets another one.
                Gate last = inner.get((i * 7 + 3) % inner.size());
                Retry<Object> retry = policies.retry().backoff(Backoff.none()).build();
                Pipeline<Object> pipeline = Pipeline.of(
                        first,
                        policies.fallback().value("instead").build(),
                        new TestRecovery("f", time, trace, 3, 2),
                        retry,
                        policies.timeout(A_WHILE),
                        new TestDeadline("d", time, trace, 10_000),
                        last);
                for (int k = 0; k < CALLS; k++) {
                    call(way, pipeline, thrown);
                }

                assertThat(first.counts().calls()).as("%s, %s", first, thrown).isEqualTo(CALLS);
                long admitted = CALLS - first.counts().rejected();
                assertThat(last.counts().calls())
                        .as("%s, %s", last, thrown)
                        .isEqualTo(admitted + retry.counts().retries());
                assertQuiet(first);
                assertQuiet(last);
            }
        }
    }

    @Test
    @DisplayName("BH-1 RL-3 cancelled or interrupted in a gate's own queue, a call counts as abandoned and gives back"
            + " its place")
    void inTheQueue() {
        List<Gate> patient = queueing();
        for (Gate gate : queueing()) {
            Gate control = patient.remove(0);
            takeAll(control).forEach(Permit::close);
            List<Permit> taken = takeAll(gate);
            long before = gate.counts().calls();
            long rejected = gate.counts().rejected();

            CompletableFuture<Object> waiting = gate.callAsync(() -> {
                throw new AssertionError("let in");
            });
            assertThat(waiting).as("%s", gate).isNotDone();
            waiting.cancel(true);
            Thread.currentThread().interrupt();
            assertThat(catchThrowable(() -> gate.run(() -> {})))
                    .as("%s", gate)
                    .isInstanceOf(CallInterruptedException.class);
            assertThat(Thread.interrupted()).as("%s", gate).isTrue();

            assertThat(gate.counts().calls()).as("%s", gate).isEqualTo(before + 2);
            assertThat(gate.counts().abandoned()).as("%s", gate).isEqualTo(2);
            taken.forEach(Permit::close);
            // Whoever comes next does not wait behind those who have gone: as long as where nobody has.
            CompletableFuture<Duration> expected = waitOf(control);
            CompletableFuture<Duration> wait = waitOf(gate);
            time.advance(A_WHILE);
            assertThat(wait.join()).as("%s", gate).isEqualTo(expected.join());
            assertThat(gate.counts().rejected()).isEqualTo(rejected);
            assertQuiet(gate);
        }
    }

    private List<Gate> queueing() {
        Limits bounds = Limits.between(1, 5);
        return new ArrayList<>(List.of(
                policies.bulkhead().queue(2).build(),
                policies.bulkhead().queue(2).lifo().build(),
                policies.bulkhead().queue(2).partition("p", 0.5).build().partition("p"),
                policies.bulkhead().queue(2).adaptive(bounds.gradient2()).build(),
                policies.bulkhead().queue(2).runOn(Runnable::run).build(),
                policies.limiter().waitUpTo(A_WHILE).build(),
                policies.limiter().smooth().waitUpTo(A_WHILE).build(),
                policies.limiter().slidingWindow().waitUpTo(A_WHILE).build(),
                policies.limiter().fixedWindow().waitUpTo(A_WHILE).build(),
                policies.limiter()
                        .and(100, Duration.ofSeconds(10))
                        .waitUpTo(A_WHILE)
                        .build(),
                policies.limiter().waitUpTo(A_WHILE).keyed(10).get("key"),
                new TestGate("g", time, trace).queueing(1_000)));
    }

    private CompletableFuture<Duration> waitOf(Gate gate) {
        long start = time.nanoTime();
        return gate.callAsync(() -> CompletableFuture.completedFuture(Duration.ofNanos(time.nanoTime() - start)));
    }

    /** Takes permits until there is none. */
    private static List<Permit> takeAll(Gate gate) {
        List<Permit> taken = new ArrayList<>();
        for (Permit next = gate.tryAcquire(); next != null; next = gate.tryAcquire()) {
            taken.add(next);
        }
        return taken;
    }

    private void assertQuiet(Policy<Object> policy) {
        time.advance(Duration.ZERO);
        assertThat(World.inUse(policy)).isEmpty();
        assertThat(trace.wrongs()).isEmpty();
        assertThat(trace.inside()).isEmpty();
        assertThat(time.pendingTimers()).as("timers of %s", policy).isZero();
        // A call that were still counted as running would by now be a slow one.
        time.advance(Duration.ofSeconds(9));
        if (policy instanceof CircuitBreaker) {
            assertThat(((CircuitBreaker) policy).report().slowCalls()).isZero();
        }
        if (policy instanceof RateLimiter) {
            assertThat(((RateLimiter) policy).available()).as("%s", policy).isPositive();
        }
    }
}

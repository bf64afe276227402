// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.fuzz;

import static org.junit.jupiter.api.Named.named;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.code_intelligence.jazzer.mutation.annotation.NotNull;
import dev.holdfast.Backoff;
import dev.holdfast.Backoff.Jitter;
import dev.holdfast.Budget;
import dev.holdfast.Gate;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadBuilder;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreakerBuilder;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.ratelimiter.RateLimiterBuilder;
import dev.holdfast.retry.Retry;
import dev.holdfast.retry.RetryBuilder;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Policies with any settings at once, which change while calls are under way. */
class ConfigurationFuzzTest {
    private static final Pattern REASON = Pattern.compile("[\\w ]+: .*\\(expected: .+\\)", Pattern.DOTALL);
    private static final int POLICIES = 5;

    static Stream<Arguments> seeds() {
        return LongStream.range(0, 4L * POLICIES).mapToObj(seed -> {
            long[] numbers = new SplittableRandom(seed).longs(200).toArray();
            numbers[2] = seed % POLICIES;
            return arguments(named("random numbers " + seed, numbers));
        });
    }

    @MethodSource("seeds")
    @DisplayName(
            "XC-7, XC-2 any settings, changed at any time, are refused with a reason, or every call ends and counts")
    @FuzzTest
    void settings(long @NotNull [] numbers) {
        Choices choices = new Choices(numbers);
        VirtualTime time = VirtualTime.create(choices.any(), choices.any());
        Subject<?> subject = switch (choices.below(POLICIES)) {
            case 0 -> new BreakerSubject(time, choices);
            case 1 -> new BulkheadSubject(time, choices);
            case 2 -> new LimiterSubject(time, choices);
            case 3 -> new RetrySubject(time, choices);
            default -> new TimeoutSubject(time, choices);
        };
        subject.run();
    }

    /** A policy, whoever calls it, and what is done to it. */
    private abstract static class Subject<P extends Policy<Object>> {
        final VirtualTime time;
        final Choices choices;
        private final List<CompletableFuture<Object>> calls = new ArrayList<>();
        private final Set<Integer> started = new HashSet<>();
        private final Deque<CompletableFuture<Object>> work = new ArrayDeque<>();

        Subject(VirtualTime time, Choices choices) {
            this.time = time;
            this.choices = choices;
        }

        abstract P build();

        abstract void reconfigure(P policy);

        /** Something that only this policy can do, and what must always hold. */
        abstract void operate(P policy);

        final void run() {
            P policy = orRefused(this::build);
            while (policy != null && !choices.isOver()) {
                step(policy);
            }
            if (policy != null) {
                end(policy);
            }
        }

        private void step(P policy) {
            switch (choices.below(8)) {
                case 0 -> time.advance(choices.duration().abs());
                case 1 ->
                    orRefused(() -> {
                        reconfigure(policy);
                        return policy;
                    });
                case 2 -> operate(policy);
                case 3 -> cancel();
                case 4 -> complete(choices.below(3));
                default -> call(policy);
            }
        }

        private void call(P policy) {
            int number = calls.size();
            calls.add(policy.callAsync(() -> {
                started.add(number);
                CompletableFuture<Object> stage = new CompletableFuture<>();
                work.add(stage);
                return stage;
            }));
        }

        private void cancel() {
            if (!calls.isEmpty()) {
                calls.get(choices.below(calls.size())).cancel(true);
            }
        }

        private void complete(int failing) {
            CompletableFuture<Object> oldest = work.poll();
            if (oldest != null && failing == 0) {
                oldest.completeExceptionally(Calls.FAILURE);
            } else if (oldest != null) {
                oldest.complete("fine");
            }
        }

        private void end(P policy) {
            for (int i = 0; i < 1_000 && !calls.stream().allMatch(CompletableFuture::isDone); i++) {
                complete(1);
                time.advance(Duration.ofNanos(Long.MAX_VALUE / 8));
            }
            calls.forEach(call -> Calls.await(call, time));
            calls.forEach(Calls::check);
            operate(policy);
            if (policy instanceof Gate gate) {
                // A call that was cancelled while it waited may have been neither let in nor refused.
                long least = IntStream.range(0, calls.size())
                        .filter(number ->
                                started.contains(number) || !calls.get(number).isCancelled())
                        .count();
                long counted = gate.counts().calls();
                require(least <= counted && counted <= calls.size(), policy + " counts " + gate.counts());
            }
        }

        final void require(boolean holds, Object otherwise) {
            if (!holds) {
                throw new AssertionError(otherwise);
            }
        }

        /** {@code null} if it was refused with a reason. */
        private static <T> T orRefused(Supplier<T> change) {
            try {
                return change.get();
            } catch (IllegalArgumentException refused) {
                if (!REASON.matcher(String.valueOf(refused.getMessage())).matches()) {
                    throw new AssertionError("refused without a reason: " + refused.getMessage(), refused);
                }
                return null;
            }
        }
    }

    private static final class BreakerSubject extends Subject<CircuitBreaker> {
        BreakerSubject(VirtualTime time, Choices choices) {
            super(time, choices);
        }

        @Override
        CircuitBreaker build() {
            return changed(CircuitBreaker.builder("b").environment(time)).build();
        }

        @Override
        void reconfigure(CircuitBreaker breaker) {
            breaker.reconfigure(this::changed);
        }

        private CircuitBreakerBuilder changed(CircuitBreakerBuilder settings) {
            for (int i = choices.below(6); i > 0; i--) {
                switch (choices.below(13)) {
                    case 0 -> settings.over(Window.calls(1 + choices.below(200)));
                    case 1 -> settings.over(Window.time(choices.duration(), choices.number()));
                    case 2 -> settings.minimumCalls(choices.number());
                    case 3 -> settings.failureRate(choices.fraction());
                    case 4 -> settings.noFailureRate();
                    case 5 -> settings.slowCalls(choices.duration(), choices.fraction());
                    case 6 -> settings.noSlowCalls();
                    case 7 -> settings.consecutiveFailures(choices.number());
                    case 8 -> settings.failureCount(choices.number());
                    case 9 -> settings.openFor(backoff(choices));
                    case 10 -> settings.trials(choices.number()).trialSuccesses(choices.number());
                    case 11 -> settings.trialTimeout(choices.duration());
                    default -> settings.ramp(choices.fraction(), choices.fraction());
                }
            }
            return settings;
        }

        @Override
        void operate(CircuitBreaker breaker) {
            if (choices.below(3) == 0) {
                breaker.reset();
            } else if (choices.below(3) == 0) {
                breaker.transitionTo(State.values()[choices.below(State.values().length)]);
            }
            CircuitBreaker.Report report = breaker.report();
            require(
                    report.failures() >= 0
                            && report.slowCalls() >= 0
                            && report.failures() <= report.calls()
                            && report.slowCalls() <= report.calls() + report.overdue()
                            && report.overdue() >= 0
                            && report.trialsRunning() >= 0
                            && !report.untilNextTrial().isNegative(),
                    report);
        }
    }

    private static final class BulkheadSubject extends Subject<Bulkhead> {
        private final boolean partitioned;

        BulkheadSubject(VirtualTime time, Choices choices) {
            super(time, choices);
            partitioned = choices.below(3) == 0;
        }

        @Override
        Bulkhead build() {
            BulkheadBuilder settings = changed(Bulkhead.builder("h").environment(time));
            return partitioned
                    ? settings.partition("p", choices.fraction()).build().partition("p")
                    : settings.build();
        }

        @Override
        void reconfigure(Bulkhead bulkhead) {
            bulkhead.reconfigure(this::changed);
        }

        private BulkheadBuilder changed(BulkheadBuilder settings) {
            for (int i = choices.below(6); i > 0; i--) {
                switch (choices.below(8)) {
                    case 0 -> settings.limit(choices.number());
                    case 1 -> settings.queue(choices.number());
                    case 2 -> settings.waitUpTo(choices.duration());
                    case 3 -> settings.lifo();
                    case 4 -> settings.fifo();
                    case 5 -> settings.adaptive(bounds().aimd(choices.fraction(), choices.duration()));
                    case 6 -> settings.adaptive(bounds().vegas());
                    default -> settings.adaptive(bounds().gradient2(1 + choices.fraction(), 9 + choices.number()));
                }
            }
            return settings;
        }

        private Limits bounds() {
            return Limits.between(choices.number(), choices.number());
        }

        @Override
        void operate(Bulkhead bulkhead) {
            Bulkhead.Report report = bulkhead.report();
            require(report.limit() >= 0 && report.inFlight() >= 0 && report.waiting() >= 0, report);
        }
    }

    private static final class LimiterSubject extends Subject<RateLimiter> {
        LimiterSubject(VirtualTime time, Choices choices) {
            super(time, choices);
        }

        @Override
        RateLimiter build() {
            RateLimiterBuilder settings = RateLimiter.builder("l").environment(time);
            return changed(settings.limit(choices.number(), choices.duration())).build();
        }

        @Override
        void reconfigure(RateLimiter limiter) {
            limiter.reconfigure(this::changed);
        }

        private RateLimiterBuilder changed(RateLimiterBuilder settings) {
            for (int i = choices.below(6); i > 0; i--) {
                switch (choices.below(8)) {
                    case 0 -> settings.limit(choices.number(), choices.duration());
                    case 1 -> settings.and(choices.number(), choices.duration());
                    case 2 -> settings.burst(choices.number());
                    case 3 -> settings.smooth();
                    case 4 -> settings.warmUp(choices.duration(), 1 + choices.fraction());
                    case 5 -> settings.slidingWindow();
                    case 6 -> settings.fixedWindow();
                    default -> settings.waitUpTo(choices.duration());
                }
            }
            return settings;
        }

        @Override
        void operate(RateLimiter limiter) {
            long there = limiter.available();
            require(there >= 0, limiter);
            if (choices.below(3) == 0) {
                require(limiter.drain() == there && limiter.available() == 0, limiter);
            }
        }
    }

    private static final class RetrySubject extends Subject<Retry<Object>> {
        private final Budget budget = Budget.of(3, 0.5, 1);

        RetrySubject(VirtualTime time, Choices choices) {
            super(time, choices);
        }

        @Override
        Retry<Object> build() {
            return changed(Retry.builder("r").withoutBudget().environment(time)).build();
        }

        @Override
        void reconfigure(Retry<Object> retry) {
            retry.reconfigure(this::changed);
        }

        private RetryBuilder<Object> changed(RetryBuilder<Object> settings) {
            for (int i = choices.below(6); i > 0; i--) {
                switch (choices.below(6)) {
                    case 0 -> settings.maxAttempts(choices.number());
                    case 1 -> settings.maxDuration(choices.duration());
                    case 2 -> settings.backoff(backoff(choices));
                    case 3 -> settings.budget(budget);
                    case 4 -> {
                        Duration asked = choices.duration();
                        settings.delayFrom(attempt -> attempt.number() % 2 == 0 ? null : asked, choices.duration());
                    }
                    default -> settings.retryRejections();
                }
            }
            return settings;
        }

        @Override
        void operate(Retry<Object> retry) {
            Retry.Counts counts = retry.counts();
            require(counts.overBudget() <= counts.exhausted(), counts);
            require(budget.available() >= 0 && budget.available() <= 3, budget);
        }
    }

    private static final class TimeoutSubject extends Subject<Timeout> {
        TimeoutSubject(VirtualTime time, Choices choices) {
            super(time, choices);
        }

        @Override
        Timeout build() {
            return Timeout.builder("t", choices.duration()).environment(time).build();
        }

        @Override
        void reconfigure(Timeout timeout) {
            timeout.reconfigure(choices.duration());
        }

        @Override
        void operate(Timeout timeout) {
            Timeout.Counts counts = timeout.counts();
            require(counts.inTime() >= 0 && counts.timedOut() >= 0, counts);
        }
    }

    private static Backoff backoff(Choices choices) {
        Duration first = choices.duration();
        Duration cap = choices.duration();
        Backoff curve = switch (choices.below(4)) {
            case 0 -> Backoff.fixed(first);
            case 1 -> Backoff.linear(first, choices.duration(), cap);
            case 2 -> Backoff.exponential(first, 1 + choices.fraction(), cap);
            default -> Backoff.fibonacci(first, cap);
        };
        return choices.below(2) == 0
                ? curve.spread(choices.fraction())
                : curve.jitter(Jitter.values()[choices.below(Jitter.values().length)]);
    }
}

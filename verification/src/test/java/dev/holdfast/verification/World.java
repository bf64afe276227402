// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import dev.holdfast.Backoff;
import dev.holdfast.Call;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.retry.Retry;
import dev.holdfast.retry.RetryBudget;
import dev.holdfast.retry.RetryBuilder;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * Virtual time, policies, a script of the work and a trace, all drawn from one seed: two worlds of the same seed are
 * the same, and what differs between them is only how the calls are made.
 */
final class World {
    final VirtualTime time;
    final Trace trace;
    final Script script;
    /** Outermost first; the same policy may stand there more than once. */
    final List<Policy<Object>> drawn = new ArrayList<>();

    private final boolean wantsCall;

    World(long seed) {
        this(seed, null);
    }

    /** With somebody who listens to everything, at every policy. */
    World(long seed, Consumer<Event> listener) {
        SplittableRandom random = new SplittableRandom(seed);
        time = VirtualTime.create(random.nextLong(), seed);
        trace = new Trace(time);
        script = Script.random(time, trace, random);
        boolean asks = random.nextInt(3) == 0;
        List<Policy<Object>> pool = new ArrayList<>();
        int size = 1 + random.nextInt(6);
        for (int i = 0; i < size; i++) {
            pool.add(policy(i, random));
        }
        int length = random.nextInt(8);
        for (int i = 0; i < length; i++) {
            drawn.add(pool.get(random.nextInt(size)));
        }
        // An empty pipeline has the time of the machine.
        wantsCall = asks && length > 0;
        if (random.nextInt(3) == 0) {
            pool.forEach(policy -> policy.on(Event.class, this::told));
        }
        if (listener != null) {
            pool.forEach(policy -> policy.on(Event.class, listener));
        }
    }

    private Policy<Object> policy(int number, SplittableRandom random) {
        switch (random.nextInt(8)) {
            case 0:
            case 1:
                return retry("retry" + number, random);
            case 2:
                return breaker("breaker" + number, random);
            case 3:
                return TestDeadline.random("deadline" + number, time, trace, random);
            case 4:
                return TestRecovery.random("recovery" + number, time, trace, random);
            default:
                return TestGate.random("gate" + number, time, trace, random);
        }
    }

    private Retry<Object> retry(String name, SplittableRandom random) {
        Duration first = Duration.ofNanos(1 + random.nextInt(400) * 1_000L);
        RetryBuilder<Object> retry = Retry.builder(name).environment(time)
                .maxAttempts(1 + random.nextInt(4))
                .backoff(random.nextInt(3) == 0 ? Backoff.none()
                        : Backoff.exponential(first, first.multipliedBy(4))
                                .jitter(Backoff.Jitter.values()[random.nextInt(4)]));
        if (random.nextInt(3) == 0) {
            retry.maxDuration(Duration.ofNanos(1 + random.nextInt(4_000) * 1_000L));
        }
        if (random.nextInt(3) == 0) {
            retry.budget(RetryBudget.of(1 + random.nextInt(9), 0.5, random.nextInt(2)));
        }
        if (random.nextInt(3) == 0) {
            retry.retryRejections();
        }
        if (random.nextInt(4) == 0) {
            retry.retryIf(attempt -> {
                if (attempt.number() == 2) {
                    throw new IllegalArgumentException("condition of " + name);
                }
                return true;
            });
        }
        if (random.nextInt(4) == 0) {
            retry.delayFrom(attempt -> attempt.number() == 1 ? Duration.ofNanos(77_001) : null, Duration.ofMillis(1));
        }
        if (random.nextBoolean()) {
            retry.throwOnExhaustedResult();
        }
        return random.nextBoolean() ? retry.build() : retry.retryOnResult(Integer.valueOf(2)::equals).build();
    }

    private CircuitBreaker breaker(String name, SplittableRandom random) {
        var breaker = CircuitBreaker.builder(name).environment(time)
                .over(random.nextBoolean() ? Window.calls(4) : Window.time(Duration.ofMillis(5)))
                .minimumCalls(1 + random.nextInt(3))
                .failureRate(0.5)
                .openFor(Duration.ofNanos(1 + random.nextInt(3_000) * 1_000L))
                .trials(1 + random.nextInt(2));
        return (random.nextInt(3) == 0 ? breaker.slowCalls(Duration.ofMillis(1), 0.5) : breaker).build();
    }

    private void told(Event event) {
        if (event instanceof Event.CallEnded) {
            Event.CallEnded ended = (Event.CallEnded) event;
            trace.add("told: " + ended.policy() + " " + words(ended.call()) + " " + ended.ending() + " after "
                    + ended.elapsed());
        } else if (event instanceof Event.RetryScheduled) {
            Event.RetryScheduled again = (Event.RetryScheduled) event;
            trace.add("told: " + again.policy() + " " + words(again.call()) + " again in " + again.delay());
        } else {
            trace.add("told: " + event.getClass().getSimpleName() + " of " + event.policy());
        }
    }

    private static String words(Call call) {
        return "attempt " + call.attempt() + ", time left " + call.timeLeft() + ", elapsed " + call.elapsed();
    }

    private Object noted(Call call) {
        trace.add("work of " + words(call));
        return call;
    }

    Pipeline<Object> pipeline() {
        return of(drawn);
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // Arrays have no type arguments.
    static Pipeline<Object> of(List<? extends Policy<Object>> policies) {
        return Pipeline.of((Policy<Object>[]) policies.toArray(Policy[]::new));
    }

    /** Makes calls that block; what they throw and give is in the trace. */
    World sync(Policy<Object> policy, int calls) {
        for (int i = 0; i < calls; i++) {
            Object value = null;
            Throwable thrown = null;
            try {
                value = wantsCall
                        ? policy.callWith(call -> {
                            noted(call);
                            return unchecked();
                        })
                        : policy.callChecked(script::run);
            } catch (Throwable caught) {
                thrown = caught;
            }
            trace.add("call " + i + " " + Trace.outcome(value, thrown));
            if (Thread.interrupted()) {
                trace.add("call " + i + " leaves the interrupt flag set");
            }
        }
        return this;
    }

    private Object unchecked() {
        try {
            return script.run();
        } catch (Exception thrown) {
            throw Script.<RuntimeException>sneaky(thrown);
        }
    }

    CompletableFuture<Object> callAsync(Policy<Object> policy) {
        return wantsCall
                ? policy.callAsyncWith(call -> {
                    noted(call);
                    return script.start();
                })
                : policy.callAsync(script::start);
    }

    /** Makes the same calls without blocking, one after the other. */
    World async(Policy<Object> policy, int calls) {
        for (int i = 0; i < calls; i++) {
            CompletableFuture<Object> future = callAsync(policy);
            try {
                time.join(future);
            } catch (CompletionException | CancellationException thrown) {
                // Looked at below, without its wrapper.
            }
            int number = i;
            future.whenComplete((value, thrown) -> trace.add("call " + number + " " + Trace.outcome(value, thrown)));
        }
        return this;
    }

    /** What all policies have counted, and the state that they are in. */
    List<String> counts() {
        List<String> counts = new ArrayList<>();
        for (Policy<Object> policy : new LinkedHashSet<>(drawn)) {
            if (policy instanceof Gate) {
                counts.add(policy.name() + " " + ((Gate) policy).counts());
            }
            if (policy instanceof CircuitBreaker) {
                counts.add(policy.name() + " " + ((CircuitBreaker) policy).report());
            }
            if (policy instanceof Retry) {
                counts.add(policy.name() + " " + ((Retry<Object>) policy).counts());
            }
        }
        return counts;
    }

    /** What must be so whenever no call is under way; gives what is not. */
    List<String> leftovers() {
        List<String> leftovers = new ArrayList<>(trace.wrongs());
        leftovers.addAll(trace.inside());
        if (trace.entered() != trace.left()) {
            leftovers.add(trace.entered() + " entered, " + trace.left() + " left");
        }
        if (time.pendingTimers() != 0) {
            leftovers.add(time.pendingTimers() + " timers");
        }
        if (script.running() != 0) {
            leftovers.add(script.running() + " attempts running");
        }
        for (Policy<Object> policy : drawn) {
            if (policy instanceof TestGate && ((TestGate) policy).inFlight() != 0) {
                leftovers.add(policy + ": " + ((TestGate) policy).inFlight() + " in flight");
            }
            if (policy instanceof CircuitBreaker && ((CircuitBreaker) policy).report().trialsRunning() != 0) {
                leftovers.add(policy + ": trials running");
            }
        }
        return leftovers;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import dev.holdfast.Call;
import dev.holdfast.Checked;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import dev.holdfast.Permit;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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

    /** Which of the shapes that a call can have. */
    private final int shape;
    /** Draws what others hold who call at the same time. */
    private final SplittableRandom others;

    private final List<Runnable> held = new ArrayList<>();
    private final Map<Policy<Object>, Integer> askedByHand = new HashMap<>();
    private final Map<Policy<Object>, Integer> letInByHand = new HashMap<>();
    private int made;

    World(long seed) {
        this(seed, Script.Nature.PLAIN, null);
    }

    World(long seed, Script.Nature nature) {
        this(seed, nature, null);
    }

    /** With somebody who listens to everything, at every policy. */
    World(long seed, Consumer<Event> listener) {
        this(seed, Script.Nature.PLAIN, listener);
    }

    private World(long seed, Script.Nature nature, Consumer<Event> listener) {
        SplittableRandom random = new SplittableRandom(seed);
        time = VirtualTime.create(random.nextLong(), seed);
        trace = new Trace(time);
        script = Script.random(time, trace, random, nature);
        int asks = random.nextInt(4);
        others = random.split();
        Draw draw = new Draw(time, trace, random);
        List<Policy<Object>> pool = new ArrayList<>();
        int size = 1 + random.nextInt(6);
        for (int i = 0; i < size; i++) {
            pool.add(draw.policy(i));
        }
        int length = random.nextInt(8);
        for (int i = 0; i < length; i++) {
            drawn.add(pool.get(random.nextInt(size)));
        }
        if (random.nextInt(4) == 0) {
            drawn.add(random.nextInt(length + 1), draw.fixedTimeout("fixed"));
        }
        // An empty pipeline has the time of the machine.
        shape = drawn.isEmpty() ? 3 : asks;
        if (random.nextInt(3) == 0) {
            pool.forEach(policy -> policy.on(Event.class, this::told));
        }
        if (listener != null) {
            pool.forEach(policy -> policy.on(Event.class, listener));
        }
    }

    /** Other callers, who by now hold permits, and give them back after a while. */
    private void meetOthers() {
        for (Policy<Object> policy : new LinkedHashSet<>(drawn)) {
            boolean byHand =
                    policy instanceof Bulkhead || policy instanceof RateLimiter || policy instanceof CircuitBreaker;
            boolean come = others.nextInt(3) == 0;
            long nanos = others.nextInt(4_000) * 1_000L + 29;
            if (come && byHand) {
                askedByHand.merge(policy, 1, Integer::sum);
                Permit permit = ((Gate) policy).tryAcquire();
                if (permit != null) {
                    letInByHand.merge(policy, 1, Integer::sum);
                    Environment.Timer timer = time.schedule(permit::succeeded, nanos);
                    held.add(() -> {
                        timer.cancel();
                        permit.close();
                    });
                }
            }
        }
    }

    /** How often others have asked a gate for a permit. */
    int askedByHand(Policy<Object> gate) {
        return askedByHand.getOrDefault(gate, 0);
    }

    int letInByHand(Policy<Object> gate) {
        return letInByHand.getOrDefault(gate, 0);
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
                value = call(policy);
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

    Object call(Policy<Object> policy) throws Exception {
        meetOthers();
        int number = made++;
        switch (shape) {
            case 0:
                return policy.callWith(call -> {
                    noted(call);
                    return unchecked();
                });
            case 1:
                Checked.Function<Integer, Object, Exception> function = policy.checkedFunction(any -> script.run());
                return function.apply(number % 2);
            default:
                return policy.callChecked(script::run);
        }
    }

    private Object unchecked() {
        try {
            return script.run();
        } catch (Exception thrown) {
            throw Script.<RuntimeException>sneaky(thrown);
        }
    }

    CompletableFuture<Object> callAsync(Policy<Object> policy) {
        meetOthers();
        int number = made++;
        switch (shape) {
            case 0:
                return policy.callAsyncWith(call -> {
                    noted(call);
                    return script.start();
                });
            case 1:
                return policy.<Integer, Object>asyncFunction(any -> script.start())
                        .apply(number % 2);
            default:
                return policy.callAsync(script::start);
        }
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
            counts.add(policy.name() + " " + counts(policy));
        }
        return counts;
    }

    private static String counts(Policy<Object> policy) {
        if (policy instanceof Gate) {
            String counts = ((Gate) policy).counts().toString();
            if (policy instanceof CircuitBreaker) {
                return counts + " " + ((CircuitBreaker) policy).report();
            }
            if (policy instanceof Bulkhead) {
                return counts + " " + ((Bulkhead) policy).report();
            }
            return policy instanceof RateLimiter ? counts + " " + ((RateLimiter) policy).available() : counts;
        }
        if (policy instanceof Timeout) {
            return ((Timeout) policy).counts().toString();
        }
        if (policy instanceof Fallback) {
            return ((Fallback<Object>) policy).counts().toString();
        }
        return policy instanceof Retry ? ((Retry<Object>) policy).counts().toString() : "";
    }

    /** What must be so whenever no call is under way, and others have given back what they held; gives what is not. */
    List<String> leftovers() {
        held.forEach(Runnable::run);
        held.clear();
        // What was handed to the environment's executor is due now.
        time.advance(Duration.ZERO);
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
        drawn.forEach(policy -> leftovers.addAll(inUse(policy)));
        return leftovers;
    }

    /** Bulkheads in which calls wait although permits are free. */
    List<Policy<Object>> lostWakeUps() {
        return drawn.stream().filter(World::lostWakeUp).toList();
    }

    private static boolean lostWakeUp(Policy<Object> policy) {
        // A partition's report has its own calls only.
        if (!(policy instanceof Bulkhead) || policy.name().contains("/")) {
            return false;
        }
        Bulkhead.Report report = ((Bulkhead) policy).report();
        return report.waiting() > 0 && report.inFlight() < report.limit();
    }

    /** What a policy still holds. */
    static List<String> inUse(Policy<?> policy) {
        List<String> found = new ArrayList<>();
        if (policy instanceof TestGate && ((TestGate) policy).inFlight() != 0) {
            found.add(policy + ": " + ((TestGate) policy).inFlight() + " in flight");
        }
        if (policy instanceof CircuitBreaker
                && ((CircuitBreaker) policy).report().trialsRunning() != 0) {
            found.add(policy + ": trials running");
        }
        if (policy instanceof Bulkhead) {
            Bulkhead.Report report = ((Bulkhead) policy).report();
            if (report.inFlight() != 0 || report.waiting() != 0) {
                found.add(policy + ": " + report);
            }
        }
        return found;
    }
}

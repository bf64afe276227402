// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.Gate;
import dev.holdfast.Policy;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.ratelimiter.KeyedRateLimiter;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.verification.chaotic.Manner.Bound;
import dev.holdfast.verification.chaotic.Manner.Form;
import dev.holdfast.verification.chaotic.Manner.Rules;
import dev.holdfast.verification.chaotic.Program.Asking;
import dev.holdfast.verification.chaotic.Program.Change;
import dev.holdfast.verification.chaotic.Program.Context;
import dev.holdfast.verification.chaotic.Program.Ending;
import dev.holdfast.verification.chaotic.Program.Hand;
import dev.holdfast.verification.chaotic.Program.Kind;
import dev.holdfast.verification.chaotic.Program.Meddling;
import dev.holdfast.verification.chaotic.Program.Part;
import dev.holdfast.verification.chaotic.Program.Plan;
import dev.holdfast.verification.chaotic.Program.Report;
import dev.holdfast.verification.chaotic.Program.Shape;
import dev.holdfast.verification.chaotic.Program.Threads;
import dev.holdfast.verification.chaotic.Program.Trap;
import dev.holdfast.verification.chaotic.Program.What;
import dev.holdfast.verification.chaotic.Program.Where;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/** A program that is right, and what saboteurs need to know of it. */
final class ControlProgram {
    /** Of threads that a control holds. */
    private static volatile CountDownLatch release = new CountDownLatch(1);

    static final Plan CALL = new Plan(
            7, List.of(0, 1), Shape.BLOCKING, List.of(), Ending.VALUE, 0, List.of(), Meddling.NONE, 0, Manner.PLAIN);
    static final Plan WITHOUT_RESULT = new Plan(
            8,
            List.of(0, 1),
            Shape.BLOCKING_WITHOUT_RESULT,
            List.of(),
            Ending.VALUE,
            0,
            List.of(),
            Meddling.NONE,
            0,
            Manner.PLAIN);
    static final Plan TOLD = CALL.with(new Manner(Form.PLAIN, Bound.NONE, 0, Rules.NONE, true));
    static final Plan RULED = new Plan(
            9,
            List.of(0, 1),
            Shape.BLOCKING,
            List.of(),
            Ending.EXCEPTION,
            0,
            List.of(),
            Meddling.NONE,
            0,
            new Manner(Form.PLAIN, Bound.NONE, 0, Rules.IGNORE, false));
    static final Made.Argument KEPT = new Made.Argument(new Made(CALL));

    private ControlProgram() {}

    static Program program(List<Trap> traps) {
        return program(Where.OWN_TIMER, traps);
    }

    static Program program(Where where, List<Trap> traps) {
        List<Part> parts = List.of(
                new Part(Kind.BULKHEAD, 9, 1, Threads.ENOUGH, true, List.of()),
                new Part(Kind.TIMEOUT, 1, 500, Threads.ENOUGH, false, traps),
                new Part(Kind.RAMP, 2, 1, Threads.ENOUGH, false, List.of()),
                new Part(Kind.KEYED, 2, 1, Threads.ENOUGH, false, List.of()),
                new Part(Kind.LIMITER, 2, 1, Threads.ENOUGH, false, List.of()),
                new Part(Kind.GUARD, 4, 1, Threads.ENOUGH, true, List.of()),
                new Part(Kind.RETRY, 2, 1, Threads.ENOUGH, false, List.of()));
        List<Hand> hands = List.of(
                new Hand(1, 0, Asking.WAITS, 0, 1, Report.TWICE), new Hand(2, 2, Asking.TRIES, 1, 2, Report.RACED));
        List<Change> changes = List.of(new Change(What.FLOOD, 3, 0, 2), new Change(What.RECONFIGURE_EQUALLY, 4, 1, 3));
        return new Program(
                -1, where, Threads.ENOUGH, Context.CARRIES, parts, List.of(CALL, WITHOUT_RESULT), hands, changes);
    }

    static Gate first(Execution execution) {
        return execution.cast.gates.keySet().iterator().next();
    }

    static CircuitBreaker breaker(Execution execution) {
        return (CircuitBreaker) execution.cast.policies.get(2);
    }

    /** Puts another keyed limiter in the place of the program's own. */
    static KeyedRateLimiter<Integer> keyed(Execution execution, int places) {
        KeyedRateLimiter<Integer> another =
                RateLimiter.builder("another").limit(1, Duration.ofHours(1)).keyed(places);
        execution.cast.keyed.put(3, another);
        return another;
    }

    static Guarding guarding(Execution execution) {
        return execution.cast.guarded.get(5);
    }

    static Plan within(Bound bound, int limit) {
        return CALL.with(new Manner(Form.PLAIN, bound, limit, Rules.NONE, false));
    }

    static Labour labour(Execution execution) {
        return new Labour(execution);
    }

    static void fails(Policy<Object> policy) {
        try {
            policy.run(() -> {
                throw new Labour.Failed();
            });
        } catch (Labour.Failed expected) {
            // Which is what it is made for.
        }
    }

    static void comesToRest(Execution execution) {
        Mischief.waitFor(() -> {
            execution.ground.pass();
            return execution.allOver();
        });
    }

    static void add(Execution execution, Consumer<Made> deeds) {
        add(execution, CALL, deeds.andThen(call -> {
            if (call.starts.isEmpty() && call.value == null) {
                call.value = start(call, 0);
            }
        }));
    }

    static void add(Execution execution, Plan plan, Consumer<Made> deeds) {
        Made call = new Made(plan);
        deeds.accept(call);
        call.returned = true;
        execution.made.add(call);
    }

    static Made.Start start(Made call, long begun) {
        Made.Start start = new Made.Start(call.starts.size(), begun);
        call.starts.add(start);
        return start;
    }

    static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits until {@link #release}. */
    static void isHeld() {
        await(release);
    }

    static void release() {
        release.countDown();
        release = new CountDownLatch(1);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import static dev.holdfast.verification.chaotic.ControlProgram.CALL;
import static dev.holdfast.verification.chaotic.ControlProgram.KEPT;
import static dev.holdfast.verification.chaotic.ControlProgram.RULED;
import static dev.holdfast.verification.chaotic.ControlProgram.TOLD;
import static dev.holdfast.verification.chaotic.ControlProgram.WITHOUT_RESULT;
import static dev.holdfast.verification.chaotic.ControlProgram.add;
import static dev.holdfast.verification.chaotic.ControlProgram.await;
import static dev.holdfast.verification.chaotic.ControlProgram.breaker;
import static dev.holdfast.verification.chaotic.ControlProgram.comesToRest;
import static dev.holdfast.verification.chaotic.ControlProgram.fails;
import static dev.holdfast.verification.chaotic.ControlProgram.first;
import static dev.holdfast.verification.chaotic.ControlProgram.guarding;
import static dev.holdfast.verification.chaotic.ControlProgram.keyed;
import static dev.holdfast.verification.chaotic.ControlProgram.labour;
import static dev.holdfast.verification.chaotic.ControlProgram.start;
import static dev.holdfast.verification.chaotic.ControlProgram.within;

import dev.holdfast.Ending;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Permit;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreaker.StateChanged;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.verification.chaotic.Labour.Failed;
import dev.holdfast.verification.chaotic.Made.Commitment;
import dev.holdfast.verification.chaotic.Made.Completion;
import dev.holdfast.verification.chaotic.Made.TimeLeft;
import dev.holdfast.verification.chaotic.Manner.Bound;
import dev.holdfast.verification.chaotic.Program.Where;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** What somebody does beside a {@link ControlProgram}, and which law finds it. */
enum Saboteur {
    LOSES_A_PERMIT(
            "a permit or a place in the queue is not back",
            execution -> first(execution).tryAcquire()),
    COUNTS_NOT_ALL(
            "calls are not counted once",
            execution -> execution.cast.gates.get(first(execution)).arrived.incrementAndGet()),
    TELLS_NOT_ALL("listeners are not told once", execution -> {
        Permit untold = first(execution).tryAcquire();
        untold.succeeded();
        execution.cast.gates.get(first(execution)).arrived.incrementAndGet();
    }),
    LOSES_AN_INTERRUPT(
            "an interrupt by somebody else is lost",
            execution -> add(execution, call -> {
                call.begins(0);
                call.interrupt(1);
                Thread.interrupted();
                call.ends();
            })),
    LEAVES_AN_INTERRUPT(
            "an interrupt flag that nobody has set",
            execution -> add(execution, call -> {
                call.begins(0);
                Thread.currentThread().interrupt();
                call.ends();
            })),
    GIVES_A_LATE_RESULT(
            "a result is given that came after its deadline",
            execution -> add(execution, call -> {
                Made.Start start = start(call, 0);
                start.ended = TimeUnit.SECONDS.toNanos(1);
                call.value = start;
            })),
    RUNS_WORK_TOO_OFTEN(
            "work runs more often than there are attempts",
            execution -> add(execution, call -> {
                start(call, 0);
                start(call, 1);
            })),
    NEVER_ENDS("call 7 [returned false", execution -> execution.made.add(new Made(CALL))),
    KEEPS_AN_ARGUMENT(
            "an argument is retained", execution -> add(execution, call -> call.argument = new WeakReference<>(KEPT))),
    LEAVES_A_TIMER(
            "1 timers are left",
            execution -> execution.ground.environment.schedule(() -> {}, TimeUnit.HOURS.toNanos(1))),
    LEAVES_A_THREAD(
            "bulkhead 'chaotic -1 0' 1",
            execution -> Ground.daemons("bulkhead 'chaotic -1 0' 1")
                    .newThread(ControlProgram::isHeld)
                    .start()),
    USES_THE_TIMERS_THREAD("somebody ran on the timer's thread", execution -> {
        CountDownLatch done = new CountDownLatch(1);
        Environment.system()
                .schedule(
                        () -> {
                            execution.mischief.looksAround("somebody", null);
                            done.countDown();
                        },
                        0);
        await(done);
    }),
    HAS_NO_CONTEXT(
            "somebody of call 7 ran in the context of null",
            execution -> execution.mischief.hasContext("somebody", new Made(CALL))),
    IS_GIVEN_ANOTHER_CALL("work of call 7 was given Call['call 7' attempt 1]", execution -> {
        execution.cast.gates.get(first(execution)).arrived.incrementAndGet();
        execution
                .cast
                .pipelines
                .of(new Made(TOLD))
                .runWith(context -> labour(execution).isOf(new Made(CALL), KEPT, context));
    }),
    IS_NOT_TOLD("a call has not ended once", execution -> add(execution, TOLD, call -> {})),
    IS_TOLD_TWICE(
            "a call has not ended once",
            execution -> add(execution, TOLD, call -> {
                call.completions.add(new Completion(null, null, 1));
                call.completions.add(new Completion(null, null, 1));
            })),
    IS_TOLD_ANOTHER_RESULT(
            "a call has ended with what its caller did not get",
            execution -> add(execution, TOLD, call -> call.completions.add(new Completion("another", null, 1)))),
    COUNTS_NOT_ALL_ATTEMPTS(
            "attempts are not counted",
            execution -> add(execution, TOLD, call -> {
                start(call, 0);
                start(call, 1);
                call.completions.add(new Completion(null, null, 1));
            })),
    COUNTS_ATTEMPTS_THAT_NEVER_WERE(
            "attempts are not counted",
            execution -> add(execution, TOLD.with(List.of(6)), call -> {
                call.isTop = true;
                call.completions.add(new Completion(null, null, 1));
            })),
    COUNTS_TOO_MANY_ATTEMPTS(
            "more attempts are counted than there may be",
            execution -> add(execution, TOLD, call -> call.completions.add(new Completion(null, null, 2)))),
    WRAPS_A_FAILURE(
            "a failure is wrapped",
            execution -> add(execution, CALL, call -> call.failure = new CompletionException(new Failed()))),
    LEAVES_A_LIMIT(
            "a limit is left on the thread of a call",
            execution -> add(execution, call -> {
                call.isTop = true;
                call.leftAfterwards = 0;
            })),
    BEGINS_WITHOUT_TIME(
            "a call begins that has no time left",
            execution -> add(execution, within(Bound.PIPELINE, 0), call -> call.value = start(call, 0))),
    TELLS_NO_LIMIT(
            "work is told a wrong time that is left",
            execution -> add(execution, within(Bound.PIPELINE, 1), call -> start(call, 0))),
    TELLS_TOO_LONG_A_LIMIT(
            "work is told a wrong time that is left",
            execution -> add(
                    execution,
                    within(Bound.ENVIRONMENT, 1),
                    call -> start(call, 0).timeLeft = new TimeLeft(1, 1_000_000, -1, 2))),
    TELLS_A_LIMIT_THAT_IS_NONE(
            "work is told a wrong time that is left",
            execution -> add(
                    execution, within(Bound.DETACHED, 1), call -> start(call, 0).timeLeft = new TimeLeft(0, 1, -1, 0))),
    BEGINS_AN_ATTEMPT_TOO_LATE("an attempt begins whose time is over", Where.VIRTUAL, execution -> {
        comesToRest(execution);
        add(execution, within(Bound.PIPELINE, 1), call -> {
            start(call, 1_000_001).timeLeft = new TimeLeft(0, 0, 0, 0);
            call.since = -1_000_000;
        });
    }),
    IS_LATE_FOR_A_LIMIT(
            "a result is given that came after its deadline",
            execution -> add(execution, within(Bound.ENVIRONMENT, 1), call -> {
                Made.Start start = start(call, 0);
                start.timeLeft = new TimeLeft(0, 1, -1, 0);
                start.ended = TimeUnit.MILLISECONDS.toNanos(2);
                call.value = start;
            })),
    GOES_ON_AFTER_COMMIT(
            "an attempt begins although the call is committed",
            execution -> add(execution, CALL.with(List.of(6)), call -> {
                start(call, 0);
                call.commitments.add(new Commitment(1, 1));
                start(call, 2);
            })),
    REPEATS_WHAT_IS_NO_FAILURE(
            "work is run again although the rules of the pipeline",
            execution -> add(execution, RULED.with(List.of(6)), call -> {
                start(call, 0);
                start(call, 1);
            })),
    ASKS_NO_RULES("a gate does not ask the rules of the pipeline first", execution -> {
        Made call = new Made(RULED);
        Policy<Object> pipeline = execution.cast.pipelines.of(call);
        CircuitBreaker deaf = CircuitBreaker.ofDefaults("deaf");
        deaf.on(Event.CallEnded.class, execution.cast.pipelines::looksAt);
        fails(Pipeline.of(deaf).named(pipeline.name()));
    }),
    LOSES_A_PERMIT_OF_SETTINGS(
            "a permit or a place in the queue is not back",
            execution -> guarding(execution).gates.keySet().iterator().next().tryAcquire()),
    TELLS_NOT_ALL_CALLS_OF_SETTINGS(
            "who listens to a pipeline of settings was told of 0 calls",
            execution -> guarding(execution).direct.incrementAndGet()),
    GIVES_NULL("a result is given that nobody has made", execution -> add(execution, CALL, call -> {})),
    GIVES_A_STRANGER(
            "a result is given that nobody has made", execution -> add(execution, call -> call.value = "a stranger")),
    GIVES_A_RESULT_WHERE_THERE_IS_NONE(
            "a result is given that nobody has made",
            execution -> add(execution, WITHOUT_RESULT, call -> call.value = start(call, 0))),
    ASKS_A_RULE_ABOUT_NO_RESULT("a rule on results was asked about call 8", execution -> {
        Ground.TENANT.set(WITHOUT_RESULT.number());
        execution.mischief.hasResult();
        Ground.TENANT.remove();
    }),
    TAKES_TWO_REPORTS("a permit has taken 2 reports for the first", execution -> {
        Hands.Held held = new Hands.Held("held", true, first(execution).tryAcquire(), new Told());
        held.report(Ending.IGNORED);
        held.firsts.incrementAndGet();
        execution.cast.gates.get(first(execution)).arrived.incrementAndGet();
        execution.hands.all.add(held);
    }),
    HANDS_OUT_TOO_MANY("permits are held of 9", execution -> {
        for (int i = 0; i < 10; i++) {
            execution.hands.holds(0);
        }
    }),
    LEARNS_TOO_MUCH(
            "a limit is out of its bounds",
            execution -> ((Bulkhead) first(execution)).reconfigure(settings -> settings.limit(10))),
    LETS_TOO_MANY_IN("a limiter lets too many in: at 4, 3 came in within", execution -> {
        for (int i = 0; i < 4; i++) {
            execution.cast.settings.rates.entered("4", i, i);
        }
    }),
    KEEPS_TOO_MANY_PLACES("50 keys have a place of 2", execution -> {
        comesToRest(execution);
        keyed(execution, 1_000);
        execution.hands.flood(3);
        execution.cast.told(3, 0).arrived.addAndGet(-50);
    }),
    KEEPS_PLACES("keys are not forgotten", execution -> {
        comesToRest(execution);
        keyed(execution, 2).get(0).tryAcquire();
    }),
    CHANGES_SOMETHING(
            "a reconfiguration with the settings that are there changes something", Where.VIRTUAL, execution -> {
                // It has another permit at each look.
                RateLimiter restless = RateLimiter.builder("restless")
                        .limit(1_000_000_000, Duration.ofSeconds(1))
                        .build();
                restless.drain();
                execution.cast.policies.set(4, restless);
            }),
    NEVER_CLOSES("a breaker does not close", execution -> {
        breaker(execution).transitionTo(State.OPEN);
        breaker(execution).on(StateChanged.class, event -> breaker(execution).transitionTo(State.OPEN));
    }),
    CLOSES_LATE("a breaker has closed after", execution -> {
        AtomicInteger times = new AtomicInteger();
        breaker(execution).transitionTo(State.OPEN);
        breaker(execution).on(StateChanged.class, event -> {
            if (event.to() == State.CLOSED && times.incrementAndGet() < 3) {
                breaker(execution).transitionTo(State.HALF_OPEN);
            }
        });
    });

    final String expected;
    final Where where;
    final Consumer<Execution> sabotage;

    Saboteur(String expected, Consumer<Execution> sabotage) {
        this(expected, Where.OWN_TIMER, sabotage);
    }

    Saboteur(String expected, Where where, Consumer<Execution> sabotage) {
        this.expected = expected;
        this.where = where;
        this.sabotage = sabotage;
    }
}

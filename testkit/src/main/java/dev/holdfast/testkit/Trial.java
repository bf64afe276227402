// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Deadline;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import dev.holdfast.Permit;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.Race;
import dev.holdfast.RejectedException;
import dev.holdfast.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One policy, built for this, and one scenario that happens to it, in one way: between two gates that write down what they see.
 *
 * <p>Longer than most files: one trial of a policy is read from top to bottom.
 */
final class Trial {
    /** A call with more attempts has no end. */
    static final int MOST_ATTEMPTS = 10_000;

    /** A call that takes longer has no end. */
    private static final Duration LONGEST = Duration.ofDays(365);

    private static final long NEAR_WRAP_AROUND = Long.MAX_VALUE - Scenario.SHORT.toNanos() / 2;

    /** What is the same for all trials of a policy: how to build it, and what its work gives. */
    record Subject(Function<? super Environment, ? extends Policy<?>> factory, Object result) {}

    /** What a call or its work came to. */
    record Result(@Nullable Object value, @Nullable Throwable failure) {
        @Override
        public String toString() {
            return failure == null ? "gave " + value : "threw " + failure;
        }
    }

    /** One call: what came of it, after how many starts of its work, and what the last of them came to. */
    record Call(Result result, int attempts, @Nullable Result last) {}

    final Scenario scenario;
    final Setup setup;
    final VirtualTime time;
    final Policy<Object> policy;
    final WitnessGate outer;
    final WitnessGate inner;
    final Script<Object> script;
    final List<String> trace = Collections.synchronizedList(new ArrayList<>());
    final List<Call> calls = new ArrayList<>();
    /** Timers of the policy's own, before anybody has called it. */
    final int timersAtFirst;

    /** How long all calls took. */
    Duration took = Duration.ZERO;

    private final Subject subject;
    private final long start;
    private final FaultyEnvironment environment;
    private final Pipeline<Object> pipeline;
    private final AtomicInteger attempts = new AtomicInteger();
    private volatile @Nullable Result last;
    private volatile @Nullable String endless;
    private boolean strayInterrupt;
    private boolean sideBySide;
    private final Thread creator = Thread.currentThread();
    private volatile boolean elsewhere;

    @SuppressWarnings("unchecked") // The result that its work gives is one that the policy may look at.
    Trial(Subject subject, Scenario scenario, Setup setup) {
        this.subject = subject;
        this.scenario = scenario;
        this.setup = setup;
        this.start = setup.wrapsAround() ? NEAR_WRAP_AROUND : 0;
        this.time = VirtualTime.create(start, 0);
        this.environment = new FaultyEnvironment(time, setup.fault());
        this.policy = (Policy<Object>) subject.factory().apply(environment);
        if (policy.environment() != environment) {
            throw new BrokenLaw(Law.ENVIRONMENT, "it has " + policy.environment());
        }
        this.timersAtFirst = time.pendingTimers();
        Consumer<Throwable> onRefusal = refusal -> last = new Result(null, refusal);
        this.outer = new WitnessGate("outer", environment, false, this::write, onRefusal);
        this.inner = new WitnessGate("inner", environment, scenario.refuses(), this::write, onRefusal);
        this.pipeline = Pipeline.of(outer, policy, inner);
        this.script = Script.of(time);
        scenario.script().accept(script, subject.result());
        if (setup.watched()) {
            watch();
        }
        environment.breaks();
    }

    private void watch() {
        try {
            Subscription unused = policy.on(Event.class, event -> {});
        } catch (IllegalArgumentException nothingToHear) {
            // It tells no events.
        }
    }

    private void write(String what) {
        elsewhere |= Thread.currentThread() != creator;
        trace.add(what + " at " + Duration.ofNanos(time.nanoTime() - start));
    }

    // ---- Calls ----------------------------------------------------------------------------------------------------

    Trial run() {
        for (int number = 0; number < scenario.calls(); number++) {
            attempts.set(0);
            last = null;
            Result result = setup.way() == Way.BLOCKING ? blocking() : async();
            calls.add(new Call(result, attempts.get(), last));
            String without = endless;
            if (without != null) {
                throw new BrokenLaw(Law.ENDS, without);
            }
        }
        took = Duration.ofNanos(time.nanoTime() - start);
        return this;
    }

    private Result blocking() {
        Thread caller = Thread.currentThread();
        Environment.Timer watchdog = watchdog(caller::interrupt);
        Duration patience = scenario.givenUpAfter();
        Environment.Timer giveUp = patience == null ? () -> {} : time.schedule(caller::interrupt, patience.toNanos());
        Result result;
        try {
            result = new Result(pipeline.callable(this::work).call(), null);
        } catch (Throwable thrown) {
            result = new Result(null, thrown);
        }
        giveUp.cancel();
        watchdog.cancel();
        boolean told = result.failure() instanceof dev.holdfast.CallInterruptedException;
        // Work that never looked at its thread's flag may leave one that was meant for it.
        strayInterrupt |= Thread.interrupted() && !told && patience == null;
        return result;
    }

    private Object work() throws Exception {
        begins();
        try {
            Object value = script.call();
            last = new Result(value, null);
            return value;
        } catch (Throwable thrown) {
            last = new Result(null, thrown);
            throw thrown;
        }
    }

    private Result async() {
        CompletableFuture<Object> future = start();
        // A task that the executor refuses runs on a thread that virtual time does not know, and that it would not wait
        // for.
        Environment.Timer watchdog = setup.fault().part() == FaultyEnvironment.Fault.Part.EXECUTOR
                ? () -> {}
                : watchdog(() -> future.cancel(true));
        if (scenario.givenUpAfter() != null) {
            pass(future::isDone, scenario.givenUpAfter());
            future.cancel(true);
        }
        Result result = join(future);
        watchdog.cancel();
        return result;
    }

    /** Starts an asynchronous call, and leaves it where it has to wait. */
    CompletableFuture<Object> start() {
        return pipeline.callAsync(this::stage);
    }

    /** Waits for calls that run side by side: what became of each attempt, nobody can tell then. */
    void joinAll(List<CompletableFuture<Object>> futures) {
        sideBySide = true;
        for (CompletableFuture<Object> future : futures) {
            Result result = join(future);
            calls.add(new Call(result, 0, result));
        }
    }

    private Result join(CompletableFuture<Object> future) {
        try {
            return time.join(future.handle(Result::new));
        } catch (IllegalStateException stuck) {
            throw new BrokenLaw(Law.ENDS, "an asynchronous call: " + stuck);
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // What follows the stage's end cannot fail.
    private CompletableFuture<Object> stage() {
        begins();
        CompletableFuture<Object> stage = script.stage(setup.way() == Way.ASYNC_LATER);
        // Before the policy hears of it, unless it is given up.
        stage.whenComplete((value, failure) -> last = new Result(value, failure));
        return stage;
    }

    private void begins() {
        int number = attempts.incrementAndGet();
        write("work " + number);
        if (number > MOST_ATTEMPTS) {
            endless = "more than " + MOST_ATTEMPTS + " attempts";
            // No further attempt starts then.
            time.close();
        }
    }

    /** Ends a call that would not end. */
    private Environment.Timer watchdog(Runnable ends) {
        return time.schedule(
                () -> {
                    endless = "not ended after " + LONGEST.toDays() + " days";
                    time.close();
                    ends.run();
                },
                LONGEST.toNanos());
    }

    Object result() {
        return subject.result();
    }

    /** The policy, where it is one. */
    Gate gate() {
        return (Gate) (Policy<?>) policy;
    }

    /** A call without the engines. */
    void useByHand(Consumer<Permit> report) {
        Result nobody = new Result(null, null);
        calls.add(new Call(nobody, 0, nobody));
        try (Permit permit = gate().tryAcquire()) {
            if (permit != null) {
                report.accept(permit);
            }
        }
    }

    /**
     * What was called off, or left at a deadline, may still be on its way out, on another thread.
     *
     * @param rests whether the policy shows that it is over
     */
    void comeToRest(BooleanSupplier rests) {
        pass(() -> isQuiet() && rests.getAsBoolean(), Scenario.LONG.multipliedBy(2));
        time.advance(Duration.ZERO);
        environment.heals();
    }

    /** Lets time pass as a caller that waits does: not while any thread is busy. */
    private void pass(BooleanSupplier until, Duration atMost) {
        try {
            time.await(until, atMost.toNanos());
        } catch (InterruptedException stray) {
            strayInterrupt = true;
        }
    }

    private boolean isQuiet() {
        long inside = List.copyOf(trace).stream()
                .mapToInt(line -> line.startsWith("+") ? 1 : line.startsWith("-") ? -1 : 0)
                .sum();
        boolean counted = !(policy instanceof Gate) || gate().counts().calls() >= calls.size();
        return inside == 0 && script.underWay() == 0 && counted;
    }

    // ---- What is left ---------------------------------------------------------------------------------------------

    /** Whether it is a matter of chance how far a call has come on another thread when its caller gives up. */
    boolean isByChance() {
        return elsewhere && scenario.givenUpAfter() != null;
    }

    /** Whether what is inside leaves before what is outside, one after the other. */
    boolean isOrdered() {
        // At deadlines, in races, and where work runs on another thread, callers that give up may leave work behind.
        boolean leavesBehind = policy instanceof Race || policy instanceof Deadline;
        return !(leavesBehind || sideBySide || isByChance());
    }

    boolean hasStrayInterrupt() {
        return strayInterrupt;
    }

    /** A call beside those of the scenario, for a policy to come to itself again. */
    void callOnceMore() {
        try {
            Object unused = policy.call(subject::result);
        } catch (RejectedException refused) {
            // It has not come to itself yet.
        }
    }
}

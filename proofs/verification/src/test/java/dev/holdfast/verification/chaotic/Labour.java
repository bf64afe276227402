// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.Call;
import dev.holdfast.verification.chaotic.Program.Do;
import dev.holdfast.verification.chaotic.Program.Place;
import dev.holdfast.verification.chaotic.Program.Step;
import dev.holdfast.verification.chaotic.Program.Trap;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The work of a program's calls, as their plans have it. */
final class Labour {
    private static final long FOR_EVER = 3_000_000;

    /** What work throws, or its stage fails with. */
    static final class Failed extends IllegalStateException {
        private static final long serialVersionUID = 1L;

        Failed() {
            super("work failed");
        }
    }

    /** Several calls wait for it, and whoever is cancelled first cancels it. */
    final CompletableFuture<Object> sharedStage = new CompletableFuture<>();

    private final Execution execution;

    Labour(Execution execution) {
        this.execution = execution;
    }

    static void userCode(Made call, Runnable code) {
        call.inside.incrementAndGet();
        try {
            code.run();
        } finally {
            call.inside.decrementAndGet();
        }
    }

    Object unchecked(Made.Argument argument, Call context) {
        try {
            return work(argument, context);
        } catch (Exception thrown) {
            throw Labour.<RuntimeException>asThrown(thrown);
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Throwable> X asThrown(Throwable thrown) throws X {
        throw (X) thrown;
    }

    Object work(Made.Argument argument, Call context) throws Exception {
        Made call = argument.call;
        call.inside.incrementAndGet();
        try {
            Made.Start start = begin(call, argument, context);
            for (Step step : call.plan.body()) {
                take(step, call, context);
            }
            return switch (call.plan.ending()) {
                case EXCEPTION, EXCEPTION_LATER -> throw new Failed();
                case ERROR -> throw new AssertionError("work failed badly");
                case NULL -> endsWithout(start);
                default -> end(start);
            };
        } finally {
            call.inside.decrementAndGet();
        }
    }

    CompletionStage<Object> stage(Made.Argument argument, Call context) {
        Made call = argument.call;
        call.inside.incrementAndGet();
        try {
            Made.Start start = begin(call, argument, context);
            for (Step step : call.plan.body()) {
                take(step, call, context);
            }
            CompletableFuture<Object> stage = new CompletableFuture<>();
            switch (call.plan.ending()) {
                case EXCEPTION -> stage.completeExceptionally(new Failed());
                case ERROR -> throw new AssertionError("work failed badly");
                case VALUE_LATER -> execution.ground.later(call.plan.endsAfter(), () -> stage.complete(end(start)));
                case EXCEPTION_LATER ->
                    execution.ground.later(call.plan.endsAfter(), () -> stage.completeExceptionally(new Failed()));
                case NEVER -> {
                    // Who waits for it ends it.
                }
                case SHARED_STAGE -> {
                    return sharedStage;
                }
                case NO_STAGE -> {
                    return null;
                }
                case NULL -> stage.complete(endsWithout(start));
                default -> stage.complete(end(start));
            }
            return stage;
        } catch (InterruptedException interrupted) {
            throw Labour.<RuntimeException>asThrown(interrupted);
        } finally {
            call.inside.decrementAndGet();
        }
    }

    private Made.Start begin(Made call, Made.Argument argument, Call context) {
        if (execution.isOver) {
            throw new CancellationException("the program is over");
        }
        execution.mischief.looksAround("work", null);
        execution.mischief.hasContext("work", call);
        Made.Start start = new Made.Start(call.starts.size(), execution.ground.nanoTime());
        start.timeLeft = timeLeft(context);
        call.starts.add(start);
        if (context != null) {
            isOf(call, argument, context);
            List<Trap> traps = call.plan.traps();
            context.onAbandon(() -> userCode(call, () -> execution.mischief.at(Place.HOOK, traps)));
        }
        return start;
    }

    private Made.TimeLeft timeLeft(Call context) {
        long asked = execution.ground.nanoTime();
        long ofThread = execution.ground.nanosLeft();
        long ofCall =
                context == null ? -1 : context.timeLeft().map(Duration::toNanos).orElse(-1L);
        return new Made.TimeLeft(asked, ofThread, ofCall, execution.ground.nanoTime());
    }

    /** Is it given the context of its own call? */
    void isOf(Made call, Made.Argument argument, Call context) {
        boolean isOwn =
                context.argument().map(argument::equals).orElse(true) && execution.cast.pipelines.isOf(context, call);
        if (!isOwn || context.attempt() < 1 || context.lane() < 0) {
            execution.mischief.wrongs.add("work of call " + call.plan.number() + " was given " + context);
        }
    }

    private Object end(Made.Start start) {
        start.ended = execution.ground.nanoTime();
        start.good = true;
        return start;
    }

    private Object endsWithout(Made.Start start) {
        end(start);
        return null;
    }

    private void take(Step step, Made call, Call context) throws InterruptedException {
        switch (step.what()) {
            case BUSY -> execution.ground.busy(step.millis());
            case CALL -> execution.nested(execution.add(step.call()));
            case COMMIT -> commit(call, context);
            case COMMIT_LATER -> execution.outside.later(step.millis(), () -> commit(call, context));
            default -> wait(step, call);
        }
    }

    private void commit(Made call, Call context) {
        if (context != null) {
            context.commit();
            call.commitments.add(new Made.Commitment(call.starts.size(), execution.ground.nanoTime()));
        }
    }

    private void wait(Step step, Made call) throws InterruptedException {
        try {
            execution.ground.sleep(step.what() == Do.WAIT_FOR_EVER ? FOR_EVER : step.millis());
        } catch (InterruptedException interrupted) {
            switch (step.what()) {
                case SLEEP_AND_SET_FLAG -> execution.setFlagAgain();
                case SLEEP_AND_SWALLOW -> call.swallowed.incrementAndGet();
                case SLEEP_AND_CLEAN_UP -> {
                    execution.ground.busy(step.millis());
                    throw interrupted;
                }
                default -> throw interrupted;
            }
        }
    }
}

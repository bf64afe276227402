// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.Call;
import dev.holdfast.Gate;
import dev.holdfast.Policy;
import dev.holdfast.verification.chaotic.Program.Change;
import dev.holdfast.verification.chaotic.Program.Do;
import dev.holdfast.verification.chaotic.Program.Ending;
import dev.holdfast.verification.chaotic.Program.Meddling;
import dev.holdfast.verification.chaotic.Program.Place;
import dev.holdfast.verification.chaotic.Program.Plan;
import dev.holdfast.verification.chaotic.Program.Step;
import dev.holdfast.verification.chaotic.Program.Trap;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * A program that is run: its calls are made, each on a thread of its own (in virtual time all on one), others meddle with them, and
 * {@link Laws} looks at what is left.
 */
final class Execution {
    private static final long FOR_EVER = 3_000_000;

    final Program program;
    final Ground ground;
    final Mischief mischief = new Mischief();
    final Cast cast;
    final List<Made> made = new CopyOnWriteArrayList<>();

    private final Map<Thread, Made> tops = new ConcurrentHashMap<>();
    private final CompletableFuture<Object> sharedStage = new CompletableFuture<>();
    private final AtomicInteger again = new AtomicInteger();
    /** It has failed: whatever still goes on should end. */
    private volatile boolean isOver;

    Execution(Program program) {
        this.program = program;
        this.ground = new Ground(program);
        mischief.of(this);
        this.cast = new Cast(program, ground, mischief);
    }

    // ---- From outside ---------------------------------------------------------------------------------------------

    void start() {
        ground.later(6, () -> sharedStage.complete("shared"));
        for (Change change : program.changes()) {
            ground.later(change.after(), () -> make(change));
        }
        for (Plan plan : program.calls()) {
            Made call = add(plan);
            if (plan.meddling() != Meddling.NONE) {
                ground.later(plan.meddlesAfter(), () -> meddle(call));
            }
            if (ground.isVirtual()) {
                call(call);
            } else {
                Ground.daemons("chaotic-caller " + plan.number()).newThread(() -> call(call)).start();
            }
        }
    }

    private void make(Change change) {
        switch (change.what()) {
            case CLOSE_ENVIRONMENT -> ground.environment.close();
            case CLOSE_BULKHEAD -> cast.close(change.part());
            default -> cast.reconfigure(change.part());
        }
    }

    private void meddle(Made call) {
        CompletableFuture<Object> future = call.future;
        boolean interrupts = call.plan.meddling() == Meddling.INTERRUPT;
        if (call.returned && future == null || interrupts && call.interrupt(ground.nanoTime())) {
            return;
        }
        if (interrupts || future == null) {
            // It has not begun, or a first attempt still holds its caller.
            ground.later(1, () -> meddle(call));
        } else {
            switch (call.plan.meddling()) {
                case CANCEL -> future.cancel(true);
                case CANCEL_QUIETLY -> future.cancel(false);
                case COMPLETE -> future.complete("completed from outside");
                default -> future.completeAsync(() -> "completed from outside");
            }
        }
    }

    /** Ends by force what should have ended by itself. */
    void abort() {
        isOver = true;
        mischief.release.countDown();
        made.forEach(call -> {
            call.interrupt(ground.nanoTime());
            if (call.future != null) {
                call.future.cancel(true);
            }
        });
        cast.closeAll();
        ground.close();
    }

    boolean allOver() {
        return made.stream().allMatch(call -> call.isOver() && call.inside.get() == 0);
    }

    /** Looks again and again, for as long as patience lasts; in virtual time everything has had its time already. */
    static boolean comesTrue(BooleanSupplier condition, long patienceSeconds) throws InterruptedException {
        long until = System.nanoTime() + patienceSeconds * 1_000_000_000;
        for (long pause = 0; !condition.getAsBoolean(); pause = Math.min(10, pause + 1)) {
            if (System.nanoTime() - until > 0) {
                return false;
            }
            Thread.sleep(pause);
        }
        return true;
    }

    // ---- Calls ----------------------------------------------------------------------------------------------------

    private Made add(Plan plan) {
        Made call = new Made(plan);
        made.add(call);
        return call;
    }

    Made topOf(Thread thread) {
        return tops.get(thread);
    }

    void interruptCurrentThread() {
        Made top = topOf(Thread.currentThread());
        if (top != null) {
            top.interrupt(ground.nanoTime());
        } else {
            Thread.currentThread().interrupt();
        }
    }

    /** User code makes a call through what it belongs to. */
    void callAgain(int like, boolean joins) {
        List<Integer> way = program.calls().get(like % program.calls().size()).way();
        Plan plan = new Plan(100 + again.getAndIncrement(), way, joins, List.of(), Ending.VALUE, 0, List.of(), Meddling.NONE, 0);
        Made call = add(plan);
        nested(call);
        CompletableFuture<Object> future = call.future;
        if (joins && future != null) {
            try {
                future.get();
            } catch (InterruptedException notMine) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | CancellationException ignored) {
                // What it gives is looked at elsewhere.
            }
        }
    }

    /** On a thread that is its caller's for as long as the call lasts. */
    private void call(Made call) {
        Thread thread = Thread.currentThread();
        tops.put(thread, call);
        call.begins(ground.nanoTime());
        Ground.TENANT.set(call.plan.number());
        try {
            call(call, new Made.Argument(call));
        } catch (Throwable thrown) {
            call.failure = thrown;
        } finally {
            Ground.TENANT.remove();
            tops.remove(thread);
            call.ends();
        }
    }

    /** Inside of another call: the thread is that one's, and so are its interrupts. */
    private void nested(Made call) {
        Integer tenant = Ground.TENANT.get();
        Ground.TENANT.set(call.plan.number());
        try {
            call(call, new Made.Argument(call));
        } catch (Throwable thrown) {
            call.failure = thrown;
            if (thrown instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
        } finally {
            if (tenant == null) {
                Ground.TENANT.remove();
            } else {
                Ground.TENANT.set(tenant);
            }
            call.returned = true;
        }
    }

    private void call(Made call, Made.Argument argument) throws Throwable {
        call.argument = new WeakReference<>(argument);
        Plan plan = call.plan;
        Policy<Object> pipeline = cast.pipeline(plan.way(), plan.number());
        if (cast.met(plan.way().get(0), plan.number()) instanceof Gate first) {
            cast.gates.get(first).arrived.incrementAndGet();
        }
        boolean withCall = plan.traps().stream().anyMatch(trap -> trap.place() == Place.HOOK);
        if (!plan.async()) {
            call.value = withCall
                    ? pipeline.callWith(context -> unchecked(argument, context))
                    : pipeline.<Made.Argument, Object, Exception>checkedFunction(it -> work(it, null)).apply(argument);
            return;
        }
        CompletableFuture<Object> future = withCall
                ? pipeline.callAsyncWith(context -> stage(argument, context))
                : pipeline.<Made.Argument, Object>asyncFunction(it -> stage(it, null)).apply(argument);
        future.whenComplete((value, failure) -> {
            call.value = value;
            call.failure = failure;
        });
        call.future = future;
        if (plan.traps().stream().anyMatch(trap -> trap.place() == Place.DEPENDENT)) {
            future.whenComplete((value, failure) -> userCode(call, () -> mischief.at(Place.DEPENDENT, plan.traps())));
        }
    }

    // ---- Work -----------------------------------------------------------------------------------------------------

    private static void userCode(Made call, Runnable code) {
        call.inside.incrementAndGet();
        try {
            code.run();
        } finally {
            call.inside.decrementAndGet();
        }
    }

    private Object unchecked(Made.Argument argument, Call context) {
        try {
            return work(argument, context);
        } catch (Exception thrown) {
            throw Execution.<RuntimeException>asThrown(thrown);
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Throwable> X asThrown(Throwable thrown) throws X {
        throw (X) thrown;
    }

    private Object work(Made.Argument argument, Call context) throws Exception {
        Made call = argument.call;
        call.inside.incrementAndGet();
        try {
            Made.Start start = begin(call, context);
            for (Step step : call.plan.body()) {
                take(step, call);
            }
            return switch (call.plan.ending()) {
                case EXCEPTION, EXCEPTION_LATER -> throw new IllegalStateException("work failed");
                case ERROR -> throw new AssertionError("work failed badly");
                case NULL -> endsWithout(start);
                default -> end(start);
            };
        } finally {
            call.inside.decrementAndGet();
        }
    }

    private CompletionStage<Object> stage(Made.Argument argument, Call context) {
        Made call = argument.call;
        call.inside.incrementAndGet();
        try {
            Made.Start start = begin(call, context);
            for (Step step : call.plan.body()) {
                take(step, call);
            }
            CompletableFuture<Object> stage = new CompletableFuture<>();
            switch (call.plan.ending()) {
                case EXCEPTION -> stage.completeExceptionally(new IllegalStateException("work failed"));
                case ERROR -> throw new AssertionError("work failed badly");
                case VALUE_LATER -> ground.later(call.plan.endsAfter(), () -> stage.complete(end(start)));
                case EXCEPTION_LATER ->
                    ground.later(call.plan.endsAfter(), () -> stage.completeExceptionally(new IllegalStateException("work failed")));
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
            throw Execution.<RuntimeException>asThrown(interrupted);
        } finally {
            call.inside.decrementAndGet();
        }
    }

    private Made.Start begin(Made call, Call context) {
        if (isOver) {
            throw new CancellationException("the program is over");
        }
        mischief.looksAround("work", null);
        mischief.hasContext("work", call);
        Made.Start start = new Made.Start(call.starts.size(), ground.nanoTime());
        call.starts.add(start);
        if (context != null) {
            List<Trap> traps = call.plan.traps();
            context.onAbandon(() -> userCode(call, () -> mischief.at(Place.HOOK, traps)));
        }
        return start;
    }

    private Object end(Made.Start start) {
        start.ended = ground.nanoTime();
        start.good = true;
        return start;
    }

    private Object endsWithout(Made.Start start) {
        end(start);
        return null;
    }

    private void take(Step step, Made call) throws InterruptedException {
        switch (step.what()) {
            case BUSY -> ground.busy(step.millis());
            case CALL -> nested(add(step.call()));
            default -> wait(step, call);
        }
    }

    private void wait(Step step, Made call) throws InterruptedException {
        try {
            ground.sleep(step.what() == Do.WAIT_FOR_EVER ? FOR_EVER : step.millis());
        } catch (InterruptedException interrupted) {
            switch (step.what()) {
                case SLEEP_AND_SET_FLAG -> Thread.currentThread().interrupt();
                case SLEEP_AND_SWALLOW -> call.swallowed.incrementAndGet();
                case SLEEP_AND_CLEAN_UP -> {
                    ground.busy(step.millis());
                    throw interrupted;
                }
                default -> throw interrupted;
            }
        }
    }
}

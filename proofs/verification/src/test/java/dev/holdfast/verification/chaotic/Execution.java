// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.verification.chaotic.Program.Ending;
import dev.holdfast.verification.chaotic.Program.Meddling;
import dev.holdfast.verification.chaotic.Program.Plan;
import dev.holdfast.verification.chaotic.Program.Shape;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * A program that is run: its calls are made, each on a thread of its own (in virtual time all on one), others meddle with them, and
 * {@link Laws} looks at what is left.
 */
final class Execution {
    final Program program;
    final Ground ground;
    final Mischief mischief = new Mischief();
    final Cast cast;
    final List<Made> made = new CopyOnWriteArrayList<>();
    final Hands hands = new Hands(this);
    final Outside outside = new Outside(this);

    private final Map<Thread, Made> tops = new ConcurrentHashMap<>();
    private final Labour labour = new Labour(this);
    private final Calling calling = new Calling(this, labour);
    private final AtomicInteger again = new AtomicInteger();
    /** It has failed: whatever still goes on should end. */
    volatile boolean isOver;

    Execution(Program program) {
        this.program = program;
        this.ground = new Ground(program);
        mischief.of(this);
        this.cast = new Cast(program, ground, mischief);
    }

    // ---- From outside ---------------------------------------------------------------------------------------------

    void start() {
        ground.later(6, () -> labour.sharedStage.complete(Made.SHARED));
        outside.start();
        for (Plan plan : program.calls()) {
            Made call = add(plan);
            if (plan.meddling() != Meddling.NONE) {
                ground.later(plan.meddlesAfter(), () -> outside.meddle(call));
            }
            if (ground.isVirtual()) {
                call(call);
            } else {
                Ground.daemons("chaotic-caller " + plan.number())
                        .newThread(() -> call(call))
                        .start();
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
        return outside.hasFinished() && made.stream().allMatch(call -> call.isOver() && call.inside.get() == 0);
    }

    /**
     * Looks again and again, for as long as patience lasts. It counts the time that was meant to be slept: where the machine gives this
     * thread no turn, it gives the others none either.
     */
    static boolean comesTrue(BooleanSupplier condition, long patienceSeconds) throws InterruptedException {
        return comesTrue(condition, patienceSeconds, 10);
    }

    /** The same, with pauses of so many milliseconds at most: longer ones where it takes long to look. */
    static boolean comesTrue(BooleanSupplier condition, long patienceSeconds, long longestPause)
            throws InterruptedException {
        long pause = 0;
        for (long slept = 0; !condition.getAsBoolean(); slept += pause) {
            if (slept > patienceSeconds * 1_000) {
                return false;
            }
            pause = Math.min(longestPause, 1 + pause * 3 / 2);
            Thread.sleep(pause);
        }
        return true;
    }

    // ---- Calls ----------------------------------------------------------------------------------------------------

    Made add(Plan plan) {
        Made call = new Made(plan);
        call.since = ground.nanoTime();
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

    /** User code had taken an interrupt that was not its own. */
    void setFlagAgain() {
        Made top = topOf(Thread.currentThread());
        if (top != null) {
            top.setsFlagAgain(ground.nanoTime());
        } else {
            Thread.currentThread().interrupt();
        }
    }

    /** User code makes a call through what it belongs to. */
    void callAgain(int like, boolean joins) {
        if (program.calls().isEmpty()) {
            return;
        }
        List<Integer> way = program.calls().get(like % program.calls().size()).way();
        Shape shape = joins ? Shape.ASYNC : Shape.BLOCKING;
        Plan plan = new Plan(
                100 + again.getAndIncrement(),
                way,
                shape,
                List.of(),
                Ending.VALUE,
                0,
                List.of(),
                Meddling.NONE,
                0,
                Manner.PLAIN);
        Made call = add(plan);
        nested(call);
        CompletableFuture<Object> future = call.future;
        if (joins && future != null) {
            Mischief.waitFor(future::isDone);
        }
    }

    /** On a thread that is its caller's for as long as the call lasts. */
    private void call(Made call) {
        Thread thread = Thread.currentThread();
        tops.put(thread, call);
        call.isTop = true;
        call.begins(ground.nanoTime());
        Ground.TENANT.set(call.plan.number());
        try {
            calling.make(call);
        } catch (Throwable thrown) {
            call.failure = thrown;
        } finally {
            Ground.TENANT.remove();
            call.leftAfterwards = ground.nanosLeft();
            tops.remove(thread);
            call.ends();
        }
    }

    /** Inside of another call: the thread is that one's, and so are its interrupts. */
    void nested(Made call) {
        Integer tenant = Ground.TENANT.get();
        Ground.TENANT.set(call.plan.number());
        try {
            calling.make(call);
        } catch (Throwable thrown) {
            call.failure = thrown;
            if (thrown instanceof InterruptedException) {
                setFlagAgain();
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
}

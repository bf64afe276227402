// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.verification.chaotic.Program.Change;
import dev.holdfast.verification.chaotic.Program.Hand;
import dev.holdfast.verification.chaotic.Program.Meddling;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** What is done to a program's policies and calls by those who make no call. */
final class Outside {
    private final Execution execution;
    private final AtomicInteger pending = new AtomicInteger();

    Outside(Execution execution) {
        this.execution = execution;
    }

    void start() {
        for (Change change : execution.program.changes()) {
            for (int i = 0; i < change.times(); i++) {
                int number = i;
                later(change.after() + i, () -> make(change, number));
            }
        }
        for (Hand hand : execution.program.hands()) {
            later(hand.after(), () -> execution.hands.take(hand));
        }
    }

    boolean hasFinished() {
        return pending.get() == 0;
    }

    /** Later, by somebody who makes no call. Nothing is over before it is done. */
    void later(int millis, Runnable task) {
        pending.incrementAndGet();
        execution.ground.later(millis, () -> {
            try {
                task.run();
            } catch (RuntimeException | Error unexpected) {
                execution.mischief.wrongs.add("somebody outside got " + unexpected);
            } finally {
                pending.decrementAndGet();
            }
        });
    }

    private void make(Change change, int number) {
        switch (change.what()) {
            case CLOSE_ENVIRONMENT -> execution.ground.environment.close();
            case CLOSE_BULKHEAD -> execution.cast.close(change.part());
            case RECONFIGURE -> execution.cast.reconfigure(change.part(), change.after() + number);
            case RELOAD -> execution.cast.reload(change.part(), change.after() + number);
            case RECONFIGURE_EQUALLY -> reconfigureEqually(change.part());
            default -> {
                if (execution.program.parts().get(change.part()).kind().isGate()) {
                    execution.hands.flood(change.part());
                }
            }
        }
    }

    /** User code changes some policy. */
    void reconfigure(int number) {
        if (execution.cast.guarded.containsKey(
                number % execution.program.parts().size())) {
            // Elsewhere: a reload waits for those who listen to another one, among whom this may be.
            later(0, () -> execution.cast.reload(number, number));
        } else if (number % 3 == 0) {
            reconfigureEqually(number);
        } else {
            execution.cast.reconfigure(number, number);
        }
    }

    private void reconfigureEqually(int number) {
        String changed = execution.cast.reconfigureEqually(number);
        if (changed != null) {
            execution.mischief.wrongs.add(
                    "a reconfiguration with the settings that are there changes something: " + changed);
        }
    }

    /** User code takes a permit of some gate. */
    void takePermit(int number) {
        int part = number % execution.program.parts().size();
        if (execution.program.parts().get(part).kind().isGate()) {
            execution.hands.pass(part, number);
        }
    }

    void meddle(Made call) {
        CompletableFuture<Object> future = call.future;
        boolean interrupts = call.plan.meddling() == Meddling.INTERRUPT;
        if (call.returned && future == null || interrupts && call.interrupt(execution.ground.nanoTime())) {
            return;
        }
        if (interrupts || future == null) {
            // It has not begun, or a first attempt still holds its caller.
            execution.ground.later(1, () -> meddle(call));
        } else {
            switch (call.plan.meddling()) {
                case CANCEL -> future.cancel(true);
                case CANCEL_QUIETLY -> future.cancel(false);
                case COMPLETE -> future.complete(Made.FROM_OUTSIDE);
                default -> future.completeAsync(() -> Made.FROM_OUTSIDE);
            }
        }
    }
}

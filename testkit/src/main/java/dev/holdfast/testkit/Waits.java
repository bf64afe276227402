// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;

/** How threads wait on a virtual clock: each moves it to what comes next when all others rest, and looks again. */
final class Waits {
    private static final long LONGEST = Long.MAX_VALUE / 2;
    /** In thousandths of a second of real time. */
    private static final int LOOK_MILLIS = 1;

    private static final int PATIENCE_MILLIS = 10_000;
    private static final int PATIENCE_OF_JOIN_MILLIS = 1_000;

    private final Agenda agenda;
    private final Participants participants;

    Waits(Agenda agenda, Participants participants) {
        this.agenda = agenda;
        this.participants = participants;
    }

    /** See {@link dev.holdfast.Environment#await}. */
    boolean until(BooleanSupplier done, long nanos) throws InterruptedException {
        if (done.getAsBoolean()) {
            return true;
        }
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (nanos <= 0) {
            return false;
        }
        agenda.refuseToWaitInTimer();
        Agenda.Wake end = nanos == Long.MAX_VALUE
                ? null
                : agenda.addWake(Thread.currentThread(), Math.min(nanos, LONGEST), participants);
        BooleanSupplier over = () -> done.getAsBoolean() || (end != null && end.isOver());
        try {
            for (int looks = 0; participants.waits(over); looks++) {
                if (Thread.currentThread().isInterrupted()) {
                    // While it counts as one that waits, only its flag says that it does not.
                    participants.goesOn();
                    Thread.interrupted();
                    throw new InterruptedException();
                }
                long before = agenda.now();
                if (!moveOn(() -> over.getAsBoolean() || Thread.currentThread().isInterrupted())) {
                    participants.rest(LOOK_MILLIS * 1_000_000L);
                }
                looks = participants.isKnown() || agenda.now() != before ? 0 : looks;
                if (looks * LOOK_MILLIS > PATIENCE_MILLIS) {
                    throw stranger();
                }
            }
            return done.getAsBoolean();
        } finally {
            if (end != null) {
                agenda.remove(end);
            }
            participants.goesOn();
        }
    }

    /** Until a future is done, also while the thread is interrupted. */
    void until(Future<?> future) {
        agenda.refuseToWaitInTimer();
        try {
            for (int looks = 0; participants.waits(future::isDone); looks++) {
                if (moveOn(future::isDone)) {
                    looks = 0;
                } else {
                    participants.pause(LOOK_MILLIS * 1_000_000L);
                    looks = participants.allOthersRest() ? looks : 0;
                }
                if (looks * LOOK_MILLIS > PATIENCE_OF_JOIN_MILLIS) {
                    throw !participants.isKnown()
                            ? stranger()
                            : new IllegalStateException(
                                    "future: not complete, and no timer is left (expected: one or the other)");
                }
            }
        } finally {
            participants.goesOn();
        }
    }

    private static IllegalStateException stranger() {
        return new IllegalStateException("VirtualTime: nobody moves the clock for " + Thread.currentThread()
                + ", which it does not know (expected: a thread of VirtualTime.threads(), or the one that created it)");
    }

    /** Moves the clock to what comes next, if the current thread may, and lets that happen. */
    private boolean moveOn(BooleanSupplier over) {
        Agenda.Entry next = participants.moveOn(over);
        if (next != null) {
            agenda.happen(next);
        }
        return next != null;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** What the thread of a blocking call waits for: a turn, a delay, or a stage. */
final class BlockingWait {
    private BlockingWait() {}

    /**
     * Waits before an attempt.
     *
     * @throws UnavailableException if the environment is closed
     */
    static void delay(Loop<?> loop, long nanos, @Nullable OwnWait own) throws InterruptedException {
        await(loop, () -> false, nanos, nanos == 0 ? null : own);
    }

    /** Waits for a turn: the stamp that it gave, or {@link Gate#REFUSED}. */
    static long turn(Gate gate, Turn turn, long now, @Nullable OwnWait own, @Nullable Call call) throws Throwable {
        Thread caller = Thread.currentThread();
        turn.onDecision(() -> gate.environment().wake(caller));
        try {
            long left = Inherited.isUsed() && !turn.isWork() ? Inherited.nanosLeft(gate.environment()) : Loop.NO_LIMIT;
            await(gate, turn::isDecided, Math.min(left, turn.nanos()), own);
            if (left < turn.nanos() && !turn.isDecided()) {
                throw UnavailableException.noTimeLeft(gate.name());
            }
            return turn.close();
        } catch (Throwable thrown) {
            gate.giveUp(turn, now, call);
            throw Failures.cutShort(gate, thrown, null);
        }
    }

    private static void await(Policy<?> policy, BooleanSupplier done, long nanos, @Nullable OwnWait own)
            throws InterruptedException {
        if (own == null) {
            until(policy, done, nanos);
            return;
        }
        own.begins();
        try {
            until(policy, done, nanos);
        } finally {
            own.ends();
        }
    }

    /** Waits as the environment has it, but not beyond its end. */
    static void until(Policy<?> policy, BooleanSupplier done, long nanos) throws InterruptedException {
        Environment environment = policy.environment();
        if (environment == SystemEnvironment.SHARED) {
            environment.await(done, nanos);
            return;
        }
        Thread caller = Thread.currentThread();
        Subscription closing = environment.onClose(() -> environment.wake(caller));
        try {
            environment.await(() -> done.getAsBoolean() || environment.isClosed(), nanos);
        } catch (InterruptedException interrupt) {
            throw interrupt;
        } catch (Throwable broken) {
            throw UnavailableException.noTimer(policy.name(), broken);
        } finally {
            closing.cancel();
        }
        if (environment.isClosed() && !done.getAsBoolean()) {
            throw UnavailableException.closed(policy.name());
        }
    }
}

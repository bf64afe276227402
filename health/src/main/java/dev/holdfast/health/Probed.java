// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Environment;
import dev.holdfast.Readiness.State;
import dev.holdfast.internal.Names;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One node that is asked.
 *
 * <pre>
 *   UNKNOWN ── a success ──▶ UP ◀── rise successes in a row ── DOWN
 *      │                      └─── fall failures in a row ──────▲
 *      └────────────────────────── fall failures in a row ──────┘
 *
 *   a round:  due ──▶ the check starts, unless the last one still runs ── an answer, or the time is up ──▶ decided ──▶ due, an interval
 *             never begun when the time is up: not counted                what comes later is dropped           after the last time
 * </pre>
 *
 * <p>Longer than most files: the whole way of a round is here.
 *
 * @param <T> what the node is
 */
final class Probed<T> extends Watched<T> {
    private final Probes<T> probes;
    private final ProbesBuilder<T> settings;
    private final Environment environment;
    private final String name;

    // ---- Under the lock ---------------------------------------------------------------------------------------------

    private State state = State.UNKNOWN;
    private int failures;
    private int successes;
    /** The number of the round, and whether it waits for an answer. */
    private long round;

    private boolean undecided;
    private long started;
    /** The clock could not be read when the round began. */
    private boolean isUntimed;
    /** The timer has taken no task, so nothing is under way. */
    private boolean isUnarmed;
    /** The round whose check has been sent off and has not ended, this one or one before; 0 for none. */
    private long underWay;

    private @Nullable BooleanSupplier takeBack;
    private @Nullable Runnable giveUp;
    private Environment.@Nullable Timer next;
    private Environment.@Nullable Timer limit;

    Probed(T target, Probes<T> probes, ProbesBuilder<T> settings, Followers<T> followers) {
        super(target, followers);
        this.probes = probes;
        this.settings = settings;
        this.environment = settings.environment;
        this.name = nameOf(target);
    }

    /** Whether it is asked no more, and the next that is equal to it is another one. */
    boolean isOver() {
        lock.lock();
        try {
            return isGone();
        } finally {
            lock.unlock();
        }
    }

    /** Whether nobody asks it because the timer took no task. True for one who asks for this, who has to ask it anew. */
    boolean isForgottenByTheTimer() {
        lock.lock();
        try {
            boolean is = isUnarmed && !isGone();
            isUnarmed = false;
            return is;
        } finally {
            lock.unlock();
        }
    }

    State state() {
        lock.lock();
        try {
            return state;
        } finally {
            lock.unlock();
        }
    }

    boolean hangs() {
        lock.lock();
        try {
            return underWay != 0 && !undecided;
        } finally {
            lock.unlock();
        }
    }

    // ---- A round ----------------------------------------------------------------------------------------------------

    /** Asks it after so long; for the first time or again. */
    void askIn(long nanos) {
        Environment.Timer made;
        try {
            made = environment.schedule(this::due, nanos);
        } catch (Throwable refused) {
            isUnarmed();
            probes.noTimer(refused);
            return;
        }
        lock.lock();
        try {
            if (!isGone()) {
                next = made;
                return;
            }
        } finally {
            lock.unlock();
        }
        made.cancel();
    }

    private void isUnarmed() {
        lock.lock();
        try {
            isUnarmed = true;
        } finally {
            lock.unlock();
        }
    }

    private void due() {
        long mine;
        boolean starts;
        boolean isTimed;
        lock.lock();
        try {
            if (isGone()) {
                return;
            }
            mine = ++round;
            undecided = true;
            isTimed = readsTheClock();
            starts = underWay == 0;
            underWay = starts ? mine : underWay;
        } finally {
            lock.unlock();
        }
        if (!isTimed || !limit(mine)) {
            noAnswer(mine, starts);
        } else if (starts && settings.asynchronous) {
            startStageElsewhere(mine);
        } else if (starts) {
            startWork(mine);
        }
    }

    /** Under the lock. */
    private boolean readsTheClock() {
        isUntimed = true;
        try {
            started = environment.nanoTime();
            isUntimed = false;
        } catch (Throwable none) {
            // An environment that is broken for a moment. That is no reason never to ask again.
        }
        return !isUntimed;
    }

    private boolean limit(long mine) {
        Environment.Timer made;
        try {
            made = environment.schedule(() -> timeIsUp(mine), settings.timeoutNanos);
        } catch (Throwable refused) {
            probes.noTimer(refused);
            return false;
        }
        lock.lock();
        try {
            if (round == mine && undecided && !isGone()) {
                limit = made;
                return true;
            }
        } finally {
            lock.unlock();
        }
        made.cancel();
        return true;
    }

    private void startWork(long mine) {
        Run run = Run.of(environment, () -> settings.check(target), thrown -> ended(mine, thrown));
        canBeGivenUp(run::takeBack, run::interrupt);
        try {
            run.start(probes.threads());
        } catch (Throwable refused) {
            noAnswer(mine, true);
        }
    }

    private void startStageElsewhere(long mine) {
        AtomicBoolean isTaken = new AtomicBoolean();
        canBeGivenUp(() -> isTaken.compareAndSet(false, true), () -> isTaken.set(true));
        Told.handOver(environment, () -> {
            if (isTaken.compareAndSet(false, true)) {
                startStage(mine);
            }
        });
    }

    private void startStage(long mine) {
        CompletionStage<?> stage;
        try {
            stage = settings.ask(target);
            canBeGivenUp(() -> false, () -> cancel(stage));
            // What completes it may be anybody's thread, which is not to be held up by those who are told.
            stage.whenComplete((any, thrown) -> Told.handOver(environment, () -> ended(mine, thrown)));
        } catch (Throwable thrown) {
            ended(mine, thrown);
        }
    }

    private static void cancel(CompletionStage<?> stage) {
        try {
            stage.toCompletableFuture().cancel(true);
        } catch (RuntimeException cannot) {
            // Then it goes on, as a check does that hears no interrupt.
        }
    }

    /**
     * How the check that is under way is given up.
     *
     * @param unlessBegun whether it had not begun, and never will now
     * @param by if it has
     */
    private void canBeGivenUp(BooleanSupplier unlessBegun, Runnable by) {
        boolean isTooLate;
        lock.lock();
        try {
            takeBack = unlessBegun;
            giveUp = by;
            isTooLate = isGone();
        } finally {
            lock.unlock();
        }
        if (isTooLate) {
            by.run();
        }
    }

    /** Under the lock. One that was taken back may be run late, when the next is under way. */
    private void ends(long mine) {
        if (underWay == mine) {
            underWay = 0;
            takeBack = null;
            giveUp = null;
        }
    }

    /** The check has ended, on a thread that may tell. */
    private void ended(long mine, @Nullable Throwable thrown) {
        lock.lock();
        try {
            ends(mine);
        } finally {
            lock.unlock();
        }
        decided(mine, thrown, thrown == null ? null : Names.shown(thrown), false);
    }

    private void timeIsUp(long mine) {
        BooleanSupplier unlessBegun;
        Runnable by;
        lock.lock();
        try {
            if (round != mine || !undecided || isGone()) {
                return;
            }
            unlessBegun = takeBack;
            by = giveUp;
        } finally {
            lock.unlock();
        }
        if (unlessBegun != null && unlessBegun.getAsBoolean()) {
            noAnswer(mine, true);
            return;
        }
        decided(mine, null, "no answer in time", true);
        if (by != null) {
            // A future's cancellation runs what hangs on it.
            Told.handOver(environment, by);
        }
    }

    /** Nobody was asked. That this process has no thread, no timer, or no clock, says nothing of the node. */
    private void noAnswer(long mine, boolean hasEnded) {
        probes.missed();
        lock.lock();
        try {
            if (hasEnded) {
                ends(mine);
            }
            if (round != mine || !undecided) {
                return;
            }
            undecided = false;
        } finally {
            lock.unlock();
        }
        goOn();
    }

    /**
     * A round has an answer, if it had none.
     *
     * @param why it failed; {@code null} if it did not
     * @param isOnTimer whether this is the timer's thread
     */
    private void decided(long mine, @Nullable Throwable thrown, @Nullable String why, boolean isOnTimer) {
        lock.lock();
        try {
            if (round != mine || !undecided || isGone()) {
                return;
            }
            undecided = false;
            if (why == null) {
                succeeded();
            } else {
                failed(why, thrown);
            }
        } finally {
            lock.unlock();
        }
        goOn();
        if (isOnTimer) {
            Told.handOver(environment, probes::tell);
        } else {
            probes.tell();
        }
    }

    private void succeeded() {
        probes.succeeded();
        failures = 0;
        successes = Math.min(successes + 1, settings.rise);
        if (state == State.UNKNOWN) {
            state = State.UP;
        } else if (state == State.DOWN && successes >= settings.rise) {
            state = State.UP;
            becomes(true, inARow(successes) + " succeeded");
        }
    }

    private void failed(String why, @Nullable Throwable thrown) {
        successes = 0;
        failures = failures == Integer.MAX_VALUE ? failures : failures + 1;
        probes.failed(name, failures, thrown);
        if (state != State.DOWN && failures >= settings.fall) {
            state = State.DOWN;
            becomes(false, inARow(failures) + " failed, at last: " + why);
        }
    }

    private static String inARow(int probes) {
        return probes == 1 ? "a probe" : probes + " probes in a row";
    }

    private void goOn() {
        long wait;
        Environment.Timer former;
        lock.lock();
        try {
            boolean isWell = state == State.UP && failures == 0;
            long interval = probes.spread(isWell ? settings.everyNanos : settings.fastNanos);
            wait = isUntimed ? interval : untilItIsOver(interval);
            former = limit;
            limit = null;
        } finally {
            lock.unlock();
        }
        if (former != null) {
            former.cancel();
        }
        askIn(wait);
    }

    /** Under the lock: the rest of an interval, all of it if the clock cannot be read. */
    private long untilItIsOver(long interval) {
        try {
            return Math.max(0, interval - Math.max(0, environment.nanoTime() - started));
        } catch (Throwable none) {
            return interval;
        }
    }

    // ---- The end ----------------------------------------------------------------------------------------------------

    /**
     * It is asked no more. The check that runs is told to end.
     *
     * @param why as for {@link #goes}
     */
    void end(@Nullable String why) {
        Environment.Timer first;
        Environment.Timer second;
        Runnable by;
        lock.lock();
        try {
            goes(why);
            first = next;
            second = limit;
            by = giveUp;
        } finally {
            lock.unlock();
        }
        if (first != null) {
            first.cancel();
        }
        if (second != null) {
            second.cancel();
        }
        if (by != null) {
            by.run();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * An attempt of a blocking race on another thread than the caller's.
 *
 * <pre>
 *   UNDER WAY to the executor ── arrives ──▶ runs ──▶ ended, or called off and late
 *       ├──── called off ──────▶ never starts
 *       └──── refused or lost, or its thread is taken back ─▶ not started
 * </pre>
 */
final class ExtraAttempt extends Delivery {
    private static final long serialVersionUID = 1L;
    private final int number;
    private final transient Chain whole;
    /** {@code null} when it will not run: the executor may keep it for long. */
    private transient volatile @Nullable BlockingRace race;

    private final transient @Nullable Lease<?> lease;
    private transient Environment.Errand errand = Environment.Errand.UNNOTICED;
    private transient volatile @Nullable LaneScope running;

    ExtraAttempt(BlockingRace race, int number, Chain whole, @Nullable Lease<?> lease) {
        this.race = race;
        this.number = number;
        this.whole = whole;
        this.lease = lease;
    }

    void start() {
        BlockingRace of = race;
        if (of == null) {
            // Called off before it has started.
            return;
        }
        try {
            errand = of.chain.environment.errand();
            send(of.executor(), errand);
            if (race == null) {
                // Called off meanwhile, when there was no errand to be ended.
                errand.ended();
            }
        } catch (Throwable thrown) {
            // What it throws after it has run the attempt is too late to matter.
            if (take()) {
                notStarted(of, thrown);
            }
        }
    }

    private void notStarted(BlockingRace of, Throwable why) {
        errand.ended();
        of.contest.goesOut();
        of.contest.notStarted(number, why);
    }

    @Override
    void lost() {
        notStarted(Require.nonNull(race, "race"), new RejectedExecutionException("the executor has lost the task"));
    }

    @Override
    void arrived() {
        BlockingRace of = Require.nonNull(race, "race");
        LaneScope scope = of.newScope();
        scope.begin();
        running = scope;
        errand.begins();
        Throwable broken = null;
        if (!of.isWanted(number) || of.isOver()) {
            broken = new GivenUp();
        } else {
            broken = of.tryWithin(() -> run(of, scope));
        }
        if (broken != null) {
            scope.end(broken);
            of.contest.goesOut();
            of.contest.notStarted(number, broken);
        }
        errand.ended();
    }

    private void run(BlockingRace of, LaneScope scope) {
        // It took a while to get here.
        boolean isWanted = of.isWanted(number);
        Frame frame = null;
        Object value = null;
        Throwable failure = null;
        try {
            if (!isWanted) {
                throw new GivenUp();
            }
            frame = of.newFrame(whole, number, lease);
            value = of.attempt(number, whole, lease, frame);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        boolean interrupted = scope.end(failure) && failure instanceof InterruptedException;
        // First: where the race is decided by this, its caller waits for nobody.
        of.goesOut(frame);
        if (!isWanted) {
            of.contest.notStarted(number, Require.nonNull(failure, "failure"));
        } else if (interrupted && of.givesCallerItsInterrupt()) {
            of.contest.abandon();
        } else if (interrupted) {
            // Not by the race: its executor wants the thread back, which is nothing that the caller was told.
            of.contest.cutShort(number, Require.nonNull(failure, "failure"));
        } else {
            of.contest.ended(number, value, failure);
        }
    }

    /**
     * The caller has nothing to do, and this has no thread yet, or never gets one: an executor may keep it, or drop it without a word.
     *
     * @return whether the caller has to run it
     */
    boolean comesBack() {
        BlockingRace of = race;
        if (of == null || !take()) {
            return false;
        }
        race = null;
        errand.ended();
        of.contest.goesOut();
        return true;
    }

    /** Nobody needs it any more. */
    void callOff() {
        BlockingRace of = race;
        if (of != null && take()) {
            race = null;
            errand.ended();
            of.contest.goesOut();
            of.contest.neverStarts(number);
            return;
        }
        LaneScope scope = running;
        if (scope != null) {
            scope.callOff();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * An attempt of a blocking race on another thread than the caller's.
 *
 * <pre>
 *   UNDER WAY to the executor ── arrives ──▶ runs ──▶ ended, or called off and late
 *       ├──── called off ──────▶ never starts
 *       └──── refused or lost ─▶ not started
 * </pre>
 */
final class ExtraAttempt extends Delivery {
    private static final long serialVersionUID = 1L;

    private final transient BlockingRace race;
    private final int number;
    private final transient Chain whole;
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
        try {
            errand = race.chain.environment.errand();
            send(race.executor(), errand);
        } catch (Throwable thrown) {
            // What it throws after it has run the attempt is too late to matter.
            if (take()) {
                notStarted(thrown);
            }
        }
    }

    private void notStarted(Throwable why) {
        errand.ended();
        race.contest.notStarted(number, why);
        race.goesOut();
    }

    @Override
    void lost() {
        notStarted(new RejectedExecutionException("the executor has lost the task"));
    }

    @Override
    void arrived() {
        LaneScope scope = race.newScope();
        scope.begin();
        running = scope;
        if (race.contest.stateOf(number) != Lanes.UNDER_WAY) {
            scope.callOff();
        }
        errand.begins();
        UnavailableException broken = race.tryWithin(() -> run(scope));
        if (broken != null) {
            scope.end(broken);
            race.contest.ended(number, null, broken);
        }
        errand.ended();
        race.goesOut();
    }

    private void run(LaneScope scope) {
        Object value = null;
        Throwable failure = null;
        try {
            value = race.attempt(whole, number, lease);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        scope.end(failure);
        race.contest.ended(number, value, failure);
    }

    /** Nobody needs it any more. */
    void callOff() {
        if (take()) {
            errand.ended();
            race.goesOut();
            return;
        }
        LaneScope scope = running;
        if (scope != null) {
            scope.callOff();
        }
    }
}

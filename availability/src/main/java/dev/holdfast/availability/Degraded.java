// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Evidence with answers from elsewhere apart. Who counts the calls takes such an answer for a good one, or for a bad one where it was slow.
 * For one thread at a time.
 *
 * <p>Both totals are read one after the other, while they grow, and either may begin anew. So each is a difference of its own: an answer that
 * is known before its call has ended waits for that.
 */
final class Degraded implements Supplier<Evidence> {
    private final Supplier<Evidence> calls;
    private final LongSupplier answers;
    private Evidence lastCalls;
    private long lastAnswers;
    /** Answers whose calls have not ended yet. */
    private long waiting;

    private Evidence total;

    Degraded(Supplier<Evidence> calls, LongSupplier answers) {
        this.calls = calls;
        this.answers = answers;
        this.lastAnswers = answers.getAsLong();
        this.lastCalls = calls.get();
        this.total = lastCalls;
    }

    @Override
    public Evidence get() {
        Evidence now = calls.get();
        // After the calls: an answer that is missed here would make its call look good for ever.
        long answered = answers.getAsLong();
        Evidence came = now.since(lastCalls);
        if (now.begun() > 0) {
            // A call that was given up will never end as good or bad.
            waiting = Math.min(waiting, came.ended() + now.underWay());
        }
        waiting += answered < lastAnswers ? answered : answered - lastAnswers;
        // Nobody knows which calls they were: as long as good ones are enough, no failure is hidden.
        long good = Math.min(came.good(), waiting);
        long slow = Math.min(came.bad(), waiting - good);
        waiting -= good + slow;
        lastCalls = now;
        lastAnswers = answered;
        total = new Evidence(
                total.good() + came.good() - good,
                total.degraded() + came.degraded() + good + slow,
                total.bad() + came.bad() - slow,
                total.asked() + came.asked(),
                now.begun(),
                now.ended(),
                total.ignored() + came.ignored());
        return total;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import org.jspecify.annotations.Nullable;

/**
 * What a pipeline says of its calls as a whole, whatever policies it consists of.
 *
 * @param ownsStages whether stages that the work gives may be cancelled when nobody waits for them any more
 * @param discards where results go that nobody gets
 * @param rules what each policy asks before its own classifier
 * @param nanos how long a call may take, or {@link Loop#NO_LIMIT}: see {@link Inherited}
 * @param detached whether calls have nothing to do with deadlines that they would inherit
 */
record Terms(
        boolean ownsStages,
        Discards discards,
        @Nullable Classifier<@Nullable Object> rules,
        long nanos,
        boolean detached) {
    static final Terms NONE = new Terms(true, Discards.NONE, null, Loop.NO_LIMIT, false);

    /** What two parts of a pipeline say, of which the second is {@code part}. */
    Terms and(Terms other, Policy<?> part) {
        if (discards != Discards.NONE && other.discards != Discards.NONE && !discards.isSame(other.discards)) {
            throw new IllegalArgumentException("discarding: set twice, the second time by " + part
                    + " (expected: once for a pipeline and all that is put into it)");
        }
        return new Terms(
                ownsStages && other.ownsStages,
                discards == Discards.NONE ? other.discards : discards,
                other.rules == null ? rules : rules == null ? other.rules : other.rules.with(rules),
                Math.min(nanos, other.nanos),
                detached || other.detached);
    }

    /** Whether it says something that would mean another thing of a part of a pipeline. */
    boolean isForWholeCalls() {
        return nanos != Loop.NO_LIMIT || detached;
    }

    Terms sharingStages() {
        return new Terms(false, discards, rules, nanos, detached);
    }

    Terms discardingTo(Discards to) {
        return new Terms(ownsStages, to, rules, nanos, detached);
    }

    Terms ruledBy(Classifier<@Nullable Object> first) {
        return new Terms(ownsStages, discards, rules == null ? first : rules.with(first), nanos, detached);
    }

    Terms within(long limit) {
        return new Terms(ownsStages, discards, rules, Math.min(nanos, limit), detached);
    }

    Terms detach() {
        return new Terms(ownsStages, discards, rules, nanos, true);
    }
}

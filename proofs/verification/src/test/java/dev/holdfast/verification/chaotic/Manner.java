// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

/**
 * What is said of a call beside its policies and its work: in which form it is made, how long it may take, what is a failure, and whether
 * somebody hears how it has ended. All times are milliseconds.
 */
record Manner(Form form, Bound bound, int limit, Rules rules, boolean told) {
    static final Manner PLAIN = new Manner(Form.PLAIN, Bound.NONE, 0, Rules.NONE, false);

    enum Form {
        PLAIN,
        /** The work wants its {@code Call}. */
        WITH_CALL,
        /** The work may throw an {@code InterruptedException}, and so may the call; of one that blocks and has a result. */
        INTERRUPTIBLE
    }

    /** Who says how long the call may take. */
    enum Bound {
        NONE,
        /** {@code pipeline.within}. */
        PIPELINE,
        /** {@code environment.within}. */
        ENVIRONMENT,
        /** {@code environment.within}, which the pipeline is detached from. */
        DETACHED
    }

    /** What the pipeline's own rules say; all but the first ask user code first, which never claims anything. */
    enum Rules {
        NONE,
        /** Nothing. */
        SILENT,
        /** What work throws says nothing. */
        IGNORE,
        /** What work throws is a success. */
        SUCCEED
    }

    /** Whether the limit counts for the call. */
    boolean isBound() {
        return bound == Bound.PIPELINE || bound == Bound.ENVIRONMENT;
    }

    long nanos() {
        return limit * 1_000_000L;
    }

    /** Whether nothing is said that only a pipeline knows. */
    boolean needsNoPipeline() {
        return rules == Rules.NONE && !told && (bound == Bound.NONE || bound == Bound.ENVIRONMENT);
    }

    Manner with(Form other) {
        return new Manner(other, bound, limit, rules, told);
    }

    Manner with(Bound other) {
        return new Manner(form, other, limit, rules, told);
    }

    Manner with(Rules other) {
        return new Manner(form, bound, limit, other, told);
    }

    Manner untold() {
        return new Manner(form, bound, limit, rules, false);
    }

    @Override
    public String toString() {
        return form
                + (bound == Bound.NONE ? "" : ", within " + limit + " of " + bound)
                + (rules == Rules.NONE ? "" : ", rules " + rules)
                + (told ? ", told" : "");
    }
}

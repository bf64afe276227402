// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

/** What an experiment came to. */
public enum Verdict {
    /** The hypothesis held before, during and after the faults, and what was seen during them shows it. */
    CONFIRMED("completed"),
    /** It did not hold during the faults, or not again within the time to recover. */
    REFUTED("completed"),
    /**
     * It was ended early, because it did too much harm, because a probe or something that it needs failed, or by somebody's word. Of the hypothesis
     * nothing is said.
     */
    ABORTED("aborted"),
    /** The hypothesis did not hold before, or there were too few calls to say so. Nothing was injected. */
    NOT_STEADY("failed"),
    /** Nothing was injected, or there were too few calls to say anything. */
    INCONCLUSIVE("completed"),
    /** It was running when the safety lever was engaged. */
    STOPPED("interrupted"),
    /** It could not begin: the safety lever was engaged, or another experiment had what it injects into. Nothing was injected. */
    CANCELLED("aborted");

    /** In the words of the Chaos Toolkit's journal. */
    final String status;

    Verdict(String status) {
        this.status = status;
    }
}

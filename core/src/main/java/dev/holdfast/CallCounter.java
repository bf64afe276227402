// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.atomic.LongAdder;

/** Striped, so that threads that count do not contend; whoever wants to know adds the stripes up. */
final class CallCounter {
    private final LongAdder successes = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder ignored = new LongAdder();
    private final LongAdder rejected = new LongAdder();
    private final LongAdder abandoned = new LongAdder();

    void ended(Ending ending) {
        // Not a switch, which would look the ending up in a table.
        if (ending == Ending.SUCCESS) {
            successes.increment();
        } else if (ending == Ending.FAILURE) {
            failures.increment();
        } else {
            ignored.increment();
        }
    }

    void rejected() {
        rejected.increment();
    }

    void abandoned() {
        abandoned.increment();
    }

    long successes() {
        return successes.sum();
    }

    long failures() {
        return failures.sum();
    }

    long ignored() {
        return ignored.sum();
    }

    long rejections() {
        return rejected.sum();
    }

    long abandonments() {
        return abandoned.sum();
    }

    CallCounts snapshot() {
        return new CallCounts(successes.sum(), failures.sum(), ignored.sum(), rejected.sum(), abandoned.sum());
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.internal.Require;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What can be injected. */
public enum Fault {
    /** The work is not done; the call fails with an exception of the user's making. */
    FAIL(0),
    /** The call waits, and goes on. */
    DELAY(1),
    /** The work is not done; the call has a result of the user's making. */
    RESULT(2),
    /** The call waits until its deadline, its cancellation, or the end of the experiment. */
    HANG(3),
    /** The work is done, and its result is lost: the call fails. */
    LOSE(4),
    /** The work is done, and the call gets another result. */
    ALTER(5),
    /** Something of the application's own is taken, held up or changed. */
    BURDEN(6);

    /** Of the length of a delay: see {@link #draw}. */
    static final int LENGTH = 100;

    /** Which of a call's draws decides on it. Stays as it is: the same seed is to have the same faults in later versions. */
    final int draw;

    Fault(int draw) {
        this.draw = draw;
    }

    /** One count for each kind. */
    static Map<Fault, LongAdder> counts() {
        Map<Fault, LongAdder> counts = new EnumMap<>(Fault.class);
        for (Fault fault : values()) {
            counts.put(fault, new LongAdder());
        }
        return counts;
    }

    static LongAdder in(Map<Fault, LongAdder> counts, Fault fault) {
        return Require.nonNull(counts.get(fault), "count");
    }

    /** As meters have it. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}

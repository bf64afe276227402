// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Call;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Which calls faults are for. */
record Aim(
        @Nullable Predicate<? super Call> only,
        @Nullable Function<? super Call, ? extends @Nullable Object> sticky,
        int every) {
    /** {@link #number}: it is not for this call. */
    static final long NONE = -1;

    /** Whether it cannot do without the context of calls. */
    boolean looksAtCalls(Terms terms) {
        return only != null || sticky != null || terms.control() != null;
    }

    /**
     * By which number a call draws, from 0 up, or {@link #NONE}; counts the call.
     *
     * @param call {@code null} if it was under way when the faults were armed, or if nobody looks at calls
     */
    long number(Armed by, @Nullable Call call) {
        Object key = looksAtCalls(by.terms) ? keyOf(by.terms, call) : by;
        if (key == null) {
            by.passedBy();
            return NONE;
        }
        return number(by.next(), key);
    }

    /** The same for a call that was counted before, and draws once more, by another number. */
    long another(Armed by, @Nullable Call call) {
        Object key = looksAtCalls(by.terms) ? keyOf(by.terms, call) : by;
        return key == null ? NONE : number(by.nextAgain(), key);
    }

    private long number(long number, Object key) {
        if (every > 1 && (number + 1) % every != 0) {
            return NONE;
        }
        return sticky == null ? number : Draws.mix(key.hashCode()) >>> 1;
    }

    /** What a call is told apart by; the call itself where nothing is said; {@code null} if it is not meant. */
    private @Nullable Object keyOf(Terms terms, @Nullable Call call) {
        if (call == null || (only != null && !only.test(call))) {
            return null;
        }
        Terms.Control control = terms.control();
        if (control != null && !Boolean.FALSE.equals(control.has(call))) {
            return null;
        }
        return sticky == null ? call : sticky.apply(call);
    }
}

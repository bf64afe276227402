// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import org.jspecify.annotations.Nullable;

/**
 * What one probe has shown in one run, since a beginning that is set anew for each phase. {@link #read} runs user code and is called by one thread at
 * a time; all else is guarded by the run's lock.
 */
abstract class Watch {
    /** Asks the probe; changes nothing but what {@link #take} takes. */
    abstract void read();

    /** Makes what was read count. */
    abstract void take(long now);

    /** From now on only what comes counts. */
    abstract void begin();

    abstract Probe probe();

    /** What it is, for people. */
    abstract String words();

    /** Why the hypothesis does not hold now, or {@code null}: for what counts reading by reading. */
    abstract @Nullable String offence(long now);

    /** Why the hypothesis is not held by what was seen since the beginning, or {@code null}. */
    abstract @Nullable String doubt();

    /** Whether what was seen since the beginning says too little, so that more could still tell. */
    abstract boolean needsMore();

    /** The last reading, for charts: a share of good calls since the reading before, or a value. */
    abstract double last();
}

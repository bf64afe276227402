// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

/** A wait for the delay before a loop's next attempt, which begins on a thread that is there for it. */
final class DelayWait extends AsyncWait {
    private final int level;
    private final Loop<?> loop;
    private final long nanos;

    DelayWait(AsyncEngine<?> engine, int level, Loop<?> loop, long nanos) {
        super(engine);
        this.level = level;
        this.loop = loop;
        this.nanos = nanos;
    }

    @Override
    boolean isOwn() {
        return nanos > 0;
    }

    @Override
    void setUp(AsyncEngine<?> of) {
        if (nanos == 0) {
            // An executor that runs it here would keep the caller from its future for as long as attempts fail.
            HandOver.away(of.chain.environment, this);
        } else {
            setTimer(of, loop, nanos);
        }
    }

    @Override
    void takeOver(AsyncEngine<?> of) {
        AsyncLoops.delayed(of, level, null);
    }

    /** Not an attempt's failure, which would be repeated. */
    @Override
    void breakOff(AsyncEngine<?> of, Throwable thrown) {
        AsyncLoops.delayUndone(of, level);
        AsyncLoops.delayed(of, level, thrown);
    }

    @Override
    void undo(AsyncEngine<?> of, boolean interrupts) {
        AsyncLoops.delayUndone(of, level);
    }
}

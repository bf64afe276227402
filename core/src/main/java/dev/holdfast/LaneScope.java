// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** Ends one attempt of a race on the thread that runs it, which knows the deadlines of the call. */
class LaneScope extends Interruption {
    private static final long serialVersionUID = 1L;

    private final transient @Nullable Environment clock;
    /** A reading of that clock. */
    private final long until;

    /** For an attempt on its caller's thread, whose deadlines are around it anyhow. */
    LaneScope() {
        this.clock = null;
        this.until = 0;
    }

    /** For an attempt on another thread. */
    LaneScope(Environment clock, long until) {
        this.clock = clock;
        this.until = until;
    }

    @Override
    final boolean isLimit(Environment environment) {
        return clock == environment;
    }

    @Override
    final long nanosLeft(Environment environment, long now) {
        return isLimit(environment) ? Math.max(0, until - now) : Loop.NO_LIMIT;
    }

    /** Calls the attempt off. */
    final void callOff() {
        interrupt();
        abandonHooks();
    }

    /** Runs the work of an attempt. What it throws because the attempt was called off says nothing about the dependency. */
    static @Nullable Object run(int shape, Object work, @Nullable Object a, @Nullable Object b, @Nullable Frame frame)
            throws Throwable {
        try {
            return Work.run(shape, work, a, b, frame);
        } catch (InterruptedException | CancellationException cut) {
            throw cut;
        } catch (Throwable thrown) {
            throw isCalledOff() ? Failures.replacing(thrown, new GivenUp()) : thrown;
        }
    }

    private static boolean isCalledOff() {
        for (Interruption each = Interruptions.innermost(); each != null; each = each.outer) {
            if (each instanceof LaneScope lane) {
                return lane.hasEndedWork();
            }
        }
        return false;
    }
}

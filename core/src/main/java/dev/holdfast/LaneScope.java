// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** Ends one attempt of a race on the thread that runs it. */
class LaneScope extends BoundedInterruption {
    private static final long serialVersionUID = 1L;

    /** For an attempt on its caller's thread, whose deadlines are around it anyhow. */
    LaneScope() {
        super(null, 0);
    }

    /** For an attempt on another thread. */
    LaneScope(@Nullable Environment clock, long until) {
        super(clock, until);
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
            return Work.run(shape, NotedWork.begins(work), a, b, frame);
        } catch (InterruptedException | CancellationException cut) {
            throw cut;
        } catch (Throwable thrown) {
            throw isCalledOff() ? Failures.replacing(thrown, new GivenUp()) : thrown;
        }
    }

    private static boolean isCalledOff() {
        for (Interruption each = Interruptions.innermost(); each != null; each = each.outer) {
            // Also where a part of the attempt runs elsewhere, and an attempt of a race around this one.
            if (each instanceof BoundedInterruption && each.hasEndedWork()) {
                return true;
            }
        }
        return false;
    }
}

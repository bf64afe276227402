// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Environment;
import java.util.HashMap;
import java.util.Map;

/**
 * Real time, counted in looks: moments in which somebody looked at what the threads of a virtual clock do. What takes long on a busy
 * machine, or while the whole process stands still, is not taken for rest. Used under the lock of the {@link Participants}.
 */
final class Looks {
    /** The shortest time between two looks. */
    static final long LOOK_NANOS = 1_000_000;

    /** For how many looks a thread must wait for another until it counts as one that waits. */
    private static final long LOOKS_AT_REST = 20;
    /** For how many looks it must still do so after another one has done something that may have let it go on. */
    private static final long LOOKS_AFTER_ACTIVITY = 3;

    private long looks;
    private long lastLook = realTime();
    /** At which look one of them last did something that may let another go on. */
    private long lastActivity;
    /** At which look each of those that run was first seen waiting for another thread. */
    private final Map<Thread, Long> resting = new HashMap<>();

    static long realTime() {
        return Environment.system().nanoTime();
    }

    /** The number of this look. */
    private long look() {
        long now = realTime();
        if (now - lastLook >= LOOK_NANOS) {
            lastLook = now;
            looks++;
        }
        return looks;
    }

    /** One of them does something that may let another go on; gives the number of this look. */
    long active() {
        lastActivity = look();
        return lastActivity;
    }

    /** Whether there have been so many since, and some since one of them last did something. */
    boolean haveLasted(long since, long count) {
        long now = look();
        return now - since > count && now - lastActivity > LOOKS_AFTER_ACTIVITY;
    }

    /** Whether a thread has waited for another one for so long that it is going to go on only when that lets it. */
    boolean restsForAnother(Thread thread) {
        if (!waitsForAnother(thread)) {
            resting.remove(thread);
            return false;
        }
        return haveLasted(resting.computeIfAbsent(thread, first -> look()), LOOKS_AT_REST);
    }

    /** A thread begins something else, or is gone. */
    void forget(Thread thread) {
        resting.remove(thread);
    }

    private boolean waitsForAnother(Thread thread) {
        Thread.State state = thread.getState();
        if (state != Thread.State.TIMED_WAITING || resting.containsKey(thread)) {
            return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
        }
        // With a time limit, as a test that waits for a result: but who only sleeps is going to go on by himself.
        for (StackTraceElement frame : thread.getStackTrace()) {
            if (frame.getClassName().equals(Thread.class.getName())
                    && frame.getMethodName().startsWith("sleep")) {
                return false;
            }
        }
        return true;
    }
}

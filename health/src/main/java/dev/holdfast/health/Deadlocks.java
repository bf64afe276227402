// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Event;
import dev.holdfast.Readiness.Condition;
import dev.holdfast.Readiness.State;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Collectors;

/** Asks the machine for threads that wait for each other. */
final class Deadlocks implements LiveCheck {
    private static final int NAMED = 5;

    @Override
    public Condition liveness() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long[] found = threads.findDeadlockedThreads();
        if (found == null || found.length == 0) {
            return Condition.UP;
        }
        String names = Arrays.stream(threads.getThreadInfo(found))
                .filter(Objects::nonNull)
                .limit(NAMED)
                .map(ThreadInfo::getThreadName)
                .map(Event::quoted)
                .collect(Collectors.joining(", "));
        return new Condition(State.DOWN, "a deadlock of " + found.length + " threads: " + names);
    }

    @Override
    public String toString() {
        return "LiveCheck[no deadlock]";
    }
}

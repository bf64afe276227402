// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import java.util.Set;
import java.util.stream.Collectors;

/** Threads of a name that were not there before: those of one test. */
final class OwnThreads {
    private final String prefix;
    private final Set<Thread> before;

    OwnThreads(String prefix) {
        this.prefix = prefix;
        this.before = all();
    }

    private Set<Thread> all() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(prefix))
                .collect(Collectors.toSet());
    }

    Set<Thread> now() {
        Set<Thread> now = all();
        now.removeAll(before);
        return now;
    }

    /** For the timeout of the test at most. */
    void awaitNone() throws InterruptedException {
        while (!now().isEmpty()) {
            Thread.sleep(5);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

/** The same, where the value can only be bound while something runs, as scoped values can. */
class ScopedContextInCallsTest extends ThreadContextInCallsTest {
    @Override
    ThreadContext contextOf(ThreadLocal<String> local) {
        return () -> {
            String captured = local.get();
            return ThreadContext.Snapshot.running(task -> {
                String before = local.get();
                bind(local, captured);
                try {
                    task.run();
                } finally {
                    bind(local, before);
                }
            });
        };
    }

    private static void bind(ThreadLocal<String> local, String value) {
        if (value == null) {
            local.remove();
        } else {
            local.set(value);
        }
    }
}

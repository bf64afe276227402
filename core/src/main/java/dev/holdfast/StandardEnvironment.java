// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The environment of policies whose builders are not told one: see {@link Environment#standard()}.
 *
 * <pre>
 *   unset ── set(environment) ─▶ that one, for good ◀── set(another) is refused
 *     └───── asked for ────────▶ the system's, for good ◀── set(any) is refused, and says who has asked first
 * </pre>
 */
final class StandardEnvironment {
    /** That of this process. */
    static final StandardEnvironment OF_PROCESS = new StandardEnvironment();

    private final AtomicReference<@Nullable Choice> choice = new AtomicReference<>();

    @SuppressWarnings("ThreadLocalUsage") // There is one of these in a process, but for tests.
    private final ThreadLocal<@Nullable Environment> whileBuilding = new ThreadLocal<>();

    /** What was chosen, and where. */
    private record Choice(Environment environment, Throwable where) {}

    Environment get() {
        Environment here = whileBuilding.get();
        if (here != null) {
            return here;
        }
        Choice chosen = choice.get();
        if (chosen == null) {
            choice.compareAndSet(
                    null, new Choice(Environment.system(), new IllegalStateException("a policy was built here")));
            return get();
        }
        return chosen.environment;
    }

    void set(Environment environment) {
        Choice chosen = new Choice(environment, new IllegalStateException("the standard environment was set here"));
        if (!choice.compareAndSet(null, chosen)) {
            Choice there = choice.get();
            Throwable where = there == null ? null : there.where;
            throw new IllegalStateException(
                    "standard environment: set when it was in use already (expected: once, before the first policy is built); "
                            + "the cause shows where it came into use",
                    where);
        }
    }

    <T extends @Nullable Object> T whileBuilding(Environment environment, Supplier<? extends T> building) {
        Environment before = whileBuilding.get();
        whileBuilding.set(environment);
        try {
            return building.get();
        } finally {
            if (before == null) {
                whileBuilding.remove();
            } else {
                whileBuilding.set(before);
            }
        }
    }
}

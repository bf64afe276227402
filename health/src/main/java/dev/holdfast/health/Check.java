// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Environment;
import dev.holdfast.Readiness;
import dev.holdfast.Readiness.Condition;
import dev.holdfast.Readiness.State;
import dev.holdfast.internal.Names;
import dev.holdfast.internal.Require;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One check of a {@link Health}.
 *
 * <pre>
 *   free ── start() ──▶ runs, on a thread of its own ── ends ──▶ free
 *                        └ start(): not a second time, and it is down
 * </pre>
 */
final class Check {
    final String name;
    final boolean decides;
    private final Readiness check;
    /** Once up, it is not asked again. */
    private final boolean staysUp;

    private final AtomicBoolean runs = new AtomicBoolean();
    private final AtomicReference<@Nullable Run> run = new AtomicReference<>();
    private volatile boolean wasUp;

    Check(String name, Readiness check, boolean decides, boolean staysUp) {
        this.name = Require.name(name);
        this.check = Require.nonNull(check, "check");
        this.decides = decides;
        this.staysUp = staysUp;
    }

    /**
     * Asks it.
     *
     * @param threads {@code null}: on this thread, because it answers at once
     * @param found is told what it found, once
     * @return what runs, if anything does
     */
    @Nullable Run start(Environment environment, @Nullable Executor threads, Consumer<Condition> found) {
        if (wasUp) {
            found.accept(Condition.UP);
            return null;
        }
        if (threads == null) {
            found.accept(look());
            return null;
        }
        if (!runs.compareAndSet(false, true)) {
            found.accept(new Condition(State.DOWN, "its check of before has not ended yet"));
            return null;
        }
        AtomicReference<Condition> seen = new AtomicReference<>();
        Run started = Run.of(environment, () -> seen.set(look()), thrown -> {
            run.set(null);
            runs.set(false);
            Condition is = seen.get();
            found.accept(is == null ? new Condition(State.UNKNOWN, "it was given up before it began") : is);
        });
        run.set(started);
        try {
            started.start(threads);
            return started;
        } catch (Throwable refused) {
            run.set(null);
            runs.set(false);
            found.accept(new Condition(State.UNKNOWN, "no thread to check it"));
            return null;
        }
    }

    private Condition look() {
        try {
            Condition is = Require.nonNull(check.readiness(), "what the check gave");
            if (staysUp && is.state() == State.UP) {
                wasUp = true;
            }
            return new Condition(is.state(), Names.oneLine(is.reason()));
        } catch (Throwable thrown) {
            return new Condition(State.DOWN, Names.shown(thrown));
        }
    }

    boolean runs() {
        return runs.get();
    }

    void interrupt() {
        Run now = run.get();
        if (now != null) {
            now.interrupt();
        }
    }
}

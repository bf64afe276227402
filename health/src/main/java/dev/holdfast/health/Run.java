// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Checked;
import dev.holdfast.Environment;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Work of the user's on a thread that is held by nobody else, and that may be told to end.
 *
 * <pre>
 *   NEW ── begins ──▶ RUNNING ── ends ─────────────────────────────────▶ DONE
 *    │                   └ interrupt() ─▶ INTERRUPTING ─▶ INTERRUPTED ── ends: without the interrupt, which is nobody else's
 *    └ interrupt(), takeBack() ──▶ DONE: it never begins
 * </pre>
 */
final class Run extends AtomicInteger implements Runnable {
    private static final long serialVersionUID = 1L;
    private static final int NEW = 0;
    private static final int RUNNING = 1;
    private static final int INTERRUPTING = 2;
    private static final int INTERRUPTED = 3;
    private static final int DONE = 4;

    private final transient Checked.Runnable<?> work;
    private final transient Consumer<@Nullable Throwable> ended;
    private final transient Environment environment;
    /** Written before the work goes on its way. */
    private transient Environment.Errand errand = Environment.Errand.UNNOTICED;

    /** Written before the work runs. */
    private transient volatile @Nullable Thread thread;

    private Run(Environment environment, Checked.Runnable<?> work, Consumer<@Nullable Throwable> ended) {
        this.environment = environment;
        this.work = work;
        this.ended = ended;
    }

    /**
     * Work that can be {@linkplain #start started} once.
     *
     * @param ended is told on the work's thread what it threw; {@code null} for nothing
     */
    static Run of(Environment environment, Checked.Runnable<?> work, Consumer<@Nullable Throwable> ended) {
        return new Run(environment, work, ended);
    }

    /** What the executor throws is thrown; then it never begins, and nobody is told. */
    void start(Executor threads) {
        errand = environment.errand();
        boolean sent = false;
        try {
            threads.execute(this);
            errand.sent();
            sent = true;
        } finally {
            if (!sent) {
                interrupt();
                errand.ended();
            }
        }
    }

    @Override
    public void run() {
        errand.begins();
        try {
            ended.accept(thrown());
        } finally {
            errand.ended();
        }
    }

    private @Nullable Throwable thrown() {
        thread = Thread.currentThread();
        if (!compareAndSet(NEW, RUNNING)) {
            return new InterruptedException("it was given up before it began");
        }
        Throwable thrown = null;
        try {
            work.run();
        } catch (Throwable any) {
            thrown = any;
        }
        if (!compareAndSet(RUNNING, DONE)) {
            while (get() == INTERRUPTING) {
                Thread.onSpinWait();
            }
            Thread.interrupted();
        }
        return thrown;
    }

    /** Whether it had not begun. Then it never does; whoever runs it is told so, if anybody does. */
    boolean takeBack() {
        return compareAndSet(NEW, DONE);
    }

    /** Tells it to end; without effect if it has ended. */
    void interrupt() {
        if (takeBack()) {
            return;
        }
        if (compareAndSet(RUNNING, INTERRUPTING)) {
            Thread of = thread;
            if (of != null) {
                of.interrupt();
            }
            set(INTERRUPTED);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.opentelemetry;

import dev.holdfast.Policy;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A call or an attempt that is under way, and what happens inside of it. Attempts of a race, and those that nobody waits for any more, begin and
 * end on other threads.
 *
 * <pre>
 *   call orders ◀── counts ── attempt orders ◀── does not count ── attempt stock, of a pipeline that the work calls
 *               ◀── knows what is recorded ──◀── knows what is recorded ──
 * </pre>
 */
final class Traced {
    /** The call's own failure is that of one of its last attempts; a thousand of them must not keep a thousand stack traces. */
    private static final int REMEMBERED = 10;

    /** {@code null} where only its duration is measured. */
    final @Nullable Span span;

    final long start;
    /** With its span, for what is inside of it; where it has none, that in which it began. */
    Context context;

    private final TracingAround around;
    private final @Nullable Policy<?> pipeline;
    private final @Nullable Traced outer;
    /** Held while something is counted or remembered, and never while something else runs. */
    private final ReentrantLock lock = new ReentrantLock();

    private int attempts;
    /** What spans inside of this one have recorded. */
    private @Nullable ArrayDeque<Throwable> recorded;

    Traced(
            TracingAround around,
            @Nullable Policy<?> pipeline,
            @Nullable Span span,
            long start,
            Context context,
            @Nullable Traced outer) {
        this.around = around;
        this.pipeline = pipeline;
        this.span = span;
        this.start = start;
        this.context = context;
        this.outer = outer;
    }

    /**
     * Counts this attempt at the calls that it belongs to: those around it in its own pipeline. Not at those outside of an attempt, whose work has
     * made this call; nor at one that stands at the same place of the pipeline as one further inside, because then it has been called anew,
     * as from a fallback.
     */
    void countAtCalls() {
        Traced nearest = outer;
        for (Traced call = nearest; call != null && !call.around.isAttempt && call.isOf(pipeline); call = call.outer) {
            if (call != nearest && nearest != null && call.around == nearest.around) {
                return;
            }
            call.addAttempt();
        }
    }

    private boolean isOf(@Nullable Policy<?> other) {
        return pipeline != null && pipeline == other;
    }

    private void addAttempt() {
        lock.lock();
        try {
            attempts++;
        } finally {
            lock.unlock();
        }
    }

    int attempts() {
        lock.lock();
        try {
            return attempts;
        } finally {
            lock.unlock();
        }
    }

    /** Records an exception at the innermost span that sees it: further out it is only known. */
    void record(Throwable error) {
        boolean isRecorded = knows(error);
        if (!isRecorded && span != null && span.isRecording()) {
            span.recordException(error);
            isRecorded = true;
        }
        if (isRecorded && outer != null) {
            outer.remember(error);
        }
    }

    private boolean knows(Throwable error) {
        lock.lock();
        try {
            return recorded != null && recorded.stream().anyMatch(each -> each == error);
        } finally {
            lock.unlock();
        }
    }

    private void remember(Throwable error) {
        lock.lock();
        try {
            if (recorded == null) {
                recorded = new ArrayDeque<>(2);
            } else if (recorded.size() == REMEMBERED) {
                recorded.removeFirst();
            }
            recorded.addLast(error);
        } finally {
            lock.unlock();
        }
    }
}

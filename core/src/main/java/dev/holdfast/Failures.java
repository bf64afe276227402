// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.UndeclaredThrowableException;
import java.util.ArrayDeque;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** What both engines do with exceptions: look through wrappers, and hang one on another. */
final class Failures {
    /** A thousand attempts must not keep a thousand stack traces, nor an exception that all calls share what belongs to each. */
    private static final int MAX_SUPPRESSED = 10;
    /** Nothing stops an exception from being its own cause's cause. */
    private static final int MAX_DEPTH = 16;

    private Failures() {}

    /** Whether exceptions of a class only wrap others. Classes below the last three are somebody's own, and say something. */
    static boolean isWrapper(Class<?> type) {
        return CompletionException.class.isAssignableFrom(type)
                || ExecutionException.class.isAssignableFrom(type)
                || type == UncheckedIOException.class
                || type == InvocationTargetException.class
                || type == UndeclaredThrowableException.class;
    }

    /** Looks through the wrappers that futures, streams and reflection put around what was thrown. */
    static @Nullable Throwable unwrap(@Nullable Throwable failure) {
        Throwable inner = failure;
        for (int depth = 0; depth < MAX_DEPTH; depth++) {
            if (inner == null || !isWrapper(inner.getClass())) {
                break;
            }
            // After the types: it takes the exception's monitor.
            Throwable cause = inner.getCause();
            if (cause == null) {
                break;
            }
            inner = cause;
        }
        return inner;
    }

    /** What the stage of the work failed with. Stages that depend on others wrap it once, which says nothing. */
    static Throwable ofStage(Throwable thrown) {
        Throwable cause = thrown instanceof CompletionException ? thrown.getCause() : null;
        return cause == null ? thrown : cause;
    }

    /** What was thrown while an outcome was looked at takes its place, and carries it. */
    static Throwable replacing(@Nullable Throwable failure, Throwable thrown) {
        if (failure != null) {
            suppress(thrown, failure);
        }
        return thrown;
    }

    /** Hangs a failure on another, unless it hangs there already. */
    static void suppress(Throwable thrown, Throwable failure) {
        if (failure == thrown) {
            return;
        }
        Throwable[] there = thrown.getSuppressed();
        boolean room = there.length < MAX_SUPPRESSED;
        for (int i = 0; room && i < there.length; i++) {
            // By identity: two failures may be equal and have come from different places.
            room = there[i] != failure;
        }
        if (room) {
            thrown.addSuppressed(failure);
        }
    }

    /** Adds to what {@link #suppress} will hang later on the last failure; the oldest make room for the newest. */
    static ArrayDeque<Throwable> remember(@Nullable ArrayDeque<Throwable> earlier, Throwable failure) {
        ArrayDeque<Throwable> list = earlier == null ? new ArrayDeque<>(2) : earlier;
        if (list.size() == MAX_SUPPRESSED - 1) {
            list.removeFirst();
        }
        list.addLast(failure);
        return list;
    }

    /** What a caller gets whose wait was cut short, with the interrupt flag set again if that was the reason. */
    static Throwable cutShort(Policy<?> policy, Throwable thrown, @Nullable Throwable last) {
        if (thrown instanceof InterruptedException) {
            Thread.currentThread().interrupt();
            return new CallInterruptedException(policy.name(), last);
        }
        return replacing(last, thrown);
    }

    /** Lets what was thrown pass as it is. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    static <X extends Throwable> X asThrown(Throwable thrown) throws X {
        throw (X) thrown;
    }

    /** Whether nobody waits for the call any more that ended with it: it was given up, or its thread interrupted. */
    static boolean isOfAbandoned(Throwable failure) {
        return failure instanceof GivenUp
                || failure instanceof InterruptedException
                || failure instanceof CallInterruptedException;
    }
}

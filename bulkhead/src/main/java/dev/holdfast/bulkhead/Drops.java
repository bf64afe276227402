// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.CallInterruptedException;
import dev.holdfast.Classifier;
import dev.holdfast.RejectedException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** What an adaptive bulkhead takes for a sign of overload, unless it is told otherwise: see {@link BulkheadBuilder#adaptive}. */
final class Drops {
    /** What is a sign by its class. */
    static final Classifier<@Nullable Object> CLASSIFIER =
            withSigns(Classifier.standard().ignore(Throwable.class)).failIf(Drops::isTimeout);

    /** Whatever is thrown, for limits that look at the time it took. */
    static final Classifier<@Nullable Object> ANY = withSigns(Classifier.standard());

    private Drops() {}

    private static Classifier<@Nullable Object> withSigns(Classifier<@Nullable Object> others) {
        return others.failOn(
                RejectedException.class,
                RejectedExecutionException.class,
                InterruptedException.class,
                InterruptedIOException.class,
                ClosedByInterruptException.class,
                CallInterruptedException.class,
                CancellationException.class);
    }

    private static boolean isTimeout(Throwable thrown) {
        for (Class<?> type = thrown.getClass(); type != Throwable.class; type = type.getSuperclass()) {
            if (type.getName().contains("Timeout")) {
                return true;
            }
        }
        return false;
    }
}

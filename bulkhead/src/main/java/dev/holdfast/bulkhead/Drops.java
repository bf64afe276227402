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
    static final Classifier<@Nullable Object> CLASSIFIER = Classifier.standard()
            .ignore(Throwable.class)
            .failOn(
                    RejectedException.class,
                    RejectedExecutionException.class,
                    InterruptedException.class,
                    InterruptedIOException.class,
                    ClosedByInterruptException.class,
                    CallInterruptedException.class,
                    CancellationException.class)
            .failIf(Drops::isTimeout);

    private Drops() {}

    private static boolean isTimeout(Throwable thrown) {
        for (Class<?> type = thrown.getClass(); type != Throwable.class; type = type.getSuperclass()) {
            if (type.getName().contains("Timeout")) {
                return true;
            }
        }
        return false;
    }
}

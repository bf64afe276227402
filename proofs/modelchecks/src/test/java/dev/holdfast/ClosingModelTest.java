// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.modelchecks.Models;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ClosingModelTest {
    /** A wait begins while its environment closes. */
    public static class Model {
        private final Closing closing = new Closing();
        final AtomicInteger ended = new AtomicInteger();
        final AtomicInteger waiting = new AtomicInteger();

        @Operation(runOnce = true)
        public void close() {
            closing.close();
        }

        @Operation(runOnce = true)
        public void subscribe() {
            waiting.incrementAndGet();
            closing.onClose(ended::incrementAndGet);
        }

        @Validate
        public void endedOnce() {
            if (ended.get() != waiting.get()) {
                throw new AssertionError("ended " + ended + " times");
            }
        }
    }

    /** Looks whether the end has come, and then subscribes. */
    public static class LooksFirst extends Model {
        private volatile boolean closed;
        private final AtomicReference<Runnable> subscriber = new AtomicReference<>();

        @Override
        @Operation(runOnce = true)
        public void close() {
            closed = true;
            Runnable found = subscriber.get();
            if (found != null) {
                found.run();
            }
        }

        @Override
        @Operation(runOnce = true)
        public void subscribe() {
            waiting.incrementAndGet();
            if (closed) {
                ended.incrementAndGet();
            } else {
                subscriber.set(ended::incrementAndGet);
            }
        }
    }

    @Test
    @DisplayName("XC-16 whoever begins to wait while its environment closes is ended, once")
    void closing() {
        Models.race().checkObstructionFreedom(false).check(Model.class);
    }

    @Test
    @DisplayName("XC-16 negative control: who looks and then subscribes waits for ever")
    void mutant() {
        Models.caught(
                "ended 0 times",
                () -> Models.race().checkObstructionFreedom(false).check(LooksFirst.class));
    }
}

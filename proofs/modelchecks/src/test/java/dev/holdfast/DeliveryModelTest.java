// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.modelchecks.Models;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DeliveryModelTest {
    private static final class Task extends Delivery {
        private static final long serialVersionUID = 1L;
        final transient AtomicInteger arrivals = new AtomicInteger();

        @Override
        void arrived() {
            arrivals.incrementAndGet();
        }

        @Override
        void lost() {
            arrivals.incrementAndGet();
        }
    }

    /** The executor runs it, perhaps twice, while its caller may leave. */
    public static class Model {
        private final Task task = new Task();
        private final AtomicInteger taken = new AtomicInteger();
        private volatile boolean tried;

        @Operation
        public void run() {
            task.run();
            tried = true;
        }

        @Operation
        public void take() {
            if (task.take()) {
                taken.incrementAndGet();
            }
            tried = true;
        }

        @Validate
        public void once() {
            int decided = taken.get() + task.arrivals.get();
            if (decided != (tried ? 1 : 0)) {
                throw new AssertionError("decided " + decided + " times");
            }
        }
    }

    /** Looks whether it has begun, and then goes. */
    public static class CheckThenAct {
        private final AtomicInteger arrivals = new AtomicInteger();
        private final AtomicInteger taken = new AtomicInteger();

        @Operation(runOnce = true)
        public void run() {
            if (taken.get() == 0) {
                arrivals.incrementAndGet();
            }
        }

        @Operation(runOnce = true)
        public void take() {
            if (arrivals.get() == 0) {
                taken.incrementAndGet();
            }
        }

        @Validate
        public void once() {
            if (taken.get() + arrivals.get() > 1) {
                throw new AssertionError("decided twice");
            }
        }
    }

    @Test
    @DisplayName("XC-12 a task that an executor runs, runs twice, or that its caller takes back, is decided once")
    void delivery() {
        Models.lockFree().check(Model.class);
    }

    @Test
    @DisplayName("XC-12 negative control: who looks whether it has begun, and then goes, leaves work that runs")
    void mutant() {
        Models.caught("decided twice", () -> Models.race().check(CheckThenAct.class));
    }
}

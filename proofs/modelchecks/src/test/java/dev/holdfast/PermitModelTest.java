// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.modelchecks.ManualTime;
import dev.holdfast.modelchecks.Models;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PermitModelTest {
    private static final class Counting extends Gate {
        final AtomicInteger exits = new AtomicInteger();

        Counting() {
            super("model", new ManualTime());
        }

        @Override
        protected long enter(long now) {
            return 0;
        }

        @Override
        protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
            exits.incrementAndGet();
            return true;
        }

        @Override
        protected RejectedException rejection(long now) {
            throw new AssertionError();
        }
    }

    /** One permit that several threads end. */
    public static class Model {
        private final Counting gate = new Counting();
        private final Permit permit = new Permit(gate, 0, 0);

        @Operation
        public boolean end(Ending ending) {
            switch (ending) {
                case SUCCESS:
                    return permit.succeeded();
                case FAILURE:
                    return permit.failed();
                default:
                    return permit.ignored();
            }
        }

        @Operation
        public void close() {
            permit.close();
        }

        @Validate
        public void leftOnce() {
            if (gate.exits.get() > 1) {
                throw new AssertionError("left " + gate.exits + " times");
            }
        }
    }

    /** The same in plain words. */
    public static class Spec {
        private boolean ended;

        public boolean end(Ending ending) {
            boolean first = !ended;
            ended = true;
            return first;
        }

        public void close() {
            ended = true;
        }
    }

    /** Looks whether it has ended, then ends. */
    public static class CheckThenAct {
        private final AtomicBoolean ended = new AtomicBoolean();

        @Operation
        public boolean end() {
            if (ended.get()) {
                return false;
            }
            ended.set(true);
            return true;
        }
    }

    @Test
    @DisplayName("CB-3 BH-2 a permit ends once, whoever ends it")
    void permit() {
        Models.lockFree().actorsBefore(0).sequentialSpecification(Spec.class).check(Model.class);
    }

    @Test
    @DisplayName("CB-3 BH-2 negative control: a permit that is looked at and then ended ends twice")
    void mutant() {
        Models.caught(
                "Invalid execution results",
                () -> Models.lockFree().actorsBefore(0).check(CheckThenAct.class));
    }
}

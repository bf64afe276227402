// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.modelchecks.Models;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BlastModelTest {
    /** Three faults in all, two at once; each thread leaves what it has taken, so it takes and leaves in one, and says nothing of it. */
    public static class Model {
        private final Blast blast = new Blast(3, 2);
        private final AtomicLong inside = new AtomicLong();
        private final AtomicLong most = new AtomicLong();

        @Operation
        public void takeAndLeave() {
            if (blast.take()) {
                most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                inside.decrementAndGet();
                blast.leave();
            }
        }

        @Operation
        public void takeAndGiveBack() {
            if (blast.take()) {
                blast.giveBack();
            }
        }

        @Validate
        public void neverTooMany() {
            if (blast.taken() > 3 || most.get() > 2 || blast.active() != 0) {
                throw new AssertionError(blast.taken() + " in all, " + most + " at once");
            }
        }
    }

    /** Looks whether there is room, then takes it. */
    public static class CheckThenAct {
        private final AtomicLong taken = new AtomicLong();

        @Operation
        public boolean take() {
            if (taken.get() >= 1) {
                return false;
            }
            taken.incrementAndGet();
            return true;
        }
    }

    /** At most one is ever taken, whoever asks: in plain words. */
    public static class One {
        private final Blast blast = new Blast(1, 1);

        @Operation
        public boolean take() {
            return blast.take();
        }
    }

    /** The same in plain words. */
    public static class Spec {
        private boolean taken;

        public boolean take() {
            boolean first = !taken;
            taken = true;
            return first;
        }
    }

    @Test
    @DisplayName("CH-5 there are never more faults than so many, nor more at once, and places come back")
    void caps() {
        Models.lockFree().check(Model.class);
    }

    @Test
    @DisplayName("CH-5 one place is taken once, whoever asks for it")
    void one() {
        Models.lockFree().actorsBefore(0).sequentialSpecification(Spec.class).check(One.class);
    }

    @Test
    @DisplayName("CH-5 negative control: room that is looked at and then taken is taken twice")
    void mutant() {
        Models.caught(
                "Invalid execution results",
                () -> Models.lockFree()
                        .actorsBefore(0)
                        .sequentialSpecification(Spec.class)
                        .check(CheckThenAct.class));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.modelchecks.Models;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BudgetModelTest {
    /** One token, half of one a success, and one attempt a second whatever happens; the clock stands still. */
    public static class Real {
        private final Budget budget = Budget.of(1, 0.5, 1);

        @Operation
        public void succeeded() {
            budget.succeeded();
        }

        @Operation
        public boolean tryWithdraw() {
            return budget.tryWithdraw(0);
        }

        @Operation
        public void giveBack() {
            budget.giveBack();
        }

        @Operation
        public long available() {
            return budget.available();
        }
    }

    /** The same in plain words. */
    public static class Spec {
        private int halves = 2;
        private boolean minimumGone;

        public void succeeded() {
            halves = Math.min(2, halves + 1);
        }

        public void giveBack() {
            halves = 2;
        }

        public boolean tryWithdraw() {
            boolean paid = halves == 2;
            boolean first = !paid && !minimumGone;
            halves = paid ? 0 : halves;
            minimumGone |= first;
            return paid || first;
        }

        public long available() {
            return halves / 2;
        }
    }

    /** Looks whether there is a token, then takes it. */
    public static class CheckThenAct {
        private final AtomicLong tokens = new AtomicLong(1);

        @Operation
        public boolean tryWithdraw() {
            if (tokens.get() < 1) {
                return false;
            }
            tokens.set(tokens.get() - 1);
            return true;
        }
    }

    @Test
    @DisplayName("RT-3 each token pays for one attempt, also one given back, and the minimum for one a second")
    void budget() {
        Models.lockFree().sequentialSpecification(Spec.class).check(Real.class);
    }

    @Test
    @DisplayName("RT-3 negative control: a token that is looked at and then taken pays twice")
    void mutant() {
        Models.caught(
                "Invalid execution results",
                () -> Models.lockFree().actorsBefore(0).check(CheckThenAct.class));
    }
}

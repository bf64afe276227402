// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.modelchecks.Models;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class QuotaModelTest {
    private static final double SHARE = 0.5;

    /** Each thread brings back only nodes that it has ejected. */
    @Param(name = "thread", gen = ThreadIdGen.class)
    @Param(name = "nodes", gen = IntGen.class, conf = "0:5")
    public static class Model {
        private final Quota quota = new Quota(SHARE);
        private final AtomicIntegerArray own = new AtomicIntegerArray(4);

        public Model() {
            quota.resize(4);
        }

        @Operation
        public boolean eject(@Param(name = "thread") int thread) {
            boolean taken = quota.tryTake();
            if (taken) {
                own.incrementAndGet(thread);
            }
            return taken;
        }

        @Operation
        public boolean isBack(@Param(name = "thread") int thread) {
            if (own.get(thread) == 0) {
                return false;
            }
            own.decrementAndGet(thread);
            quota.giveBack();
            return true;
        }

        @Operation
        public void resize(@Param(name = "nodes") int nodes) {
            quota.resize(nodes);
        }

        @Operation
        public boolean isExceeded() {
            return quota.isExceeded();
        }

        @Operation
        public int ejected() {
            return quota.ejected();
        }
    }

    /** The same in plain words. */
    public static class Spec {
        private final int[] own = new int[4];
        private int nodes = 4;
        private int ejected;

        private int limit() {
            return Math.max(0, Math.min(nodes - 1, Math.max(1, nodes / 2)));
        }

        public boolean eject(int thread) {
            if (ejected + 1 > limit()) {
                return false;
            }
            ejected++;
            own[thread]++;
            return true;
        }

        public boolean isBack(int thread) {
            if (own[thread] == 0) {
                return false;
            }
            own[thread]--;
            ejected--;
            return true;
        }

        public void resize(int to) {
            nodes = to;
        }

        public boolean isExceeded() {
            return ejected > limit();
        }

        public int ejected() {
            return ejected;
        }
    }

    /** Looks whether one more may be out, then counts it. */
    public static class CheckThenAct {
        private final AtomicInteger ejected = new AtomicInteger();

        @Operation
        public boolean eject() {
            return ejected.get() + 1 <= Quota.limit(2, SHARE) && ejected.incrementAndGet() > 0;
        }
    }

    @Test
    @DisplayName(
            "LB-2 of nodes that are ejected at the same moment no more are out than may be, also while the list changes")
    void quota() {
        Models.lockFree().sequentialSpecification(Spec.class).check(Model.class);
    }

    @Test
    @DisplayName("LB-2 negative control: where one looks first and counts then, too many are out")
    void mutant() {
        Models.caught(
                "Invalid execution results",
                () -> Models.lockFree().actorsBefore(0).check(CheckThenAct.class));
    }
}

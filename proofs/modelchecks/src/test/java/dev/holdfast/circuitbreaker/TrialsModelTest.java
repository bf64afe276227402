// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.modelchecks.Models;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TrialsModelTest {
    private static final int LIMIT = 2;
    private static final long ALL = 1_000_000_000;

    /** Each thread ends only trials that it has started. */
    @Param(name = "thread", gen = ThreadIdGen.class)
    @Param(name = "ending", gen = IntGen.class, conf = "0:2")
    public static class Model {
        private final Trials trials = new Trials(LIMIT, LIMIT, ALL, 0);
        private final AtomicIntegerArray own = new AtomicIntegerArray(4);

        @Operation
        public boolean start(@Param(name = "thread") int thread) {
            boolean started = trials.tryStart(0);
            if (started) {
                own.incrementAndGet(thread);
            }
            return started;
        }

        @Operation
        public boolean end(@Param(name = "thread") int thread, @Param(name = "ending") int ending) {
            if (own.get(thread) == 0) {
                return false;
            }
            own.decrementAndGet(thread);
            if (ending == 0) {
                trials.ignored();
            } else if (ending == 1) {
                trials.success(0);
            } else {
                trials.failure(false, 0);
            }
            return true;
        }

        @Operation
        public boolean isPassed() {
            return trials.isPassed();
        }

        @Operation
        public boolean isFailed() {
            return trials.isFailed();
        }

        @Operation
        public long running() {
            return trials.running();
        }

        @Validate
        public void balanced() {
            int outstanding = 0;
            for (int i = 0; i < own.length(); i++) {
                outstanding += own.get(i);
            }
            if (trials.running() != outstanding || outstanding > LIMIT) {
                throw new AssertionError(trials.running() + " running, " + outstanding + " outstanding of " + LIMIT);
            }
        }
    }

    /** The same in plain words. */
    public static class Spec {
        private final int[] own = new int[4];
        private int started;
        private int succeeded;
        private int failed;

        public boolean start(int thread) {
            if (started - succeeded == LIMIT) {
                return false;
            }
            started++;
            own[thread]++;
            return true;
        }

        public boolean end(int thread, int ending) {
            if (own[thread] == 0) {
                return false;
            }
            own[thread]--;
            started -= ending == 0 ? 1 : 0;
            succeeded += ending == 1 ? 1 : 0;
            failed += ending == 2 ? 1 : 0;
            return true;
        }

        public boolean isPassed() {
            return succeeded >= LIMIT;
        }

        public boolean isFailed() {
            return failed > 0;
        }

        public long running() {
            return started - succeeded - failed;
        }
    }

    /** Looks whether a place is free, then takes it. */
    public static class CheckThenAct {
        private final AtomicLong started = new AtomicLong();

        @Operation
        public boolean start() {
            return started.get() < LIMIT && started.incrementAndGet() > 0;
        }
    }

    @Test
    @DisplayName("CB-2 no more trials than allowed are under way or have failed; others give their places back")
    void trials() {
        Models.lockFree().sequentialSpecification(Spec.class).check(Model.class);
    }

    @Test
    @DisplayName("CB-2 negative control: a place that is looked for and then taken is taken twice")
    void mutant() {
        Models.caught(
                "Invalid execution results",
                () -> Models.lockFree().actorsBefore(0).check(CheckThenAct.class));
    }
}

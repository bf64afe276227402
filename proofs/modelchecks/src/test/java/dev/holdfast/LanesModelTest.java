// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.modelchecks.Models;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LanesModelTest {
    /** The word of a race with three attempts. */
    @Param(name = "attempt", gen = IntGen.class, conf = "0:2")
    @Param(name = "how", gen = IntGen.class, conf = "2:4")
    public static class Model {
        private final Lanes lanes = new Lanes();

        @Operation
        public boolean start(@Param(name = "attempt") int attempt) {
            return lanes.start(attempt);
        }

        @Operation
        public boolean end(@Param(name = "attempt") int attempt, @Param(name = "how") int how) {
            return lanes.end(attempt, how);
        }

        @Operation
        public boolean endAlone(@Param(name = "how") int how) {
            return lanes.endAlone(how);
        }

        @Operation
        public boolean callOff(@Param(name = "attempt") int attempt) {
            return lanes.callOff(attempt);
        }

        @Operation
        public boolean decide() {
            return lanes.decide();
        }

        @Operation
        public boolean leave() {
            return lanes.leave();
        }

        @Operation
        public int stateOf(@Param(name = "attempt") int attempt) {
            return lanes.stateOf(attempt);
        }

        @Operation
        public boolean isOpen() {
            return lanes.isOpen();
        }

        @Operation
        public boolean isDecided() {
            return lanes.isDecided();
        }
    }

    /** The same in plain words. */
    public static class Spec {
        private final int[] states = {1, 0, 0};
        private String race = "open";

        public boolean start(int attempt) {
            return move(attempt, 0, 1, race.equals("open"));
        }

        public boolean end(int attempt, int how) {
            return move(attempt, 1, how, race.equals("open"));
        }

        public boolean endAlone(int how) {
            if (!race.equals("open") || states[0] != 1 || states[1] != 0 || states[2] != 0) {
                return false;
            }
            states[0] = how;
            race = "decided";
            return true;
        }

        public boolean callOff(int attempt) {
            return move(attempt, 1, 6, !race.equals("open"));
        }

        public boolean decide() {
            return close("decided");
        }

        public boolean leave() {
            return close("left");
        }

        public int stateOf(int attempt) {
            return states[attempt];
        }

        public boolean isOpen() {
            return race.equals("open");
        }

        public boolean isDecided() {
            return race.equals("decided");
        }

        private boolean move(int attempt, int from, int to, boolean may) {
            if (!may || states[attempt] != from) {
                return false;
            }
            states[attempt] = to;
            return true;
        }

        private boolean close(String how) {
            if (!race.equals("open")) {
                return false;
            }
            race = how;
            return true;
        }
    }

    /** The race and its attempts in words of their own. */
    public static class TwoWords {
        private final AtomicInteger race = new AtomicInteger();
        private final AtomicIntegerArray states = new AtomicIntegerArray(new int[] {1, 0});
        private volatile boolean counted;
        private volatile boolean calledOff;

        @Operation(runOnce = true)
        public void end() {
            if (race.get() == 0 && states.getAndSet(0, 2) == 1) {
                counted = true;
            }
        }

        @Operation(runOnce = true)
        public void decide() {
            race.set(1);
            if (states.get(0) == 1) {
                states.set(0, 6);
                calledOff = true;
            }
        }

        @Validate
        public void once() {
            if (counted && calledOff) {
                throw new AssertionError("counted and called off");
            }
        }
    }

    @Test
    @DisplayName("RC-2 one decision a race, and each attempt ends once: counted, late or called off")
    void lanes() {
        Models.lockFree().sequentialSpecification(Spec.class).check(Model.class);
    }

    @Test
    @DisplayName(
            "RC-2 negative control: with a word for the race and others for its attempts, one is counted and called off")
    void mutant() {
        Models.caught("counted and called off", () -> Models.race().check(TwoWords.class));
    }
}

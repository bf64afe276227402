// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.modelchecks.Models;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TurnModelTest {
    private static final long DUE = 9;

    private static final class TestTurn extends Turn {
        @Override
        protected long nanos() {
            return 0;
        }

        @Override
        protected long due() {
            return DUE;
        }

        @Override
        protected void abandoned() {
            // A bulkhead takes the waiter out of its line here: a model of its own.
        }
    }

    /** All that can happen to one turn. */
    @Param(name = "stamp", gen = IntGen.class, conf = "0:2")
    public static class Model {
        private final Turn turn = new TestTurn();

        @Operation
        public boolean grant(@Param(name = "stamp") int stamp) {
            return turn.grant(stamp);
        }

        @Operation
        public boolean turnAway() {
            return turn.turnAway();
        }

        @Operation
        public long giveUp() {
            return turn.giveUp();
        }

        @Operation
        public long close() {
            return turn.close();
        }

        @Operation
        public boolean isDecided() {
            return turn.isDecided();
        }
    }

    /** The same in plain words. */
    public static class Spec {
        private long state = -1;

        public boolean grant(int stamp) {
            boolean waiting = state == -1;
            state = waiting ? stamp : state;
            return waiting;
        }

        public boolean turnAway() {
            return grant(-3);
        }

        public long giveUp() {
            return end(-1);
        }

        public long close() {
            return end(DUE);
        }

        private long end(long otherwise) {
            boolean waiting = state == -1;
            state = waiting ? -2 : state;
            return waiting ? otherwise : Math.max(-1, state);
        }

        public boolean isDecided() {
            return state != -1;
        }
    }

    /** Looks whether the turn still waits, then decides it. */
    public static class CheckThenAct {
        private final AtomicLong state = new AtomicLong(-1);

        @Operation
        public boolean grant(int stamp) {
            if (state.get() != -1) {
                return false;
            }
            state.set(Math.abs(stamp));
            return true;
        }

        @Operation
        public long giveUp() {
            if (state.get() != -1) {
                return state.get();
            }
            state.set(-2);
            return -1;
        }
    }

    /** A grant, and an engine that is about to wait. */
    public static class Waker {
        final Turn turn = new TestTurn();
        final AtomicLong awake = new AtomicLong();

        @Operation(runOnce = true)
        public void grant() {
            turn.grant(1);
        }

        @Operation(runOnce = true)
        public void await() {
            turn.onDecision(awake::incrementAndGet);
            if (turn.isDecided()) {
                awake.incrementAndGet();
            }
        }

        @Validate
        public void notAsleep() {
            if (turn.isDecided() && awake.get() == 0) {
                throw new AssertionError("granted, and asleep");
            }
        }
    }

    /** The same in the other order. */
    public static class Sleeper extends Waker {
        @Override
        @Operation(runOnce = true)
        public void await() {
            if (turn.isDecided()) {
                awake.incrementAndGet();
            }
            turn.onDecision(awake::incrementAndGet);
        }
    }

    @Test
    @DisplayName("BH-3 one of grant, give up and time's end decides a turn")
    void turn() {
        Models.lockFree().sequentialSpecification(Spec.class).check(Model.class);
    }

    @Test
    @DisplayName("BH-3 negative control: a turn that is looked at and then decided is decided twice")
    void mutant() {
        Models.caught(
                "Invalid execution results",
                () -> Models.lockFree().actorsBefore(0).check(CheckThenAct.class));
    }

    @Test
    @DisplayName("BH-4 who sets its waker and then looks does not sleep through a grant")
    void waker() {
        Models.race().check(Waker.class);
    }

    @Test
    @DisplayName("BH-4 negative control: who looks and then sets its waker sleeps through a grant")
    void sleeper() {
        Models.caught("granted, and asleep", () -> Models.race().check(Sleeper.class));
    }
}

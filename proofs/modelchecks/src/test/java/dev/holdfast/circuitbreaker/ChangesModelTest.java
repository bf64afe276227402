// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.circuitbreaker.CircuitBreaker.Report;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreaker.StateChanged;
import dev.holdfast.modelchecks.Models;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ChangesModelTest {
    private static final CircuitBreaker BREAKER = CircuitBreaker.ofDefaults("b");

    /** A stay, and how many there were before it. */
    static final class Stay {
        final long number;
        final Changes.Change change = new Changes.Change();

        Stay(long number) {
            this.number = number;
        }
    }

    /** Stays replace each other, and each is told. */
    public static class Model {
        private final Stay first = new Stay(0);
        final AtomicReference<Stay> stay = new AtomicReference<>(first);
        final List<Long> told = new ArrayList<>();
        private final Changes changes =
                new Changes(first.change, event -> told.add(event.before().calls()));

        @Operation
        public void change() {
            Stay before = stay.get();
            Stay after = new Stay(before.number + 1);
            if (stay.compareAndSet(before, after)) {
                tell(before, after);
            }
        }

        void tell(Stay before, Stay after) {
            changes.follows(before.change, after.change, event(after.number));
        }

        static StateChanged event(long number) {
            Report report = new Report(State.CLOSED, number, 0, 0, 0, Duration.ZERO, 0, 0);
            return new StateChanged(BREAKER, State.CLOSED, State.OPEN, report, null, System.Logger.Level.WARNING);
        }

        @Validate
        public void toldInOrder() {
            for (int i = 0; i < told.size(); i++) {
                if (told.get(i) != i + 1) {
                    throw new AssertionError("out of order: " + told);
                }
            }
            if (told.size() != stay.get().number) {
                throw new AssertionError("lost: " + told + " of " + stay.get().number);
            }
        }
    }

    /** Tells as soon as the stay has been replaced, as others do. */
    public static class AtOnce extends Model {
        @Override
        void tell(Stay before, Stay after) {
            if (stay.get().number >= after.number) {
                told.add(after.number);
            }
        }
    }

    @Test
    @DisplayName("CB-9 changes are told once each, in the order in which they were made")
    void changes() {
        Models.lockFree().actorsBefore(0).check(Model.class);
    }

    @Test
    @DisplayName("CB-9 negative control: changes that are told at once overtake each other")
    void mutant() {
        Models.caught("out of order", () -> Models.lockFree().actorsBefore(0).check(AtOnce.class));
    }
}

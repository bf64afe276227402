// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.modelchecks.Models;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class UnderWayModelTest {
    private static final long FAR = 10_000;

    /** Calls that start whole rounds of the ring apart, so that all of them want the same place. */
    @Param(name = "thread", gen = ThreadIdGen.class)
    @Param(name = "round", gen = IntGen.class, conf = "0:2")
    public static class Model {
        private final UnderWay underWay = new UnderWay(8, 0, 1);
        private final List<Deque<Long>> starts =
                List.of(new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>());

        @Operation
        public void start(@Param(name = "thread") int thread, @Param(name = "round") int round) {
            underWay.started(16L * round);
            starts.get(thread).add(16L * round);
        }

        @Operation
        public void end(@Param(name = "thread") int thread) {
            Long start = starts.get(thread).poll();
            if (start != null) {
                underWay.ended(start, 0);
            }
        }

        @Validate
        public void balanced() {
            int expected = starts.stream().mapToInt(Deque::size).sum();
            if (underWay.overdue(FAR) != expected) {
                throw new AssertionError(underWay.overdue(FAR) + " overdue (expected: " + expected + ")");
            }
        }
    }

    /** The place is read, then written: a start is lost. */
    public static class CheckThenAct {
        private final AtomicLong place = new AtomicLong();
        private final AtomicLong starts = new AtomicLong();

        @Operation
        public void start() {
            place.set(place.get() + 1);
            starts.incrementAndGet();
        }

        @Validate
        public void balanced() {
            if (place.get() != starts.get()) {
                throw new AssertionError(place + " overdue (expected: " + starts + ")");
            }
        }
    }

    @Test
    @DisplayName("MX-1 calls under way are all counted, whatever places in the ring they take from each other")
    void running() {
        Models.lockFree().check(Model.class);
    }

    @Test
    @DisplayName("MX-1 negative control: a place that is read and then written loses a call")
    void mutant() {
        Models.caught("AssertionError", () -> Models.lockFree().actorsBefore(0).check(CheckThenAct.class));
    }
}

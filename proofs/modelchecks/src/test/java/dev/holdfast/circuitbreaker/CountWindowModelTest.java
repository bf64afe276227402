// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.modelchecks.Models;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class CountWindowModelTest {
    private static final int SIZE = 2;

    /** Two places, so that every third result takes one that another thread may just be writing. */
    @Param(name = "kind", gen = IntGen.class, conf = "0:3")
    public static class Model {
        private final CountWindow window = new CountWindow(SIZE);

        /** What the rules got to see: the counts up to this result and none further. */
        @Operation
        public String record(@Param(name = "kind") int kind) {
            String[] seen = {""};
            window.record(kind, 0, (calls, failures, slow) -> {
                seen[0] = calls + " calls, " + failures + " failures, " + slow + " slow";
                return false;
            });
            return seen[0];
        }

        @Operation
        public String counts() {
            Results.Counts counts = window.counts(0);
            return counts.calls() + " calls, " + counts.failures() + " failures, " + counts.slow() + " slow";
        }
    }

    /** The same in plain words. */
    public static class Spec {
        private final Deque<Integer> last = new ArrayDeque<>();

        public String record(int kind) {
            last.add(kind);
            if (last.size() > SIZE) {
                last.remove();
            }
            return counts();
        }

        public String counts() {
            long failures =
                    last.stream().filter(kind -> (kind & Results.FAILURE) != 0).count();
            long slow = last.stream().filter(kind -> (kind & Results.SLOW) != 0).count();
            return last.size() + " calls, " + failures + " failures, " + slow + " slow";
        }
    }

    /** Writes a result to the ring after the word: whoever takes the place next may find the one before. */
    @Param(name = "kind", gen = IntGen.class, conf = "0:1")
    public static class RingAfterWord {
        private final AtomicLong word = new AtomicLong();
        private final AtomicLongArray ring = new AtomicLongArray(SIZE);

        @Operation
        public String record(@Param(name = "kind") int kind) {
            while (true) {
                long before = word.get();
                int index = (int) (before >>> 8);
                long failures = (before & 0xff) + kind - ring.get(index % SIZE);
                if (word.compareAndSet(before, (index + 1L) << 8 | failures & 0xff)) {
                    ring.set(index % SIZE, kind);
                    return counts();
                }
            }
        }

        private String counts() {
            long now = word.get();
            return Math.min(SIZE, now >>> 8) + " calls, " + (now & 0xff) + " failures, 0 slow";
        }
    }

    @Test
    @DisplayName("CB-7 a window over calls is exact at every single result, whatever the threads do")
    void window() {
        Models.lockFree().actorsPerThread(4).sequentialSpecification(Spec.class).check(Model.class);
    }

    @Test
    @DisplayName("CB-7 three threads, one of which stops anywhere")
    void threeThreads() {
        Models.lockFree()
                .threads(3)
                .actorsPerThread(2)
                .sequentialSpecification(Spec.class)
                .check(Model.class);
    }

    @Test
    @DisplayName("CB-7 negative control: a ring that is written after the word gives a wrong count")
    void mutant() {
        Models.caught(
                "Invalid execution results",
                () -> Models.lockFree().sequentialSpecification(Spec.class).check(RingAfterWord.class));
    }
}

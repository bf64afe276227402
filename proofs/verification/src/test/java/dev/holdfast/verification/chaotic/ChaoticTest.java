// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import static org.assertj.core.api.Assertions.fail;

import dev.holdfast.verification.chaotic.Trial.Broken;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Random programs, and the laws that hold after each. A normal build runs those of fixed seeds, {@code -Dholdfast.long=true} more of
 * them; {@code -Dchaotic.minutes=20} goes on with others, {@code -Dchaotic.seed=4711} runs one program a hundred times.
 */
class ChaoticTest {
    private static final long MINUTES = Long.getLong("chaotic.minutes", 0);
    private static final int FIXED = Boolean.getBoolean("holdfast.long") || MINUTES > 0 ? 200 : 80;
    private static final long PATIENCE_SECONDS = 20;
    private static final long SHRINK_SECONDS = 60;
    /** Every so many programs, memory is looked at. */
    private static final int MEMORY = 8;

    @Test
    @DisplayName("the laws hold after every program")
    void laws() throws InterruptedException {
        Long seed = Long.getLong("chaotic.seed");
        if (seed != null) {
            for (int i = 0; i < 100; i++) {
                run(seed, true);
            }
            return;
        }
        for (int i = 0; i < FIXED; i++) {
            run(i, i % MEMORY == 0);
        }
        long seconds = MINUTES * 60;
        long until = System.nanoTime() + seconds * 1_000_000_000;
        long first = System.nanoTime() & 0xFFFF_FFFFFFL;
        long next = first;
        while (System.nanoTime() - until < 0) {
            run(next, next % MEMORY == 0);
            next++;
        }
        System.out.println(
                "chaotic: " + FIXED + " fixed programs, and those of the seeds from " + first + " to before " + next);
    }

    private static void run(long seed, boolean looksAtMemory) throws InterruptedException {
        Program program = Programs.draw(seed);
        Broken broken = Trial.of(program, PATIENCE_SECONDS, looksAtMemory);
        if (broken != null) {
            fail(Shrink.message(program, broken, SHRINK_SECONDS));
        }
    }
}

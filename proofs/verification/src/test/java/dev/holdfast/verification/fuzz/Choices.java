// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.fuzz;

import java.time.Duration;

/** Choices made from a list of numbers, which is 0 for ever after its end. Most are usual ones, and some are any. */
final class Choices {
    private final long[] numbers;
    private int next;

    Choices(long[] numbers) {
        this.numbers = numbers;
    }

    boolean isOver() {
        return next >= numbers.length;
    }

    long any() {
        return isOver() ? 0 : numbers[next++];
    }

    /** From 0 to {@code bound - 1}. */
    int below(int bound) {
        return (int) Math.floorMod(any(), (long) bound);
    }

    private boolean isUsual() {
        return below(8) > 0;
    }

    int number() {
        return isUsual() ? 1 + below(20) : (int) any();
    }

    double fraction() {
        return isUsual() ? (1 + below(100)) / 100.0 : Double.longBitsToDouble(any());
    }

    Duration duration() {
        return isUsual() ? Duration.ofMillis(1 + below(5_000)) : Duration.ofSeconds(any(), below(1_000_000_000));
    }
}

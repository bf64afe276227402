// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import java.util.function.LongConsumer;

/**
 * The seeds of the worlds that laws are tried in: always the same, and many more with {@code -Dholdfast.long=true}. A
 * failure names its seed, and {@code -Dholdfast.seed} tries that one only.
 */
final class Worlds {
    private static final int MORE = Boolean.getBoolean("holdfast.long") ? 20 : 1;
    private static final Long ONE = Long.getLong("holdfast.seed");

    private Worlds() {}

    static void forEach(int count, LongConsumer law) {
        for (long seed = 0; ONE == null && seed < (long) count * MORE; seed++) {
            tryIn(seed, law);
        }
        if (ONE != null) {
            tryIn(ONE, law);
        }
    }

    /** What a world throws, where it should not, is a failure of the law as well, and must say in which world. */
    private static void tryIn(long seed, LongConsumer law) {
        try {
            law.accept(seed);
        } catch (Throwable broken) {
            throw new AssertionError("in world " + seed + ": " + broken.getMessage(), broken);
        }
    }
}

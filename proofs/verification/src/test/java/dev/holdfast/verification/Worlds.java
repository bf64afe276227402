// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import java.util.function.LongConsumer;

/**
 * The seeds of the worlds that laws are tried in: always the same, and many more with {@code -Dholdfast.long=true}. A
 * failure names its seed, and {@code -Dholdfast.seed} tries that one only.
 */
final class Worlds {
    private static final boolean LONG = Boolean.getBoolean("holdfast.long");
    private static final Long ONE = Long.getLong("holdfast.seed");

    private Worlds() {}

    /** @param count a twentieth of those that the long run tries; the normal one tries two fifths of it */
    static void forEach(int count, LongConsumer law) {
        long worlds = LONG ? 20L * count : 2L * count / 5;
        for (long seed = 0; ONE == null && seed < worlds; seed++) {
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

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

/**
 * Random numbers that depend on nothing but a seed and a number: whoever asks for the same draw gets the same answer, in whatever order
 * and on whatever thread. The mixing function is that of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, "Fast Splittable Pseudorandom
 * Number Generators", 2014).
 */
final class Draws {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private Draws() {}

    /**
     * A draw.
     *
     * @param which the number of the call, or the hash of its key
     * @param what which of the draws that the call has
     * @return from 0 to less than 1, evenly
     */
    static double unit(long seed, long which, int what) {
        return (mix(mix(seed + GOLDEN * (what + 1)) + GOLDEN * which) >>> 11) * 0x1p-53;
    }

    static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}

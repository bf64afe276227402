// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

/**
 * Nanoseconds that a call of Holdfast may take on a path, on each of 1, 2 and 8 threads; NaN: no target.
 *
 * @param scaled whether it was set on the machine of {@link Floor#target}, and is scaled to the one that it is measured on
 */
record Target(double alone, double ofTwo, double ofEight, boolean scaled) {
    static final Target NONE = new Target(Double.NaN, Double.NaN, Double.NaN, false);

    /** Set on a machine with a faster clock. */
    static Target of(double alone, double ofTwo) {
        return new Target(alone, ofTwo, Double.NaN, true);
    }

    /** Set on a machine of the kind that docs/performance.md is of, and taken as it is. */
    static Target here(double alone, double ofTwo, double ofEight) {
        return new Target(alone, ofTwo, ofEight, false);
    }

    double on(int threads) {
        return switch (threads) {
            case 1 -> alone;
            case 2 -> ofTwo;
            case 8 -> ofEight;
            default -> Double.NaN;
        };
    }
}

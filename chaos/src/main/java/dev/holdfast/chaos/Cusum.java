// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

/** The sum of an {@link AbortGuard} for one probe. Not safe for use by several threads. */
final class Cusum {
    private final double up;
    private final double down;
    private final double height;
    private double sum;

    Cusum(AbortGuard guard) {
        this.up = guard.up();
        this.down = guard.down();
        this.height = guard.height();
    }

    /**
     * Adds calls of which nobody knows the order: bad ones as far from each other as can be, with good ones before each, between, and
     * after the last.
     *
     * @return whether to abort; stays so
     */
    boolean add(long good, long bad) {
        for (long i = 0; i < bad && !isOver(); i++) {
            // The good calls up to here, less those before it: never more in sum than there are, whatever the rounding.
            fall(part(good, i + 1, bad + 1) - part(good, i, bad + 1));
            sum += up;
        }
        if (!isOver()) {
            fall(bad == 0 ? good : good - part(good, bad, bad + 1));
        }
        return isOver();
    }

    private static long part(long good, long i, long parts) {
        return (long) ((double) good * i / parts);
    }

    private void fall(long good) {
        sum = Math.max(0, sum - good * down);
    }

    boolean isOver() {
        // A hair less, so that the rounding of the steps does not decide.
        return sum >= height - 1e-9;
    }

    double sum() {
        return sum;
    }
}

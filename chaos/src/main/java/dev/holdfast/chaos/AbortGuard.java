// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.internal.Require;
import java.util.Locale;

/**
 * When an experiment ends itself because it does too much harm: a cumulative sum over the calls of its ratio probes, which rises with each
 * bad call, falls with each good one, never below 0, and aborts at a height. Immutable.
 *
 * <pre>{@code
 * Experiment.builder("orders survive a slow stock service").abortAt(AbortGuard.badRate(0.01, 0.05))
 * }</pre>
 *
 * <p>It tells a share of bad calls that is usual from one that must not be. A threshold on the share seen so far aborts healthy runs
 * after a few unlucky first calls, and reacts the later the longer all went well; the sum does neither. With 1 % and 5 %, at
 * the default height of 8: of 1,000 runs of 1,000 calls with 1 % bad ones some 4 are aborted; with 5, 10 and 50 % bad ones it takes 184, 67
 * and 12 calls in the mean.
 *
 * <p>Source: Page, Continuous Inspection Schemes, 1954.
 */
public final class AbortGuard {
    private static final double USUAL_HEIGHT = 8;

    private final double usual;
    private final double tooMany;
    private final double height;

    private AbortGuard(double usual, double tooMany, double height) {
        this.usual = usual;
        this.tooMany = tooMany;
        this.height = height;
    }

    /**
     * Aborts when the share of bad calls is rather the second than the first.
     *
     * @param usual the share of bad calls that is nothing to worry about: more than 0
     * @param tooMany the share that must not be: more than the usual one, and less than 1
     * @return a guard with a height of 8
     */
    public static AbortGuard badRate(double usual, double tooMany) {
        if (!(usual > 0 && usual < tooMany && tooMany < 1)) {
            throw new IllegalArgumentException("bad rates: " + usual + " and " + tooMany
                    + " (expected: more than 0, a larger one, and less than 1)");
        }
        return new AbortGuard(usual, tooMany, USUAL_HEIGHT);
    }

    /**
     * How sure it has to be. One more lets about a third of the false aborts, and takes longer.
     *
     * @param value 1 to 100; default: 8
     * @return another guard
     */
    public AbortGuard height(double value) {
        return new AbortGuard(usual, tooMany, Require.range(value, 1.0, 100.0, "height"));
    }

    /** What a bad call adds. */
    double up() {
        return Math.log(tooMany / usual);
    }

    /** What a good call takes away. */
    double down() {
        return Math.log((1 - usual) / (1 - tooMany));
    }

    double height() {
        return height;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "bad rate rather %s than %s, height %s", tooMany, usual, height);
    }
}

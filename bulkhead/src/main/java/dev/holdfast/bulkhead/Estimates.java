// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Environment;

/** The arithmetic of {@link Limits}, as published. A limit is kept as a fraction and given as the whole number below. */
final class Estimates {
    private Estimates() {}

    /** L + 1, or L * backoff. Call by call: it looks at no time but those that are far too long. */
    static final class Aimd implements Limit.Estimate {
        private final Limits bounds;
        private final double backoff;
        private final long tooLong;
        private double limit;

        Aimd(Limits bounds, double backoff, long tooLong) {
            this.bounds = bounds;
            this.backoff = backoff;
            this.tooLong = tooLong;
            this.limit = bounds.initial();
        }

        @Override
        public int update(long elapsedNanos, int inFlight, boolean dropped) {
            if (dropped || elapsedNanos > tooLong) {
                limit = bounds.cut(Math.floor(limit * backoff));
            } else if (elapsedNanos > 0 && inFlight >= limit / 2) {
                limit = bounds.cut(limit + 1);
            }
            return (int) limit;
        }
    }

    /** Holds {@code queue = L * (1 - usual / time)} between 3 log L and 6 log L. */
    static final class Vegas extends Windows {
        private static final double WEIGHT = 0.1;

        Vegas(Limits bounds, Environment environment) {
            super(bounds, environment);
        }

        @Override
        double weight(int calls) {
            return WEIGHT;
        }

        @Override
        double next(double limit, double usual, double time) {
            int step = step(limit);
            double queue = queue(limit, usual, time);
            if (queue <= step) {
                return limit + 6 * step;
            } else if (queue < 3 * step) {
                return limit + step;
            } else if (queue > 6 * step) {
                return limit - step;
            }
            return limit;
        }

        @Override
        double afterDrop(double limit) {
            return limit - step(limit);
        }

        private static double queue(double limit, double usual, double time) {
            return Math.ceil(limit * (1 - usual / time));
        }

        private static int step(double limit) {
            return Math.max(1, (int) Math.log10((int) limit));
        }
    }

    /** L' = 0.8 L + 0.2 (g L + 4), where g = tolerance * usual / time, between 0.5 and 1. */
    static final class Gradient2 extends Windows {
        private static final double SMOOTHING = 0.2;
        private static final double QUEUE = 4;
        private static final double STEEPEST = 0.5;

        private final double tolerance;
        private final double window;

        Gradient2(Limits bounds, Environment environment, double tolerance, int window) {
            super(bounds, environment);
            this.tolerance = tolerance;
            this.window = window;
        }

        @Override
        double weight(int calls) {
            return Math.min(1, 2 / (window / calls + 1));
        }

        @Override
        double next(double limit, double usual, double time) {
            double gradient = Math.max(STEEPEST, Math.min(1, tolerance * usual / time));
            return limit * (1 - SMOOTHING) + (limit * gradient + QUEUE) * SMOOTHING;
        }

        /** The steepest gradient there is, and no allowance for a queue. */
        @Override
        double afterDrop(double limit) {
            return limit * (1 - SMOOTHING) + limit * STEEPEST * SMOOTHING;
        }
    }
}

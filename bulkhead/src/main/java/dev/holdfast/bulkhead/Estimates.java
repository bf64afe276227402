// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Environment;

/** The arithmetic of {@link Limits}. A limit is kept as a fraction and given as the whole number below. */
abstract class Estimates implements Limit.Estimate {
    private final double min;
    private final double max;
    double limit;

    Estimates(int min, int max, int initial) {
        this.min = min;
        this.max = max;
        this.limit = initial;
    }

    @Override
    public final int update(long elapsedNanos, int inFlight, boolean dropped) {
        if (dropped) {
            limit = Math.max(min, Math.min(max, afterDrop()));
        } else if (elapsedNanos > 0) {
            limit = Math.max(min, Math.min(max, after((double) elapsedNanos, inFlight)));
        }
        return (int) limit;
    }

    abstract double afterDrop();

    abstract double after(double elapsed, int inFlight);

    final boolean isInUse(int inFlight) {
        return inFlight >= limit / 2;
    }

    /** L + 1, or L * backoff. */
    static final class Aimd extends Estimates {
        private final double backoff;
        private final long tooLong;

        Aimd(int min, int max, int initial, double backoff, long tooLong) {
            super(min, max, initial);
            this.backoff = backoff;
            this.tooLong = tooLong;
        }

        @Override
        double afterDrop() {
            return Math.floor(limit * backoff);
        }

        @Override
        double after(double elapsed, int inFlight) {
            if (elapsed > tooLong) {
                return afterDrop();
            }
            return isInUse(inFlight) ? limit + 1 : limit;
        }
    }

    /** Holds {@code queue = L * (1 - shortest / elapsed)} between 3 log L and 6 log L. */
    static final class Vegas extends Estimates {
        /** The shortest time is measured anew after 15 to 30 times the limit's number of calls. */
        private static final int RENEWAL = 30;

        private static final long PERCENT = 100;

        private final Environment environment;
        private double shortest = Double.MAX_VALUE;
        private long calls;
        private double renewAt;

        Vegas(int min, int max, int initial, Environment environment) {
            super(min, max, initial);
            this.environment = environment;
            this.renewAt = nextRenewal();
        }

        private double nextRenewal() {
            // Not all processes at once.
            double jitter = 0.5 + environment.nextLong(PERCENT) / (2.0 * PERCENT);
            return jitter * RENEWAL * limit;
        }

        @Override
        double afterDrop() {
            return limit - step();
        }

        @Override
        double after(double elapsed, int inFlight) {
            calls++;
            if (calls >= renewAt || elapsed < shortest) {
                if (calls >= renewAt) {
                    calls = 0;
                    renewAt = nextRenewal();
                }
                shortest = elapsed;
                return limit;
            }
            if (!isInUse(inFlight)) {
                return limit;
            }
            int step = step();
            double queue = Math.ceil(limit * (1 - shortest / elapsed));
            if (queue <= step) {
                return limit + 6 * step;
            } else if (queue < 3 * step) {
                return limit + step;
            } else if (queue > 6 * step) {
                return limit - step;
            }
            return limit;
        }

        private int step() {
            return Math.max(1, (int) Math.log10((int) limit));
        }
    }

    /** L' = 0.8 L + 0.2 (g L + 4), where g = tolerance * average / elapsed, between 0.5 and 1. */
    static final class Gradient2 extends Estimates {
        private static final double SMOOTHING = 0.2;
        private static final double QUEUE = 4;
        private static final double STEEPEST = 0.5;
        private static final int WARM_UP = 10;

        private final double tolerance;
        private final double weight;
        private double average;
        private double sum;
        private int seen;

        Gradient2(int min, int max, int initial, double tolerance, int window) {
            super(min, max, initial);
            this.tolerance = tolerance;
            this.weight = 2.0 / (window + 1);
        }

        /** The steepest gradient there is, and no allowance for a queue. Its time is not the dependency's. */
        @Override
        double afterDrop() {
            return limit * (1 - SMOOTHING) + limit * STEEPEST * SMOOTHING;
        }

        @Override
        double after(double elapsed, int inFlight) {
            double usual = learn(elapsed);
            if (usual / elapsed > 2) {
                // Load has gone: forget it faster than the average would.
                average *= 0.95;
            }
            if (!isInUse(inFlight)) {
                return limit;
            }
            double gradient = Math.max(STEEPEST, Math.min(1, tolerance * usual / elapsed));
            return limit * (1 - SMOOTHING) + (limit * gradient + QUEUE) * SMOOTHING;
        }

        private double learn(double elapsed) {
            if (seen < WARM_UP) {
                seen++;
                sum += elapsed;
                average = sum / seen;
            } else {
                average += (elapsed - average) * weight;
            }
            return average;
        }
    }
}

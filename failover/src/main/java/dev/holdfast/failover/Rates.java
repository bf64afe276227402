// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

/**
 * How often calls succeed at each of several nodes, and which node is worse than the others. Rates are from 0 to 1.
 *
 * @param mean of all
 * @param deviation the standard deviation of all, as of a whole population
 */
record Rates(double mean, double deviation) {
    static Rates of(double... rates) {
        double sum = 0;
        for (double rate : rates) {
            sum += rate;
        }
        double mean = sum / rates.length;
        double squares = 0;
        for (double rate : rates) {
            squares += (rate - mean) * (rate - mean);
        }
        return new Rates(mean, Math.sqrt(squares / rates.length));
    }

    double threshold(double factor) {
        return mean - factor * deviation;
    }

    boolean isWorse(double rate, Ejection rules) {
        return rules.factor > 0 && rate < threshold(rules.factor) && mean - rate >= rules.deficit;
    }
}

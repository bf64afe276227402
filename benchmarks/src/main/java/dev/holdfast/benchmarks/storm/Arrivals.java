// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** When calls are made, and by which client: a Poisson process, which does not wait for answers. */
final class Arrivals {
    private Arrivals() {}

    /**
     * One call.
     *
     * @param nanos when it is due, since the start
     * @param client whose it is, from 0
     */
    record Arrival(long nanos, int client) {}

    /**
     * Draws a schedule. The same seed gives the same schedule, so that all contenders meet the same calls.
     *
     * @param rate calls a second, of all clients together
     * @param seconds for how long
     * @param clients how many clients share them
     * @param seed where randomness starts
     */
    static List<Arrival> poisson(double rate, int seconds, int clients, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Arrival> arrivals = new ArrayList<>();
        double at = 0;
        while (true) {
            at -= Math.log(1 - random.nextDouble()) / rate;
            if (at >= seconds) {
                return arrivals;
            }
            arrivals.add(new Arrival((long) (at * 1e9), random.nextInt(clients)));
        }
    }
}

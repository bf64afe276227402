// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.List;

/**
 * What a stock service can do. Its work is waiting, as for a database: what limits it is the number of its workers, and
 * not the machine that the demo runs on.
 *
 * @param workers how many requests it works on at once
 * @param queue how many may wait for a worker; further ones are dropped
 * @param millis how long a worker is busy with a request, or 0 if that is not worth mentioning
 */
record Capacity(int workers, int queue, long millis) {
    /** The most answers that it gives; infinite if it needs no time. */
    double perSecond() {
        return workers * 1000.0 / millis;
    }

    /** For the command line of a {@link StockServer}. */
    List<String> arguments() {
        return List.of(Integer.toString(workers), Integer.toString(queue), Long.toString(millis));
    }

    static Capacity parse(List<String> arguments) {
        return new Capacity(
                Integer.parseInt(arguments.get(0)),
                Integer.parseInt(arguments.get(1)),
                Long.parseLong(arguments.get(2)));
    }
}

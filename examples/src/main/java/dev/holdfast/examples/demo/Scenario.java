// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.function.Consumer;

/** A service, those who call it, and what happens to them. */
enum Scenario {
    /** There is more room than calls: what goes wrong is the service's own doing. */
    FAULTS(
            "Faults",
            "the same faults for all callers",
            "The service becomes flaky, slow, broken, dead and frozen. While it is well it can answer twice as many calls "
                    + "as there are; while it is slow, half of them. Bare callers try once; after an outage the service "
                    + "is busy for a while with requests that nobody waits for any more.",
            Script.faults(),
            new Capacity(6, 500, 30),
            1,
            200),

    /** The service takes a rush into a long queue, and so works for callers who have given up. */
    OVERLOAD(
            "Overload",
            "the same rush for all callers",
            "The service is well, and is asked for more than it can do: what comes waits in a long queue. Bare callers "
                    + "try three times, each time in vain once the queue is longer than their timeout; the service is "
                    + "then busy with requests that nobody waits for any more, and stays so when the rush is over. "
                    + "The pipeline and the guard send what the service can do; for the rest the pipeline gives the last known "
                    + "stock, and the guard refuses after a short wait.",
            Script.overload(),
            new Capacity(8, 500, 100),
            3,
            // A little more than the service can do, as quotas are: the bulkhead has to find out.
            100);

    private final String title;
    private final String motto;
    private final String description;
    private final Script script;
    private final Capacity capacity;
    private final int bareAttempts;
    private final int quota;

    Scenario(
            String title,
            String motto,
            String description,
            Script script,
            Capacity capacity,
            int bareAttempts,
            int quota) {
        this.title = title;
        this.motto = motto;
        this.description = description;
        this.script = script;
        this.capacity = capacity;
        this.bareAttempts = bareAttempts;
        this.quota = quota;
    }

    String title() {
        return title;
    }

    /** In a few words. */
    String motto() {
        return motto;
    }

    /** In a few sentences. */
    String description() {
        return description;
    }

    Script script() {
        return script;
    }

    /** Of each of the services. */
    Capacity capacity() {
        return capacity;
    }

    Stocks bare(StockClient client) {
        return new BareStocks(client, bareAttempts);
    }

    /**
     * Stocks behind policies.
     *
     * @param client who asks the service
     * @param states takes every new state of the breaker
     */
    Stocks pipeline(StockClient client, Consumer<String> states) {
        return new PipelineStocks(client, quota, states);
    }
}

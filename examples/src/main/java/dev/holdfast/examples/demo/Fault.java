// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

/** What is wrong with the stock service. */
enum Fault {
    HEALTHY("healthy", "answers as it should", false),
    FLAKY("flaky", "every fourth answer is an HTTP 500", false),
    SLOW("slow", "every answer takes 90 ms longer", false),
    ERRORS("errors", "every answer is an HTTP 500", true),
    FROZEN("frozen", "stopped by SIGSTOP: connects, never answers", true),
    KILLED("killed", "killed by SIGKILL: connections are refused", true),
    OVERLOADED("overload", "gets more calls than it can answer", false);

    private final String label;
    private final String description;
    private final boolean outage;

    Fault(String label, String description, boolean outage) {
        this.label = label;
        this.description = description;
        this.outage = outage;
    }

    String label() {
        return label;
    }

    String description() {
        return description;
    }

    /** Whether the service is of no use meanwhile, so that a breaker has to open. */
    boolean outage() {
        return outage;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

/**
 * What each contender is put through: a scenario, from how many clients, and for how many seconds.
 *
 * @param scenario what happens
 * @param clients how many clients there are, each with policies of its own
 * @param before seconds before the fault
 * @param fault seconds of the fault; 0 for none
 * @param after seconds after the fault
 */
record Case(Scenario scenario, int clients, int before, int fault, int after) {
    int seconds() {
        return before + fault + after;
    }

    /** The first second after the fault. */
    int faultEnd() {
        return before + fault;
    }

    String title() {
        return scenario.title() + ", " + clients + (clients == 1 ? " client" : " clients");
    }
}

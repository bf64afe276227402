// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

/** What a {@link PolicyVerifier} looks at, as its messages say it. */
enum Law {
    ENVIRONMENT("a policy's environment is the one that it is given"),
    ENDS("each call ends, after a bounded number of attempts"),
    OUTCOME("a caller gets what its work came to, or what the policy says in its place, and nothing else"),
    EXITS("exits equal enters, innermost first"),
    COUNTS("counts balance: each call is counted once"),
    TIMERS("no timer is left pending"),
    INTERRUPTS("no interrupt is left behind"),
    HELD("nothing is held when no call is under way"),
    CAPACITY("a gate admits as much after a rest as at first"),
    SAME("blocking and asynchronous calls have the same outcome, trace and duration"),
    TIME("time and randomness come from the environment, and its clock may start anywhere"),
    LISTENERS("who listens changes nothing");

    final String text;

    Law(String text) {
        this.text = text;
    }
}

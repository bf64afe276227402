// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

/**
 * What an experiment can arm: faults before the work ({@link Chaos}), faults of its reply ({@link ChaosReply}), and a burden on the
 * application's own resources ({@link Burden}). Inert until an experiment arms it; at most one does at a time.
 */
public sealed interface Injection permits Chaos, ChaosReply, Burden {
    /**
     * The injection's name.
     *
     * @return as it was given when it was made
     */
    String name();
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

/**
 * Knows of targets, such as the nodes of a service, whether they seem to be up: a failure detector, probes, or what somebody else has found
 * out. What balances calls between targets follows one, and knows no kind. Implementations must be safe to use from any thread.
 *
 * @param <T> what the targets are; the same one is {@linkplain Object#equals equal}
 */
@FunctionalInterface
public interface Detector<T> {
    /**
     * Hears of what is known now, and of each change from now on.
     *
     * @param watcher is told at once, before this returns, of each target that seems to be down; one that it was told nothing of is up
     * @return a handle to hear no more
     */
    Subscription follow(Watcher<? super T> watcher);

    /**
     * Hears of targets that seem to be down, and up again.
     *
     * @param <T> what the targets are
     */
    @FunctionalInterface
    interface Watcher<T> {
        /**
         * A target seems to be down, or up again. Of one target the news come one after the other, down and up (or {@link #gone}) by
         * turns; on any thread. Must be quick, and must not throw.
         *
         * @param target which
         * @param isUp whether it is up
         * @param why for people: {@code "phi 8.4 (threshold 8.0)"}
         */
        void changed(T target, boolean isUp, String why);

        /**
         * Nobody looks any more at a target that seemed to be down, such as one that is not in the list of nodes any more: it is not known whether
         * it is up. Told instead of {@link #changed} with {@code isUp}, in the same order; of a target that was up nothing is told. Must be quick,
         * and must not throw.
         *
         * <p>By default it is taken for up, which does for all who leave out those that are down. It does not do for those who conclude
         * that the target is well.
         *
         * @param target which; the next that is equal to it is a new one, and up until something else is told
         * @param why for people: {@code "it is not asked any more"}
         */
        default void gone(T target, String why) {
            changed(target, true, why);
        }
    }
}

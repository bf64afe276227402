// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import org.jspecify.annotations.Nullable;

/**
 * One set of callers, and what became of their calls.
 *
 * @param callers who they are
 * @param recorder what they got
 * @param breaker the states of their circuit breaker, or {@code null} if they have none
 * @param limit the limit of calls in flight that they have learnt, or {@code null} if the demo does not show it
 * @param policies what they call through, in words
 */
record Side(
        Callers callers,
        Recorder recorder,
        @Nullable BreakerLog breaker,
        @Nullable LimitLog limit,
        String policies) {
    String label() {
        return callers.label();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Loop;
import java.time.Duration;

/** A retry as a user would write it. */
class Again extends Loop<Object> {
    private final int attempts;
    private final Duration delay;

    Again(Environment environment, int attempts, Duration delay) {
        super("again", environment);
        this.attempts = attempts;
        this.delay = delay;
    }

    @Override
    protected Classifier<? super Object> classifier() {
        return Classifier.standard();
    }

    @Override
    protected void succeeded(int number) {}

    @Override
    protected long next(
            int number,
            long previousDelay,
            Object value,
            Throwable failure,
            long asked,
            Call call,
            long now,
            long nanosLeft) {
        return number == attempts || delay.toNanos() >= nanosLeft ? STOP : delay.toNanos();
    }

    @Override
    protected long maxNanos() {
        return NO_LIMIT;
    }

    @Override
    protected Object gaveUp(Object value, int number) {
        return value;
    }
}

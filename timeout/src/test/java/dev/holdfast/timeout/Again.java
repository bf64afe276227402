// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Loop;
import java.time.Duration;

/** The simplest retry: some attempts with a delay between them, whatever time is left. */
final class Again extends Loop<Object> {
    private final int attempts;
    private final long delay;

    Again(Environment environment, int attempts, Duration delay) {
        super("again", environment);
        this.attempts = attempts;
        this.delay = delay.toNanos();
    }

    @Override
    protected Classifier<Object> classifier() {
        return Classifier.standard();
    }

    @Override
    protected void succeeded(int tried) {}

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
        return number < attempts ? delay : STOP;
    }

    @Override
    protected long maxNanos() {
        return NO_LIMIT;
    }

    @Override
    protected Object gaveUp(Object value, int tried) {
        return value;
    }
}

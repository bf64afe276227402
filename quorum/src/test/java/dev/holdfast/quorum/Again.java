// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Loop;

/** A retry in its simplest form: so many attempts, one after the other. */
final class Again extends Loop<Object> {
    private final int attempts;

    Again(int attempts, Environment environment) {
        super("again", environment);
        this.attempts = attempts;
    }

    @Override
    protected Classifier<? super Object> classifier() {
        return Classifier.standard();
    }

    @Override
    protected void succeeded(int attempts) {}

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
        return number < attempts ? 0 : STOP;
    }

    @Override
    protected long maxNanos() {
        return NO_LIMIT;
    }

    @Override
    protected Object gaveUp(Object value, int attempts) {
        return value;
    }
}

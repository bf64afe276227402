// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

/** Goes again so many times, at once or after a nanosecond, and keeps nothing. */
final class Again extends Loop<Object> {
    private final int attempts;
    private final long delay;

    Again(Environment environment, int attempts, long delay) {
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
        return number == attempts ? STOP : delay;
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

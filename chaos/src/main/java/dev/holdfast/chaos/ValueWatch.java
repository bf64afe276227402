// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import org.jspecify.annotations.Nullable;

/** A {@link ValueProbe} in one run. */
final class ValueWatch extends Watch {
    private final ValueProbe probe;
    private double read = Double.NaN;
    private double last = Double.NaN;
    private long offSince;
    private boolean isOff;

    ValueWatch(ValueProbe probe) {
        this.probe = probe;
    }

    @Override
    void read() {
        double value = probe.read();
        if (Double.isNaN(value)) {
            throw new ProbeException("gave NaN (expected: a number)");
        }
        read = value;
    }

    @Override
    void take(long now) {
        last = read;
        boolean wasOff = isOff;
        isOff = last < probe.least || last > probe.most;
        if (isOff && !wasOff) {
            offSince = now;
        }
    }

    @Override
    void begin() {
        // A phase does not pay for the one before: an offence counts from when it is seen in it.
        isOff = false;
    }

    @Override
    ValueProbe probe() {
        return probe;
    }

    @Override
    String words() {
        return probe.words(last);
    }

    @Override
    @Nullable String offence(long now) {
        return isOff && now - offSince >= probe.exceptNanos ? doubt() : null;
    }

    @Override
    @Nullable String doubt() {
        return isOff ? probe.name() + " is " + words() + " (expected: " + probe.tolerance() + ")" : null;
    }

    @Override
    boolean needsMore() {
        return false;
    }

    @Override
    double last() {
        return last;
    }
}

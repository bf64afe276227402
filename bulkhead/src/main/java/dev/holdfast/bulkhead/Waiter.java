// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Turn;

/** A call's place in a line. It leaves the line as soon as it gives up. */
final class Waiter extends Turn {
    final Line line;
    final long number;
    private final Slots slots;
    private final long nanos;

    Waiter(Slots slots, Line line, long number, long nanos) {
        this.slots = slots;
        this.line = line;
        this.number = number;
        this.nanos = nanos;
    }

    @Override
    protected long nanos() {
        return nanos;
    }

    @Override
    protected long due() {
        slots.giveUp(this);
        return Bulkhead.OUT;
    }

    @Override
    protected void abandoned() {
        slots.giveUp(this);
    }
}

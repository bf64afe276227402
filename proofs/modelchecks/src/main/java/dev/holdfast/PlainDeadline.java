// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.modelchecks.ManualTime;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A deadline that only counts, for tests of what the engines do with one. */
public final class PlainDeadline extends Deadline {
    /** How many calls ended in time. */
    public final AtomicInteger kept = new AtomicInteger();
    /** How many did not. */
    public final AtomicInteger passed = new AtomicInteger();

    /** Creates a deadline in manual time. */
    public PlainDeadline() {
        super("plain", new ManualTime());
    }

    AsyncDeadline ofCall(Consumer<AsyncDeadline> onPassed) {
        return new AsyncDeadline(this, onPassed, 0, 1, null);
    }

    @Override
    protected long nanos(@Nullable Call call) {
        return 1;
    }

    @Override
    protected void passed() {
        passed.incrementAndGet();
    }

    @Override
    protected RuntimeException exceeded(long nanos) {
        return new IllegalStateException("too late");
    }

    @Override
    protected void kept() {
        kept.incrementAndGet();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Call;
import dev.holdfast.Deadline;
import dev.holdfast.Environment;
import java.time.Duration;

/** A timeout in its simplest form. */
final class Limit extends Deadline {
    private final Duration limit;

    Limit(Duration limit, Environment environment) {
        super("limit", environment);
        this.limit = limit;
    }

    @Override
    protected long nanos(Call call) {
        return limit.toNanos();
    }

    @Override
    protected RuntimeException exceeded(long nanos) {
        return new IllegalStateException("took longer than " + limit);
    }

    @Override
    protected void kept() {}
}

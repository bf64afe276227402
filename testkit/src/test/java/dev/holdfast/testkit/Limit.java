// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Call;
import dev.holdfast.Deadline;
import dev.holdfast.Environment;
import java.time.Duration;

/** A deadline as a user would write it: one that knows nothing of the inside of the core. */
class Limit extends Deadline {
    private final Duration limit;

    Limit(Environment environment, Duration limit) {
        super("limit", environment);
        this.limit = limit;
    }

    @Override
    protected long nanos(Call call) {
        return limit.toNanos();
    }

    @Override
    protected RuntimeException exceeded(long nanos) {
        return new Exceeded();
    }

    @Override
    protected void kept() {}

    static final class Exceeded extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}

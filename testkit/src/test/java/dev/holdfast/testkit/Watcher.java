// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Around;
import dev.holdfast.Call;
import dev.holdfast.Environment;
import dev.holdfast.Outcome;
import java.util.concurrent.atomic.AtomicInteger;

/** An around as a user would write it. */
class Watcher extends Around {
    final AtomicInteger underWay = new AtomicInteger();
    final AtomicInteger ended = new AtomicInteger();

    Watcher(Environment environment) {
        super("watcher", environment);
    }

    @Override
    protected Object begin(Call call) {
        underWay.incrementAndGet();
        return this;
    }

    @Override
    protected void end(Object watch, Outcome<?> outcome) {
        underWay.decrementAndGet();
        ended.incrementAndGet();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.Around;
import dev.holdfast.Call;
import dev.holdfast.Environment;
import dev.holdfast.Outcome;
import dev.holdfast.verification.chaotic.Program.Part;
import dev.holdfast.verification.chaotic.Program.Place;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts what it sees. */
final class Watching extends Around {
    final AtomicInteger begun = new AtomicInteger();
    final AtomicInteger ended = new AtomicInteger();
    private final Part part;
    private final Mischief mischief;

    Watching(String name, Environment environment, Part part, Mischief mischief) {
        super(name, environment);
        this.part = part;
        this.mischief = mischief;
    }

    @Override
    protected Object begin(Call call) {
        begun.incrementAndGet();
        return this;
    }

    @Override
    protected Scope bind(Object watch) {
        mischief.at(Place.STEP, part);
        return null;
    }

    @Override
    protected void end(Object watch, Outcome<?> outcome) {
        ended.incrementAndGet();
        mischief.at(Place.STEP, part);
    }
}

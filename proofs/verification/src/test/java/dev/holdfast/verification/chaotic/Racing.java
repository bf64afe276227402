// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Heat;
import dev.holdfast.Race;
import dev.holdfast.RejectedException;
import dev.holdfast.UnavailableException;
import dev.holdfast.verification.chaotic.Program.Kind;
import dev.holdfast.verification.chaotic.Program.Part;
import dev.holdfast.verification.chaotic.Program.Place;
import java.util.concurrent.Executor;

/** Goes again after each failure at once, and, as a hedge, each time that some milliseconds are over. */
final class Racing extends Race<Object> {
    private final Part part;
    private final Classifier<Object> classifier;
    private final Mischief mischief;
    private final Ground ground;

    Racing(
            String name,
            Environment environment,
            Part part,
            Classifier<Object> rules,
            Mischief mischief,
            Ground ground) {
        super(name, environment);
        this.part = part;
        // Not what has no thread or no context: the work may have succeeded.
        this.classifier = rules.failOn(RejectedException.class).ignore(UnavailableException.class);
        this.mischief = mischief;
        this.ground = ground;
    }

    @Override
    protected int attempts() {
        return 1 + part.limit();
    }

    @Override
    protected Classifier<? super Object> classifier() {
        return classifier;
    }

    @Override
    protected long headStart(Call call) {
        return part.kind() == Kind.HEDGE ? part.millis() * 1_000_000L : HOLD;
    }

    @Override
    protected long next(Heat<Object> heat, long now) {
        mischief.at(Place.DELAY, part);
        if (part.kind() == Kind.FAILOVER || heat.underWay() == 0) {
            return heat.underWay() == 0 ? START : HOLD;
        }
        long passed = now - heat.startedAt(0);
        long due = part.millis() * 1_000_000L * heat.started();
        return heat.started() == attempts() ? HOLD : passed >= due ? START : due - passed;
    }

    @Override
    protected Executor executor() {
        return ground.executor(part.threads());
    }
}

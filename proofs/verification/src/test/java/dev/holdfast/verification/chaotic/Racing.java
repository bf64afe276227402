// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Heat;
import dev.holdfast.Race;
import dev.holdfast.RejectedException;
import dev.holdfast.UnavailableException;
import dev.holdfast.verification.chaotic.Program.Part;
import dev.holdfast.verification.chaotic.Program.Place;

/** Goes again after each failure at once. */
final class Racing extends Race<Object> {
    private final Part part;
    private final Classifier<Object> classifier;
    private final Mischief mischief;

    Racing(String name, Environment environment, Part part, Classifier<Object> rules, Mischief mischief) {
        super(name, environment);
        this.part = part;
        // Not what has no thread or no context: the work may have succeeded.
        this.classifier = rules.failOn(RejectedException.class).ignore(UnavailableException.class);
        this.mischief = mischief;
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
        return HOLD;
    }

    @Override
    protected long next(Heat<Object> heat, long now) {
        mischief.at(Place.DELAY, part);
        return heat.underWay() == 0 ? START : HOLD;
    }
}

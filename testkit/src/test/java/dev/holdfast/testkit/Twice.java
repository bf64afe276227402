// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Ending;
import dev.holdfast.Environment;
import dev.holdfast.Heat;
import dev.holdfast.Race;
import java.time.Duration;

/** A hedge as a user would write it: a second attempt when the first has failed, or takes longer than expected. */
class Twice extends Race<Object> {
    private final Duration patience;

    Twice(Environment environment, Duration patience) {
        super("twice", environment);
        this.patience = patience;
    }

    @Override
    protected int attempts() {
        return 2;
    }

    @Override
    protected Classifier<? super Object> classifier() {
        return Classifier.standard();
    }

    @Override
    protected long headStart(Call call) {
        return patience.toNanos();
    }

    @Override
    protected long next(Heat<Object> heat, long now) {
        boolean over = heat.ended(Ending.FAILURE) + heat.notStarted() == 2;
        return over ? OVER : heat.started() < 2 ? START : HOLD;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Outcome;
import dev.holdfast.Recovery;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** A fallback as a user would write it. */
class Instead extends Recovery<Object> {
    private final Supplier<? extends CompletionStage<Object>> stages;

    Instead(Environment environment, Supplier<? extends CompletionStage<Object>> stages) {
        super("instead", environment);
        this.stages = stages;
    }

    @Override
    protected Classifier<? super Object> classifier() {
        return Classifier.standard();
    }

    @Override
    protected int steps() {
        return 1;
    }

    @Override
    protected CompletionStage<Object> step(int number, Outcome<Object> replaced, Call call) {
        return stages.get();
    }
}

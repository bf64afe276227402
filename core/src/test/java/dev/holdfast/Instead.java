// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Puts a stage in the place of what a classifier takes for a failure. */
class Instead extends Recovery<Object> {
    private final Classifier<Object> classifier;
    private final Supplier<? extends CompletionStage<Object>> stages;

    Instead(
            Environment environment,
            Classifier<Object> classifier,
            Supplier<? extends CompletionStage<Object>> stages) {
        super("instead", environment);
        this.classifier = classifier;
        this.stages = stages;
    }

    @Override
    protected Classifier<? super Object> classifier() {
        return classifier;
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

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import dev.holdfast.Call;
import dev.holdfast.Checked;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Outcome;
import dev.holdfast.Recovery;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Does something else when the work has failed. */
final class Replacing extends Recovery<Object> {
    private final Checked.Runnable<InterruptedException> other;

    Replacing(Environment environment, Checked.Runnable<InterruptedException> other) {
        super("replacing", environment);
        this.other = other;
    }

    @Override
    protected Classifier<Object> classifier() {
        return Classifier.standard();
    }

    @Override
    protected int steps() {
        return 1;
    }

    @Override
    protected CompletionStage<Object> step(int number, Outcome<Object> replaced, Call call)
            throws InterruptedException {
        other.run();
        return CompletableFuture.completedFuture("replaced");
    }
}

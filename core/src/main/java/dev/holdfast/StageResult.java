// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What a stage comes to, for a thread that waits for it. */
final class StageResult {
    private final Chain chain;
    private final int shape;
    private final CompletionStage<?> stage;
    private final Thread waiting = Thread.currentThread();
    private @Nullable Object value;
    private @Nullable Throwable failure;
    private volatile boolean arrived;

    StageResult(Chain chain, int shape, CompletionStage<?> stage) {
        this.chain = chain;
        this.shape = shape;
        this.stage = stage;
        try {
            stage.handle((result, thrown) -> {
                arrive(result, thrown);
                return true;
            });
        } catch (Throwable broken) {
            // One that cannot even call back has failed.
            arrive(null, broken);
        }
    }

    private void arrive(@Nullable Object result, @Nullable Throwable thrown) {
        value = result;
        failure = thrown == null ? null : Failures.ofStage(thrown);
        arrived = true;
        chain.environment.wake(waiting);
    }

    /** Blocks until the stage is complete; an interrupt gives it up. */
    void await() throws InterruptedException {
        // A thread that is interrupted cannot wait, but it need not for what is here.
        while (!arrived) {
            try {
                chain.environment.await(() -> arrived, Loop.NO_LIMIT);
            } catch (Throwable thrown) {
                if (!arrived) {
                    Stages.giveUp(chain, shape, null, stage, true);
                    throw thrown;
                }
                if (thrown instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    @Nullable Object value() {
        return value;
    }

    @Nullable Throwable failure() {
        return failure;
    }
}

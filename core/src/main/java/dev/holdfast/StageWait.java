// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A wait for the stage of the work, or of a recovery's step. */
final class StageWait extends AsyncWait {
    private final CompletionStage<?> stage;
    private final @Nullable Substitutes substitutes;
    private boolean handedOver;
    private @Nullable Object value;
    private @Nullable Throwable failure;

    StageWait(AsyncEngine<?> engine, CompletionStage<?> stage, @Nullable Substitutes substitutes) {
        super(engine);
        this.stage = stage;
        this.substitutes = substitutes;
    }

    @Override
    void setUp(AsyncEngine<?> of) {
        // Not whenComplete, whose own future would wrap a failure once more, with a stack trace that nobody sees.
        stage.handle((result, thrown) -> {
            accept(result, thrown);
            return true;
        });
    }

    /** A call that ends completes its future, and so may end the next one, which waits for that, from inside of itself. */
    private void accept(@Nullable Object result, @Nullable Throwable thrown) {
        value = result;
        failure = thrown;
        if (!Nesting.enter()) {
            handedOver = true;
            handOver();
            return;
        }
        try {
            run();
        } finally {
            Nesting.exit();
        }
    }

    @Override
    boolean isOnOwnThread() {
        return handedOver;
    }

    @Override
    void takeOver(AsyncEngine<?> of) {
        AsyncStages.given(of, value, failure, substitutes);
        value = null;
        failure = null;
    }

    /** It cannot even call back, so it has failed; or the call cannot go on with what it gave. */
    @Override
    void breakOff(AsyncEngine<?> of, Throwable thrown) {
        if (thrown instanceof UnavailableException) {
            undo(of, true);
            of.ended(null, failure == null ? thrown : Failures.replacing(Failures.ofStage(failure), thrown));
        } else {
            of.drop(value);
            AsyncStages.given(of, null, thrown, substitutes);
        }
    }

    @Override
    void undo(AsyncEngine<?> of, boolean interrupts) {
        // This is how the work learns that nobody waits.
        Stages.giveUp(of.chain, of.shape, of.context(), stage, interrupts);
        AsyncStages.workAbandoned(of, Stages.isKnownToBeDone(stage) ? null : stage, substitutes);
    }
}

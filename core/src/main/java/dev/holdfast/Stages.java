// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What can be known of stages, and done with them, that users give. */
final class Stages {
    private static final Logger LOG = LoggerFactory.getLogger(Policy.class);

    private Stages() {}

    /** Whether a stage that is complete calls back at once: subclasses may do so later, or on another thread. */
    static boolean isPlain(CompletionStage<?> stage) {
        return stage.getClass() == CompletableFuture.class || stage instanceof CallFuture;
    }

    /** Whether it is over; {@code false} where that cannot be asked: a minimal stage is a future that refuses. */
    static boolean isKnownToBeDone(CompletionStage<?> stage) {
        try {
            return stage instanceof CompletableFuture<?> future
                    && stage.toCompletableFuture() == stage
                    && future.isDone();
        } catch (RuntimeException refuses) {
            return false;
        }
    }

    /**
     * Nobody waits for a stage any longer: tells it so, unless others may, see {@link Pipeline#sharingStages}. What it gives all the
     * same is dropped, see {@link Pipeline#discarding}.
     */
    static void giveUp(
            Chain chain,
            int shape,
            ThreadContext.@Nullable Snapshot context,
            CompletionStage<?> stage,
            boolean mayInterrupt) {
        if (!chain.ownsStages()) {
            return;
        }
        boolean gives = chain.terms.discards() != Discards.NONE && Work.hasResult(shape);
        if (gives) {
            try {
                stage.whenComplete((result, thrown) ->
                        Carried.within(context, chain.name, () -> chain.drop(thrown == null ? result : null)));
            } catch (RuntimeException cannot) {
                LOG.debug("A stage of {} cannot call back", Names.quoted(chain.name), cannot);
            }
        }
        // To cancel a plain future stops nothing, and would hide what its maker has yet to give.
        if (!gives || stage.getClass() != CompletableFuture.class) {
            try {
                stage.toCompletableFuture().cancel(mayInterrupt);
            } catch (RuntimeException cannot) {
                Policy.tryTo(() -> LOG.debug("A stage of {} cannot be cancelled", Names.quoted(chain.name), cannot));
            }
        }
    }
}

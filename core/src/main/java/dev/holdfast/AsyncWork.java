// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Code of the user's that gives a stage, on a thread that is there for calls: it may block as long as it wants, and is given up
 * like any other wait. The thread is interrupted then, if it is to be, and the gates that limit work are left when the code has
 * returned and its stage is complete.
 *
 * <pre>
 *   published ── the code returns ──▶ claims the call, and goes on with the stage
 *       └──────── a deadline, a cancellation ──▶ interrupted; its stage is cancelled when it gives one ──▶ {@link #workEnd}
 * </pre>
 */
final class AsyncWork extends AsyncWait {
    private final Interruption interruption = new Interruption();
    private final @Nullable Substitutes substitutes;
    /** Complete when work that was given up has ended. */
    private final CompletableFuture<@Nullable Object> workEnd = new CompletableFuture<>();

    private volatile boolean interrupts = true;
    private final Environment environment;
    private final int shape;
    private final ThreadContext.@Nullable Snapshot context;
    private final Around.@Nullable Watch watch;

    AsyncWork(AsyncEngine<?> engine, @Nullable Substitutes substitutes) {
        super(engine);
        this.substitutes = substitutes;
        this.environment = engine.chain.environment;
        this.shape = engine.shape;
        this.context = engine.context();
        this.watch = engine.watch;
    }

    /** Runs the code; {@code true} if the call is still this thread's, and has gone on. */
    static boolean run(AsyncEngine<?> engine, @Nullable Substitutes substitutes) throws Throwable {
        AsyncStages.Source source = AsyncStages.source(engine, substitutes);
        AsyncWork work = new AsyncWork(engine, substitutes);
        work.interruption.begin();
        if (engine.publish(work)) {
            // Given up before it has begun.
            work.interruption.end(null);
            work.workEnd.completeExceptionally(new GivenUp());
            return true;
        }
        CompletionStage<?> stage = null;
        Throwable failure = null;
        try {
            stage = AsyncStages.begun(source, work.watch);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        work.interruption.end(failure);
        if (engine.claim(work)) {
            if (failure != null) {
                throw failure;
            }
            return AsyncStages.await(engine, stage, substitutes);
        }
        work.tooLate(engine.chain, stage, failure);
        return false;
    }

    private void tooLate(Chain chain, @Nullable CompletionStage<?> stage, @Nullable Throwable failure) {
        if (failure != null || stage == null) {
            ended(null, failure);
            return;
        }
        Stages.giveUp(chain, shape, context, stage, interrupts);
        try {
            stage.whenComplete(this::ended);
        } catch (Throwable broken) {
            ended(null, broken);
        }
    }

    /** Its gates are left now; not on a thread of theirs, which a listener may need while it runs. */
    private void ended(@Nullable Object result, @Nullable Throwable failure) {
        HandOver.away(environment, () -> {
            if (failure == null) {
                workEnd.complete(result);
            } else {
                workEnd.completeExceptionally(failure);
            }
        });
    }

    @Override
    void setUp(AsyncEngine<?> of) {
        throw new AssertionError("it is not started, it runs");
    }

    @Override
    void takeOver(AsyncEngine<?> of) {
        throw new AssertionError("it is not ended, it goes on");
    }

    @Override
    void undo(AsyncEngine<?> of, boolean mayInterrupt) {
        interrupts = mayInterrupt;
        if (mayInterrupt) {
            interruption.interrupt();
        }
        AsyncStages.workAbandoned(of, workEnd, substitutes);
    }
}

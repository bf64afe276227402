// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Code of the user's in asynchronous calls - the work, and the steps of recoveries - and the stages that it gives. */
final class AsyncStages {
    private AsyncStages() {}

    /** Code of the user's that gives a stage. */
    interface Source {
        @Nullable CompletionStage<?> get() throws Throwable;
    }

    /** Starts the work, or the next step of a recovery. */
    static boolean start(AsyncEngine<?> engine, @Nullable Substitutes instead) throws Throwable {
        return engine.isOnThreadForCalls()
                ? AsyncWork.run(engine, instead)
                : await(engine, begun(source(engine, instead), engine.watch), instead);
    }

    /** The stage of what is to be started, which runs with what those who watch have bound. */
    static @Nullable CompletionStage<?> begun(Source source, Around.@Nullable Watch watch) throws Throwable {
        return watch == null ? source.get() : (CompletionStage<?>) Around.withinAll(watch, source::get);
    }

    /** What is to be started, with all that it needs: the call may be over before it has come to it. */
    static Source source(AsyncEngine<?> engine, @Nullable Substitutes instead) {
        if (instead != null) {
            return instead::next;
        }
        Object code = Require.nonNull(engine.work, "work");
        int shape = engine.shape;
        Object first = engine.a;
        if (Work.wantsCall(shape)) {
            AbandonHooks fresh = AbandonHooks.ofStage(engine.chain);
            engine.hooks = fresh;
            Call with = Require.nonNull(engine.call, "call").withHooks(fresh);
            return () -> (CompletionStage<?>) Work.apply(shape, NotedWork.begins(code), with, first);
        }
        Object second = engine.b;
        return () -> (CompletionStage<?>) Work.run(shape, NotedWork.begins(code), first, second, null);
    }

    /** Waits for a stage of the work, or of a recovery. */
    static boolean await(AsyncEngine<?> engine, @Nullable CompletionStage<?> stage, @Nullable Substitutes instead) {
        if (stage == null) {
            if (instead == null) {
                throw new NullPointerException("stage: null (expected: the work to give a CompletionStage)");
            }
            instead.nothing();
            engine.ended(instead.ownResult(), instead.failure());
            return true;
        }
        if (Stages.isPlain(stage) && ((CompletableFuture<?>) stage).isDone()) {
            // Not whenComplete, whose own future would wrap a failure once more, with a stack trace that nobody sees.
            stage.handle((result, thrown) -> {
                given(engine, result, thrown, instead);
                return true;
            });
            return true;
        }
        return engine.suspend(new StageWait(engine, stage, instead));
    }

    /** A stage has completed. */
    static void given(
            AsyncEngine<?> engine, @Nullable Object result, @Nullable Throwable thrown, @Nullable Substitutes instead) {
        engine.endHooks();
        if (instead == null) {
            engine.ended(Work.resultOf(engine.shape, result), thrown == null ? null : Failures.ofStage(thrown));
        } else if (thrown == null) {
            engine.ended(instead.gave(result), null);
        } else {
            instead.failed(Failures.ofStage(thrown));
            engine.substitutes = instead;
        }
    }

    /** Work was given up; it goes on if there is a stage. */
    static void workAbandoned(
            AsyncEngine<?> engine, @Nullable CompletionStage<?> stage, @Nullable Substitutes instead) {
        engine.abandoned = stage;
        if (engine.hooks != null) {
            engine.hooks.abandon();
            engine.hooks = null;
        }
        if (instead != null) {
            instead.giveUp();
        }
    }

    /** A step of a recovery has failed, and the next one is not to be tried any more. */
    static void giveUpSubstitutes(AsyncEngine<?> engine) {
        if (engine.substitutes != null) {
            engine.substitutes.giveUp();
            engine.ended(null, new GivenUp());
        }
    }

    static boolean substitute(AsyncEngine<?> engine) throws Throwable {
        Substitutes next = engine.substitutes;
        engine.substitutes = null;
        return start(engine, next);
    }

    @SuppressWarnings("unchecked") // A policy in the chain accepts the results of the call.
    static boolean leaveRecovery(AsyncEngine<?> engine, int level) throws Throwable {
        Recovery<Object> recovery = (Recovery<Object>) engine.chain.policies[level];
        Call call = engine.call;
        return !recovery.replaces(engine.chain, engine.value, engine.failure, call)
                || start(engine, new Substitutes(recovery, engine.value, engine.failure, call, engine.shape));
    }
}

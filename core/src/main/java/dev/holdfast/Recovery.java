// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A policy that replaces failures by something else. It says what, step by step; the engine takes the steps.
 *
 * @param <R> the results of the calls that it stands around, and of what it puts in their place
 */
public abstract non-sealed class Recovery<R extends @Nullable Object> extends Policy<R> {
    /** Which outcomes are put to the steps. */
    protected enum Concern {
        /** None: the recovery is as if it were not there. */
        NONE,
        /** Those that are failures, by the pipeline's rules and by the {@link #classifier}. */
        FAILURES,
        /** All, results as well. A step that gives nothing leaves the outcome as it is. */
        ALL
    }

    private static final Classifier<@Nullable Object> GOES_ON =
            Classifier.standard().ignore(Error.class).failOn(RejectedException.class);

    /**
     * Creates a recovery.
     *
     * @param name 1 to 256 characters, not blank
     * @param environment where time comes from
     */
    protected Recovery(String name, Environment environment) {
        super(name, environment);
    }

    /**
     * Decides how a call ended: {@link Ending#FAILURE} is what is replaced.
     *
     * @return the classifier
     */
    protected abstract Classifier<? super R> classifier();

    /**
     * Which outcomes are put to the steps; asked of each call when it has ended.
     *
     * @return by default {@link Concern#FAILURES}
     */
    protected Concern concern() {
        return Concern.FAILURES;
    }

    /**
     * How many steps there are to try, one after the other, until one gives something.
     *
     * @return from 0 up, always the same
     */
    protected abstract int steps();

    /**
     * Starts a step in place of a failure. The engine waits for it, in the way of the call, and tries the next one if it fails.
     *
     * @param number which step, from 0 on, each at most once a call
     * @param replaced what is to be replaced
     * @param call the call's context, or {@code null} unless {@link #wantsCall}
     * @return what it will give, complete perhaps; {@code null} if it has nothing to give
     * @throws Exception if it fails
     */
    protected abstract @Nullable CompletionStage<? extends @Nullable R> step(
            int number, Outcome<R> replaced, @Nullable Call call) throws Exception;

    /**
     * Whether a step has something to give only to calls that have a result; others pass it over.
     *
     * @param number which step
     * @return by default no
     */
    protected boolean isForResults(int number) {
        return false;
    }

    /**
     * Whether the next step is tried when one has failed.
     *
     * @param failure what it failed with
     * @return by default, unless it is an {@link Error}, an interrupt or a cancellation
     */
    protected boolean goesOnAfter(Throwable failure) {
        return GOES_ON.classify(null, failure) == Ending.FAILURE;
    }

    /**
     * A step has given something in place of the failure.
     *
     * @param step which one
     */
    protected void recovered(int step) {}

    /** No step has given anything, or nobody waits for one any more. */
    protected void failed() {}

    /**
     * A call did not need recovery: it has a result of its own.
     *
     * @param value the result
     * @param call the call's context, or {@code null} unless {@link #wantsCall}
     */
    protected void passed(@Nullable R value, @Nullable Call call) {}

    /**
     * Whether a result is one that other calls get as well, such as a constant, so that nobody may close it: see
     * {@link Pipeline#discarding}.
     *
     * @param value a result that nobody gets
     * @return by default no
     */
    protected boolean isShared(@Nullable R value) {
        return false;
    }

    /**
     * Whether it keeps results of calls for others, so that nobody may ever close them.
     *
     * @return by default no
     */
    protected boolean keepsResults() {
        return false;
    }

    /** A call that has no result did not need recovery. */
    protected void passedWithoutResult() {}

    @Override
    protected Set<Class<? extends Event>> events() {
        return Set.of(Event.Recovered.class);
    }

    /** Whether an outcome is to be replaced; one that a rule throws at stands. */
    final boolean replaces(Chain chain, @Nullable R value, @Nullable Throwable failure, @Nullable Call call) {
        try {
            Concern concern = concern();
            if (concern != Concern.FAILURES) {
                return concern == Concern.ALL;
            }
            if (Classifier.ending(chain.rules, classifier(), value, failure) == Ending.FAILURE) {
                return true;
            }
            if (failure == null && value == Work.NOTHING) {
                passedWithoutResult();
            } else if (failure == null) {
                passed(value, call);
            }
        } catch (Throwable thrown) {
            outcomeStands(thrown, failure);
        }
        return false;
    }

    final void tellRecovered(@Nullable Call call, Outcome<R> replaced) {
        if (call != null && isWatched(Event.Recovered.class)) {
            tell(new Event.Recovered(this, call, replaced));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A policy that watches what is inside of it and changes nothing: for spans, observations and recordings. Outside of a retry it sees
 * calls, inside of one attempts.
 *
 * <pre>
 *   enter ── isOn ──▶ begin(call) ──▶ bind(watch) ──▶ what is inside ──▶ close ──▶ end(watch, outcome), once
 *               │         │ null                         on each thread that runs
 *               └ off ────┴──▶ what is inside            code of the user's inside
 * </pre>
 *
 * <p>What is bound to a thread, such as the current span, is bound around the whole of what is inside on the thread of a blocking
 * call, and on every other thread on which a part of it runs; and, of an asynchronous call, around the start of its work and of what
 * stands in for it. As long as it {@link #isOn is off}, a call pays for it with one question.
 *
 * <p>What the methods below throw is logged, and changes nothing. They are called on any thread.
 */
public abstract non-sealed class Around extends Policy<@Nullable Object> {
    /** What is bound to a thread, until that is over. */
    @FunctionalInterface
    public interface Scope {
        /** Takes it off the thread, on the thread that has bound it. */
        void close();
    }

    /**
     * Creates an around.
     *
     * @param name 1 to 256 characters, not blank
     * @param environment that of the pipeline
     */
    protected Around(String name, Environment environment) {
        super(name, environment);
    }

    /**
     * Whether anybody wants to know. Asked at the start of each call, and where this one stands; must be quick. A call during which it is
     * turned on may be seen without being bound on other threads than its caller's.
     *
     * @return by default yes
     */
    protected boolean isOn() {
        return true;
    }

    /**
     * What is inside begins.
     *
     * @param call the call's context; {@code null} unless {@link #wantsCall}, or where this one was turned on during the call
     * @return what {@link #bind} and {@link #end} get; {@code null} if this one is not watched
     */
    protected abstract @Nullable Object begin(@Nullable Call call);

    /**
     * Binds what belongs to the thread.
     *
     * @param watch what {@link #begin} gave
     * @return what takes it off again; {@code null}, the default, if nothing is bound
     */
    protected @Nullable Scope bind(Object watch) {
        return null;
    }

    /**
     * What is inside has ended. Once for each {@link #begin}, also if it was refused, given up or cancelled.
     *
     * @param watch what {@link #begin} gave
     * @param outcome what it came to
     */
    protected abstract void end(Object watch, Outcome<?> outcome);

    /**
     * What an outcome is called in labels, spans and recordings.
     *
     * @param failure what was thrown, or {@code null}
     * @return {@code success}; {@code rejected} where a policy refused the call; {@code abandoned} where nobody waits for it any more: it was
     *     cancelled, interrupted, ended by a deadline further out, or another attempt of a race was quicker; otherwise {@code failure}
     */
    protected static String outcomeOf(@Nullable Throwable failure) {
        if (failure == null) {
            return "success";
        }
        return failure instanceof RejectedException
                ? "rejected"
                : Failures.isOfAbandoned(failure) ? "abandoned" : "failure";
    }

    /**
     * What was wrong, for what marks errors and names their classes.
     *
     * @param outcome how it came out
     * @return what was thrown; {@code null} if there is a result, and where nobody waits for it any more, which is no error
     */
    protected static @Nullable Throwable errorOf(Outcome<?> outcome) {
        Throwable failure = outcome.failure();
        return failure == null || Failures.isOfAbandoned(failure) ? null : failure;
    }

    @Override
    protected Set<Class<? extends Event>> events() {
        return Set.of();
    }

    // ---- For the engines ------------------------------------------------------------------------------------------

    /** One that has begun, and those around it. */
    static final class Watch {
        final Around around;
        final Object watch;
        final @Nullable Watch outer;

        private Watch(Around around, Object watch, @Nullable Watch outer) {
            this.around = around;
            this.watch = watch;
            this.outer = outer;
        }

        void ended(@Nullable Object value, @Nullable Throwable failure) {
            try {
                around.end(watch, Outcome.seen(value, failure));
            } catch (Throwable thrown) {
                around.ruleThrew(thrown, "the call goes on");
            }
        }
    }

    final boolean asksIsOn() {
        try {
            return isOn();
        } catch (Throwable thrown) {
            ruleThrew(thrown, "the call is not watched");
            return false;
        }
    }

    /** Begins, where anybody wants to know. */
    final @Nullable Watch begins(@Nullable Call call, @Nullable Watch outer) {
        try {
            Object watch = isOn() ? begin(call) : null;
            return watch == null ? null : new Watch(this, watch, outer);
        } catch (Throwable thrown) {
            ruleThrew(thrown, "the call is not watched");
            return null;
        }
    }

    /** The same on a thread to which those around it are not bound, as that which an asynchronous call goes on on. */
    final @Nullable Watch beginsInside(@Nullable Watch outer, @Nullable Call call) throws Throwable {
        return (Watch) withinAll(outer, () -> begins(call, outer));
    }

    private @Nullable Scope binds(Object watch) {
        try {
            return bind(watch);
        } catch (Throwable thrown) {
            ruleThrew(thrown, "nothing is bound to the thread");
            return null;
        }
    }

    private void closes(@Nullable Scope scope) {
        if (scope != null) {
            try {
                scope.close();
            } catch (Throwable thrown) {
                ruleThrew(thrown, "the call goes on");
            }
        }
    }

    /** Work of an engine. */
    interface Inside {
        @Nullable Object run() throws Throwable;
    }

    /** Runs something with one of them bound. */
    static @Nullable Object within(Watch watch, Inside inside) throws Throwable {
        Scope scope = watch.around.binds(watch.watch);
        try {
            return inside.run();
        } finally {
            watch.around.closes(scope);
        }
    }

    /** Runs something on another thread with all of them bound, the outermost first. */
    static @Nullable Object withinAll(@Nullable Watch innermost, Inside inside) throws Throwable {
        return innermost == null ? inside.run() : withinAll(innermost.outer, () -> within(innermost, inside));
    }
}

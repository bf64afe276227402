// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A policy that limits how long what is inside of it may take.
 *
 * <p>A blocking call runs on its caller's thread, which is interrupted at the deadline; where there is an
 * {@link #executor()}, it runs there, and the caller goes on at the deadline. An asynchronous call is cancelled. One
 * compare-and-set decides between the result and the deadline, and the loser's effects are not seen. A result that comes when the time
 * is over by the clock is too late, also if the timer has not noticed.
 *
 * <p>What a passed deadline means for others they learn when its time is over, also while work that notices nothing holds its
 * caller: it is counted and told, and gates directly around it, unless they hold until the work ends, are left with a failure.
 */
public abstract non-sealed class Deadline extends Policy<@Nullable Object> {
    /**
     * Creates a deadline.
     *
     * @param name 1 to 256 characters, not blank
     * @param environment where time and timers come from
     */
    protected Deadline(String name, Environment environment) {
        super(name, environment);
    }

    /**
     * How long the rest of a call may take. If it throws, the call is refused by an {@link UnavailableException}.
     *
     * @param call the call's context, or {@code null} unless {@link #wantsCall}
     * @return nanoseconds; zero or less: the work is not started; {@link Long#MAX_VALUE}: as long as it wants
     */
    protected abstract long nanos(@Nullable Call call);

    /**
     * How long every call may take, where that is the same for all: for who looks at the settings of a pipeline.
     *
     * @return nanoseconds; by default {@link Long#MAX_VALUE}, which says nothing
     */
    protected long fixedNanos() {
        return Long.MAX_VALUE;
    }

    /** A call has passed its deadline; called once for each such call, when its time is over. */
    protected void passed() {}

    /**
     * Makes the exception for a call that took too long. May be called twice for a call: for policies around this one when its time
     * is over, and for its caller when the work returns.
     *
     * @param nanos how long it was allowed to take
     * @return the exception
     */
    protected abstract RuntimeException exceeded(long nanos);

    /**
     * Makes the exception for a call that took longer than its caller had left, which was less than this deadline allows: see
     * {@link Pipeline#within}. May be called twice for a call, as {@link #exceeded}.
     *
     * @param own how long this deadline would have allowed, in nanoseconds; {@link Long#MAX_VALUE} for as long as it wants
     * @param left how long the call had, in nanoseconds, zero or less if nothing was left
     * @return the exception, a {@link DeadlineExceededException} that {@linkplain DeadlineExceededException#isInherited() is inherited} where classifiers
     *     should know it; by default the one of {@link #exceeded}, for so long
     */
    protected RuntimeException exceededByCaller(long own, long left) {
        return exceeded(left);
    }

    /** A call has ended before its deadline, whatever its outcome; also when its caller was interrupted or cancelled it. */
    protected abstract void kept();

    /**
     * Where a blocking call runs, so that its caller can leave it behind.
     *
     * @return an executor, or {@code null}, the default, for the caller's own thread
     */
    protected @Nullable Executor executor() {
        return null;
    }

    /**
     * Whether work is interrupted at the deadline, and stages are cancelled as by {@code cancel(true)}.
     *
     * @return by default yes
     */
    protected boolean interrupts() {
        return true;
    }

    @Override
    protected Set<Class<? extends Event>> events() {
        return Set.of(Event.TimedOut.class);
    }

    @Override
    protected @Nullable String misplaced(List<Policy<?>> outside, List<Policy<?>> inside) {
        if (executor() != null) {
            for (Policy<?> policy : outside) {
                if (policy instanceof Gate gate && gate.holdsUntilWorkEnds()) {
                    return "runs work on other threads, and lets go of it, inside of " + title(policy)
                            + ", which then limits callers and not work: " + title(this) + " belongs outside of "
                            + title(policy);
                }
            }
        }
        return null;
    }

    /** {@link #nanos}; a call for which it throws is refused, which is not the dependency's fault. */
    final long limit(@Nullable Call call) {
        try {
            return nanos(call);
        } catch (Throwable thrown) {
            throw UnavailableException.noLimit(name(), thrown);
        }
    }

    /** For a call that had so long, of which this deadline would have allowed {@code own}. */
    final RuntimeException exceeded(long own, long nanos) {
        return nanos < own ? exceededByCaller(own, nanos) : exceeded(nanos);
    }

    /** Whether a time is over, which a timer may not have said yet: it may be late. A clock that throws says nothing. */
    final boolean isOver(long due) {
        try {
            return environment().nanoTime() - due > 0;
        } catch (Throwable broken) {
            return false;
        }
    }

    final void tellKept() {
        try {
            kept();
        } catch (Throwable thrown) {
            outcomeStands(thrown, null);
        }
    }

    /** A call has passed its deadline. */
    final void tellPassed(long nanos, @Nullable Call call) {
        passed();
        if (call != null && isWatched(Event.TimedOut.class)) {
            tell(new Event.TimedOut(this, call, Duration.ofNanos(Math.max(0, nanos))));
        }
    }
}

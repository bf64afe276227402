// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One call's place in a gate's queue. Whoever lets it in and whoever gives up decide it on one compare-and-set.
 *
 * <pre>
 *                 grant(stamp)             the gate, from any thread
 *   WAITING ──────────────────▶ stamp      the call is in, exit(stamp, ...) will follow
 *      ├──── turnAway() ──────▶ TURNED_AWAY  the gate, from any thread: the call is refused
 *      ├──── pass() ──────────▶ PASS         the gate, from any thread: the call goes on, and is none of the gate's
 *      └────────────────────▶ CLOSED       time is up: due() says in or out
 *         time is up, interrupted,         interrupted, cancelled, past a deadline: abandoned()
 *         cancelled, past a deadline
 * </pre>
 */
public abstract class Turn {
    /** {@link #due}: the call may not go in. */
    protected static final long REFUSED = Gate.REFUSED;
    /** {@link #due}: the call is not made, and has the outcome that {@link #instead} gives. */
    protected static final long INSTEAD = Gate.INSTEAD;
    /** {@link #due}: the call goes on, and is none of the gate's. */
    protected static final long PASS = Gate.PASS;

    private static final long WAITING = -1;
    private static final long CLOSED = -2;
    private static final long TURNED_AWAY = -3;

    private final AtomicLong state = new AtomicLong(WAITING);
    private volatile @Nullable Runnable waker;

    /** Creates a turn that waits. */
    protected Turn() {}

    /**
     * How long the call waits at most.
     *
     * @return nanoseconds from the reading that {@link Gate#queue} got; of one that {@link Gate#ask} gave, from then on, and with 0 it does
     *     not wait at all
     */
    protected abstract long nanos();

    /**
     * The wait is over and nobody granted the turn.
     *
     * @return a stamp to let the call in now, or {@link #REFUSED}, {@link #INSTEAD} or {@link #PASS}
     */
    protected abstract long due();

    /**
     * What the call comes to after {@link #INSTEAD}: see {@link Gate#instead}.
     *
     * @return the outcome
     */
    protected Outcome<?> instead() {
        throw new IllegalStateException("due: INSTEAD, without an outcome (expected: a turn that has one)");
    }

    /**
     * Whether the wait stands for the work's own time, as a delay that is injected does. Then gates that measure the work count it in, and
     * a limit ends it only where it would end the work.
     *
     * @return by default no
     */
    protected boolean isWork() {
        return false;
    }

    /** The caller gave up before its turn: give back what was reserved. */
    protected abstract void abandoned();

    /**
     * Lets the call in.
     *
     * @param stamp what {@link Gate#exit} will get
     * @return {@code false} if the call has given up, and the permit is still the granter's
     */
    public final boolean grant(long stamp) {
        return decide(Require.range(stamp, 0, Long.MAX_VALUE, "stamp"));
    }

    /**
     * Ends the wait: the call is refused, and nothing is given back.
     *
     * @return {@code false} if the call has given up before
     */
    public final boolean turnAway() {
        return decide(TURNED_AWAY);
    }

    /**
     * Ends the wait: the call goes on, and is none of the gate's.
     *
     * @return {@code false} if the call has given up before
     */
    public final boolean pass() {
        return decide(PASS);
    }

    private boolean decide(long decision) {
        if (!state.compareAndSet(WAITING, decision)) {
            return false;
        }
        Runnable wake = waker;
        if (wake != null) {
            wake.run();
        }
        return true;
    }

    final boolean isDecided() {
        return state.get() != WAITING;
    }

    /** Runs once the turn is decided; whoever sets it looks at {@link #isDecided} afterwards. */
    final void onDecision(Runnable wake) {
        waker = wake;
    }

    /** Ends the wait: the stamp of a grant that came before, or whatever {@link #due} says. */
    final long close() {
        if (state.compareAndSet(WAITING, CLOSED)) {
            return due();
        }
        long decided = state.get();
        return decided == PASS ? PASS : Math.max(REFUSED, decided);
    }

    /** Gives up: {@link Gate#REFUSED}, or the stamp of a grant that came before, which is then the caller's to return. */
    final long giveUp() {
        if (state.compareAndSet(WAITING, CLOSED)) {
            abandoned();
            return REFUSED;
        }
        return Math.max(REFUSED, state.get());
    }
}

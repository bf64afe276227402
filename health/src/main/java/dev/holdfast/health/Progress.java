// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Environment;
import dev.holdfast.Readiness.Condition;
import dev.holdfast.Readiness.State;
import dev.holdfast.internal.Durations;
import dev.holdfast.internal.Names;
import dev.holdfast.internal.Require;
import java.time.Duration;

/**
 * What a loop marks each time it gets on: it is alive while the last mark is recent enough.
 *
 * <pre>{@code
 * Progress worker = Progress.within(Duration.ofMinutes(1));
 * while (true) {
 *     worker.idle();            // nothing to do is no hang
 *     Order order = queue.take();
 *     worker.mark();
 *     handle(order);
 * }
 * }</pre>
 *
 * <pre>
 *   UNKNOWN ── mark() ──▶ MOVING ◀── mark() ── IDLE        any ── broken() ──▶ BROKEN, for good
 *                           │  └──── idle() ────▲
 *                           └ the limit passes: down, until the next mark
 * </pre>
 *
 * <p>Safe to use from any thread. A mark reads a clock and writes a field, and takes no lock.
 */
public final class Progress implements LiveCheck {
    private enum Mode {
        NEVER,
        MOVING,
        IDLE
    }

    private final long limit;
    private final Environment environment;
    /** Written before the mode says that it means something. */
    private volatile long last;

    private volatile Mode mode = Mode.NEVER;
    private volatile String broken = "";

    private Progress(long limit, Environment environment) {
        this.limit = limit;
        this.environment = environment;
    }

    /**
     * Marks that have to follow each other within a time, by the clock of {@link Environment#standard()}.
     *
     * @param longest longer than zero; longer than the longest step, with all that it may wait for
     * @return unknown until the first mark
     */
    public static Progress within(Duration longest) {
        return within(longest, Environment.standard());
    }

    /**
     * Marks that have to follow each other within a time.
     *
     * @param longest longer than zero
     * @param environment has the clock
     * @return unknown until the first mark
     */
    public static Progress within(Duration longest, Environment environment) {
        return new Progress(Require.positiveNanos(longest, "longest"), Require.nonNull(environment, "environment"));
    }

    /** It gets on, now. */
    public void mark() {
        last = environment.nanoTime();
        if (mode != Mode.MOVING) {
            mode = Mode.MOVING;
        }
    }

    /** There is nothing to do until the next {@link #mark}. */
    public void idle() {
        mode = Mode.IDLE;
    }

    /**
     * It will never get on again: what it works with is broken, and only a restart helps.
     *
     * @param reason for people
     */
    public void broken(String reason) {
        String said = Names.line(Require.nonNull(reason, "reason"));
        broken = said.isBlank() ? "broken" : said;
    }

    @Override
    public Condition liveness() {
        if (!broken.isEmpty()) {
            return new Condition(State.DOWN, broken);
        }
        return switch (mode) {
            case NEVER -> new Condition(State.UNKNOWN, "nothing was marked yet");
            case IDLE -> Condition.UP;
            case MOVING -> moving(environment.nanoTime() - last);
        };
    }

    private Condition moving(long since) {
        return since < limit
                ? Condition.UP
                : new Condition(
                        State.DOWN,
                        "no progress for " + Arrivals.shown(since) + " (limit "
                                + Durations.write(Duration.ofNanos(limit)) + ")");
    }

    @Override
    public String toString() {
        return "Progress[" + liveness() + "]";
    }
}

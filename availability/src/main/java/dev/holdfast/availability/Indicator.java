// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.CallCounts;
import dev.holdfast.CallInterruptedException;
import dev.holdfast.DeadlineExceededException;
import dev.holdfast.Ending;
import dev.holdfast.Gate;
import dev.holdfast.Meter;
import dev.holdfast.RejectedException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A service level indicator: a policy that lets every call through, and counts the answers that came in time, those that were slow, and calls
 * that have not ended. For what the counters of other policies cannot say: latency objectives, hangs, Apdex.
 *
 * <pre>{@code
 * Indicator indicator = Indicator.builder("inventory").latency(Duration.ofMillis(300)).build();
 * Pipeline.of(retry, breaker, indicator);
 * Objective fast = Objective.builder("inventory", 0.99).dependency(indicator);    // a slow answer is a bad one
 * }</pre>
 *
 * <p>Innermost it sees the dependency, outermost what callers get, with all waits. It costs a call two counts, and where it has a latency
 * two readings of the clock, which policies of one attempt share. Safe to use from any thread.
 */
public final class Indicator extends Gate {
    /** No answer is slow. */
    static final long NO_LATENCY = Long.MAX_VALUE;
    /** Beyond so many times the latency an answer comes too late to be any use: Apdex, technical specification 1.1. */
    private static final long FRUSTRATED = 4;

    private final long latency;
    private final LongAdder begun = new LongAdder();
    private final LongAdder slow = new LongAdder();
    private final LongAdder tooSlow = new LongAdder();
    /** Ignored ones that somebody gave up, and those that ended by themselves. */
    private final LongAdder givenUp = new LongAdder();

    private final LongAdder ignored = new LongAdder();

    Indicator(IndicatorBuilder settings) {
        super(settings.name, settings.environment);
        this.latency = settings.latencyNanos;
        classifyBy(settings.classifier);
    }

    /**
     * Starts to build one.
     *
     * @param name 1 to 256 characters, not blank
     * @return a builder
     */
    public static IndicatorBuilder builder(String name) {
        return new IndicatorBuilder(name);
    }

    @Override
    protected long enter(long now) {
        if (latency != NO_LATENCY && now == NO_TIME) {
            return NEEDS_TIME;
        }
        begun.increment();
        return 0;
    }

    @Override
    protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
        if (latency != NO_LATENCY && ending == Ending.SUCCESS) {
            if (elapsedNanos < 0) {
                return false;
            }
            if (elapsedNanos > latency) {
                slow.increment();
                if ((elapsedNanos - 1) / FRUSTRATED >= latency) {
                    tooSlow.increment();
                }
            }
        }
        if (ending == Ending.IGNORED) {
            (isGivenUp(failure) ? givenUp : ignored).increment();
        }
        return true;
    }

    /** Whether it ended because nobody waits any more: that may be because the dependency hangs. */
    private static boolean isGivenUp(@Nullable Throwable failure) {
        if (failure instanceof CompletionException || failure instanceof ExecutionException) {
            return isGivenUp(failure.getCause());
        }
        return failure instanceof CancellationException
                || failure instanceof InterruptedException
                || failure instanceof CallInterruptedException
                || (failure instanceof DeadlineExceededException late && late.isInherited());
    }

    @Override
    protected RejectedException rejection(long now) {
        throw new IllegalStateException(this + ": refused a call (expected: none)");
    }

    // ---- Operation --------------------------------------------------------------------------------------------------

    /**
     * How content whoever waited was, in the terms of Apdex: with answers within the latency, up to four times as late, and later or not at
     * all. Without a latency every answer is in time.
     *
     * @param satisfied answers within the latency
     * @param tolerating answers within four times the latency
     * @param frustrated later answers, and failures
     */
    public record Satisfaction(long satisfied, long tolerating, long frustrated) {
        /**
         * The application performance index.
         *
         * @return 0 to 1, or NaN without calls
         */
        public double apdex() {
            return (satisfied + tolerating / 2.0) / (satisfied + tolerating + frustrated);
        }
    }

    /**
     * How content callers were, since it was built.
     *
     * @return counts that only grow; while calls end it may miss the newest
     */
    public Satisfaction satisfaction() {
        return new Satisfaction(satisfied(), tolerating(), frustrated());
    }

    private long satisfied() {
        // Slow ones are counted before successes: read after them, they would be too many.
        long late = slow.sum();
        return Math.max(0, counts().successes() - late);
    }

    private long tolerating() {
        long tooLate = tooSlow.sum();
        return Math.max(0, slow.sum() - tooLate);
    }

    private long frustrated() {
        return tooSlow.sum() + counts().failures();
    }

    /**
     * How many calls have begun and not ended.
     *
     * @return from 0 up
     */
    public long underWay() {
        long ended = counts().calls();
        return Math.max(0, begun.sum() - ended);
    }

    /** Calls that somebody gave up after they had begun: by a timeout further out, or because the caller went away. */
    long givenUp() {
        return givenUp.sum();
    }

    /** All that it has counted, as totals: what is part of something is read before it. */
    Evidence evidence() {
        long late = slow.sum();
        CallCounts counts = counts();
        long all = begun.sum();
        return new Evidence(
                Math.max(0, counts.successes() - late),
                0,
                counts.failures() + late,
                all,
                all,
                counts.calls(),
                ignored.sum());
    }

    @Override
    protected List<Meter> ownMeters() {
        return List.of(
                answers("satisfied", this::satisfied),
                answers("tolerating", this::tolerating),
                answers("frustrated", this::frustrated),
                Meter.gauge(
                        "holdfast.indicator.usage", "{call}", "Calls that have begun and not ended.", this::underWay));
    }

    private static Meter answers(String satisfaction, LongSupplier count) {
        return Meter.counter(
                        "holdfast.indicator.answers",
                        "{call}",
                        "Calls by how content their callers are: answers in time, up to four times as late, and later or not at all.",
                        count)
                .with("holdfast.satisfaction", satisfaction);
    }

    @Override
    public String toString() {
        return "Indicator[" + quotedName()
                + (latency == NO_LATENCY ? "" : ", an answer is slow after " + Duration.ofNanos(latency)) + "]";
    }
}

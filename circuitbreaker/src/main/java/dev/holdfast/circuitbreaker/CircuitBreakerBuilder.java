// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.Backoff;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.internal.Require;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

// More than 300 lines, because each setting has its Javadoc and a line in copy().
/**
 * The settings of a breaker: see {@link CircuitBreaker#builder}. Not thread-safe; a breaker keeps a copy.
 *
 * <p>A breaker opens when any of its rules is broken. Rates are held as exact billionths and compared in whole numbers:
 * at a rate of 0.5, exactly half opens.
 */
public final class CircuitBreakerBuilder {
    private static final long BILLION = 1_000_000_000L;
    private static final int DEFAULT_MINIMUM_CALLS = 10;
    private static final double DEFAULT_SPREAD = 0.3;

    final String name;
    /** These settings, as results are held against them. */
    final Results.Rules rules = new Results.Rules() {
        @Override
        public boolean isBroken(long calls, long failures, long slow) {
            return CircuitBreakerBuilder.this.isBroken(calls, failures, slow);
        }

        @Override
        public long enoughCalls() {
            return CircuitBreakerBuilder.this.enoughCalls();
        }
    };

    Environment environment = Environment.standard();
    Window window = Window.calls(20);
    long failureBillionths = BILLION / 2;
    long slowNanos;
    Backoff openFor =
            Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(1)).spread(DEFAULT_SPREAD);
    long trialTimeoutNanos = Duration.ofSeconds(30).toNanos();
    Classifier<@Nullable Object> classifier = Classifier.standard();
    int consecutiveFailures;

    private int minimumCalls;
    private long slowBillionths;
    private long failureCount;
    private int trials = 1;
    private int trialSuccesses;
    private long[] ramp = {};
    /** Whether {@link #classifier} was made by this builder, and not by the one that it was copied from. */
    private boolean classified;

    CircuitBreakerBuilder(String name) {
        this.name = Require.name(name);
    }

    /**
     * Where time comes from.
     *
     * @param value default: {@link Environment#standard()}; cannot be changed by a reconfiguration
     * @return this builder
     */
    public CircuitBreakerBuilder environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * Which results the rates and the failure count look at.
     *
     * @param value default: the last 20 calls
     * @return this builder
     */
    public CircuitBreakerBuilder over(Window value) {
        window = Require.nonNull(value, "window");
        return this;
    }

    /**
     * How many results there must be in the window before a rate is looked at.
     *
     * @param value from 1 up, and not more than the window holds; default: 10, or the window's size if that is less
     * @return this builder
     */
    public CircuitBreakerBuilder minimumCalls(int value) {
        minimumCalls = Require.range(value, 1, Integer.MAX_VALUE, "minimumCalls");
        return this;
    }

    /**
     * Opens when this part of the results, or more, are failures.
     *
     * @param rate more than 0 and at most 1, to nine decimals, further ones are cut off; default: 0.5
     * @return this builder
     */
    public CircuitBreakerBuilder failureRate(double rate) {
        failureBillionths = billionths(rate, "failureRate");
        return this;
    }

    /**
     * Leaves the failure rate out of the rules.
     *
     * @return this builder
     */
    public CircuitBreakerBuilder noFailureRate() {
        failureBillionths = 0;
        return this;
    }

    /**
     * Opens when this part of the results, or more, took longer than a limit, whether they succeeded or failed. Calls
     * that are still running count here, and in no other rule, as soon as they have passed the limit, to an eighth of it; for this to be
     * noticed, further calls must ask. A slow trial counts as a failure.
     *
     * @param limit longer than zero
     * @param rate more than 0 and at most 1, to nine decimals, further ones are cut off
     * @return this builder; default: no such rule
     */
    public CircuitBreakerBuilder slowCalls(Duration limit, double rate) {
        long nanos = Require.positiveNanos(limit, "limit of slowCalls");
        slowBillionths = billionths(rate, "rate of slowCalls");
        slowNanos = nanos;
        return this;
    }

    /**
     * Leaves slow calls out of the rules.
     *
     * @return this builder
     */
    public CircuitBreakerBuilder noSlowCalls() {
        slowNanos = 0;
        slowBillionths = 0;
        return this;
    }

    /**
     * Opens after so many failures without a success in between, whatever the window holds.
     *
     * @param count from 0 up; 0, the default, is no such rule
     * @return this builder
     */
    public CircuitBreakerBuilder consecutiveFailures(int count) {
        consecutiveFailures = Require.range(count, 0, Integer.MAX_VALUE, "consecutiveFailures");
        return this;
    }

    /**
     * Opens when the window holds so many failures, however many calls there were.
     *
     * @param count from 0 up; 0, the default, is no such rule
     * @return this builder
     */
    public CircuitBreakerBuilder failureCount(int count) {
        failureCount = Require.range(count, 0, Integer.MAX_VALUE, "failureCount");
        return this;
    }

    /**
     * How long the breaker stays open before it lets trials through.
     *
     * @param value longer than zero, and exactly so long. The default is no fixed time, but
     *     {@code openFor(Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(1)).spread(0.3))}: short at first, longer where
     *     trials fail again and again, and spread, so that breakers that have opened together do not try again together
     * @return this builder
     */
    public CircuitBreakerBuilder openFor(Duration value) {
        Require.positiveNanos(value, "openFor");
        return openFor(Backoff.fixed(value));
    }

    /**
     * How long the breaker stays open, the first time and when the trials have failed again and again. With jitter,
     * many processes do not try a dependency at the same moment.
     *
     * @param value asked with 1 for the first opening since the breaker was closed, with 2 for the next, ...; if a
     *     function of one's own throws, the failure is logged and the breaker opens for 30 seconds
     * @return this builder
     */
    public CircuitBreakerBuilder openFor(Backoff value) {
        if (Require.nonNull(value, "openFor").equals(Backoff.none())) {
            throw new IllegalArgumentException("openFor: none (expected: longer than zero)");
        }
        openFor = value;
        return this;
    }

    /**
     * How many calls are let through to try the dependency. One that has succeeded makes room for another, until enough have succeeded
     * or too many have failed. A call that comes to its breaker more than once, because work inside of it calls through the same
     * breaker, needs a place each time: have at least as many trials as such calls are deep.
     *
     * @param count 1 to 10,000; default: 1
     * @return this builder
     */
    public CircuitBreakerBuilder trials(int count) {
        trials = Require.range(count, 1, Trials.MAX, "trials");
        return this;
    }

    /**
     * How many of the trials must succeed. The breaker decides as soon as it is certain.
     *
     * @param count 1 to the number of trials; default: all of them
     * @return this builder
     */
    public CircuitBreakerBuilder trialSuccesses(int count) {
        trialSuccesses = Require.range(count, 1, Trials.MAX, "trialSuccesses");
        return this;
    }

    /**
     * All of the trials must succeed, as by default: takes back {@link #trialSuccesses}.
     *
     * @return this builder
     */
    public CircuitBreakerBuilder allTrialsSucceed() {
        trialSuccesses = 0;
        return this;
    }

    /**
     * How long a trial may take to report. When none has begun for so long, trials that have not reported lose their place, and others are
     * let through: a half-open breaker is never a trap. What they report later counts as long as it is not decided.
     *
     * @param value longer than zero; default: 30 seconds
     * @return this builder
     */
    public CircuitBreakerBuilder trialTimeout(Duration value) {
        trialTimeoutNanos = Require.positiveNanos(value, "trialTimeout");
        return this;
    }

    /**
     * After the trials, closes in steps: lets this part of the calls through, drawn at random, as trials of their own number, and
     * takes the next step when they have succeeded.
     *
     * @param shares each more than 0 and at most 1, rising, such as 0.1, 0.25, 0.5; default: none, the breaker closes
     *     after the first trials
     * @return this builder
     */
    public CircuitBreakerBuilder ramp(double... shares) {
        long[] steps = new long[Require.nonNull(shares, "ramp").length];
        for (int i = 0; i < shares.length; i++) {
            steps[i] = billionths(shares[i], "ramp");
            if (i > 0 && steps[i] <= steps[i - 1]) {
                throw new IllegalArgumentException(
                        "ramp: " + shares[i] + " after " + shares[i - 1] + " (expected: rising shares)");
            }
        }
        ramp = steps;
        return this;
    }

    /**
     * Changes what counts as a success, as a failure and as neither.
     *
     * @param change gets the classifier so far, which starts as {@link Classifier#standard()}, in each reconfiguration anew; a rule on
     *     results that names no class is for a breaker whose calls all give such results
     * @return this builder
     */
    public CircuitBreakerBuilder classify(
            Function<? super Classifier<@Nullable Object>, ? extends Classifier<?>> change) {
        Classifier<@Nullable Object> before = classified ? classifier : Classifier.standard();
        classifier = Classifier.ofAnyResult(Require.nonNull(change, "change").apply(before));
        classified = true;
        return this;
    }

    /**
     * Changes what counts as a success, as a failure and as neither, by rules that others use as well, which are asked before those that
     * are there.
     *
     * @param rules what there is to know of outcomes
     * @return this builder
     */
    public CircuitBreakerBuilder classify(Classifier<?> rules) {
        return classify(so -> so.with(Classifier.ofAnyResult(rules)));
    }

    /**
     * Builds the breaker, closed.
     *
     * @return a new breaker
     * @throws IllegalArgumentException if settings contradict each other
     */
    public CircuitBreaker build() {
        return new CircuitBreaker(copy());
    }

    /** These rules, and nothing that was said before. */
    void replaceRules(Classifier<@Nullable Object> rules) {
        classifier = rules;
        classified = true;
    }

    int enoughCalls() {
        return minimumCalls > 0 ? minimumCalls : defaultMinimum();
    }

    long failureCount() {
        return failureCount;
    }

    double slowRate() {
        return (double) slowBillionths / BILLION;
    }

    int trials() {
        return trials;
    }

    /** 0 for all. */
    int trialSuccesses() {
        return trialSuccesses;
    }

    List<Double> rampShares() {
        return Arrays.stream(ramp).mapToObj(step -> (double) step / BILLION).toList();
    }

    /** A copy that nobody else can change, checked as a whole. */
    CircuitBreakerBuilder copy() {
        int room = window.calls > 0 ? window.calls : Integer.MAX_VALUE;
        if (minimumCalls > room) {
            throw new IllegalArgumentException(
                    "minimumCalls: " + minimumCalls + " (expected: at most the " + room + " calls of the window)");
        }
        if (trialSuccesses > trials) {
            throw new IllegalArgumentException(
                    "trialSuccesses: " + trialSuccesses + " (expected: at most the " + trials + " trials)");
        }
        if (failureCount > room) {
            throw new IllegalArgumentException(
                    "failureCount: " + failureCount + " (expected: at most the " + room + " calls of the window)");
        }
        if (failureBillionths == 0 && slowNanos == 0 && consecutiveFailures == 0 && failureCount == 0) {
            throw new IllegalArgumentException("rules: none (expected: at least one, or the breaker never opens)");
        }
        CircuitBreakerBuilder copy = new CircuitBreakerBuilder(name);
        copy.environment = environment;
        copy.window = window;
        copy.minimumCalls = minimumCalls;
        copy.failureBillionths = failureBillionths;
        copy.slowNanos = slowNanos;
        copy.slowBillionths = slowBillionths;
        copy.consecutiveFailures = consecutiveFailures;
        copy.failureCount = failureCount;
        copy.openFor = openFor;
        copy.trials = trials;
        copy.trialSuccesses = trialSuccesses;
        copy.trialTimeoutNanos = trialTimeoutNanos;
        copy.ramp = ramp.clone();
        copy.classifier = classifier;
        return copy;
    }

    Results newResults(long now) {
        return window.calls > 0 ? new CountWindow(window.calls) : new TimeWindow(window.nanos, window.buckets, now);
    }

    /** Fresh trials: step 0 takes whoever comes, the others a share of the calls. */
    Trials newTrials(int step) {
        int needed = trialSuccesses == 0 ? trials : trialSuccesses;
        boolean all = step == 0 || step > ramp.length;
        return all
                ? new Trials(trials, needed, BILLION, 0)
                : new Trials(trials, needed, ramp[step - 1], environment.nextLong(Long.MAX_VALUE));
    }

    boolean isLastStep(int step) {
        return step >= ramp.length;
    }

    boolean isBroken(long calls, long failures, long slow) {
        if (failureCount > 0 && failures >= failureCount) {
            return true;
        }
        int enough = enoughCalls();
        return calls >= enough && (reaches(failures, calls, failureBillionths) || reaches(slow, calls, slowBillionths));
    }

    boolean isBrokenBySlow(long calls, long slow) {
        return calls >= enoughCalls() && reaches(slow, calls, slowBillionths);
    }

    private int defaultMinimum() {
        return window.calls > 0 ? Math.min(DEFAULT_MINIMUM_CALLS, window.calls) : DEFAULT_MINIMUM_CALLS;
    }

    private static boolean reaches(long part, long whole, long billionths) {
        return billionths > 0 && part * BILLION >= billionths * whole;
    }

    private static long billionths(double rate, String name) {
        // The decimal that the user wrote, not the binary fraction next to it. Cut off, so that 2 of 3 reach 2.0 / 3;
        // no
        // window is large enough for a smaller fraction to reach it, too.
        BigDecimal exact = BigDecimal.valueOf(Require.fraction(rate, name)).movePointRight(9);
        return Math.max(1, exact.setScale(0, RoundingMode.DOWN).longValueExact());
    }
}

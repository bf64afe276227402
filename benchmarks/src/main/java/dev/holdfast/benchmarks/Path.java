// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import java.util.Set;

/** The paths that are compared, in the order of the table. */
enum Path {
    COUNT_WINDOW("CircuitBreakers.countWindow", "breaker closed, last 100 calls", 0, 8, 10),
    TIME_WINDOW("CircuitBreakers.timeWindow", "breaker closed, last 10 s", 1, 37.4, 37.4),
    SLOW_CALLS("CircuitBreakers.slowCalls", "breaker closed, slow-call rule", 2, 62.8, 62.8),
    COUNTERS("Counters.pulled", "breaker closed, counters read", 0, 12, 15),
    THROWN("Rejections.thrown", "breaker open, refusal thrown", 1, 60, 60),
    ASKED("Rejections.asked", "breaker open, asked for a permit", 1, 30, 30),
    FIRST_ATTEMPT("Retries.first", "retry, first attempt succeeds", 0, 4, 5),
    SECOND_ATTEMPT("Retries.second", "retry, second attempt succeeds", 0, 60, 70),
    BULKHEAD("Bulkheads.free", "bulkhead, permit free", 0, 8, 25),
    /** The form on a semaphore reads no clock, because a thread in the background counts the time: another trade. */
    LIMITER("RateLimiters.free", "rate limiter, permit free", 1, 33.4, 50, "semaphore"),
    /** What does not run on the caller's thread is shown, but is no rival: it is many times slower anyway. */
    TIMEOUT("Timeouts.inTime", "timeout, on the caller's thread", 1, 150, 250, "stage", "pool"),
    FOUR("Pipelines.four", "retry, breaker, limiter, bulkhead", 1, 50, 100),
    ASYNC_BREAKER("Asynchronous.breaker", "async breaker, stage complete", 0, 40, 50),
    ASYNC_FOUR("Asynchronous.four", "async retry, breaker, limiter, bulkhead", 1, 90, 180),
    HEALTHY_WINDOW("WindowSizes.healthy", "breaker, no failure in a window of %s", 0),
    AILING_WINDOW("WindowSizes.ailing", "breaker, a tenth fails in a window of %s", 0),
    PIPELINE_LENGTH("PipelineLengths.longer", "pipeline of %s bulkheads and breakers", 0);

    /** The benchmarks' class and how their names begin. */
    final String id;

    /** With a place for the value of the parameter that grows, if there is one. */
    final String title;

    /**
     * How often anybody has to read the clock here: when a call starts or ends, to count its permits or its window's time,
     * and at both ends to know how long it took. Together with the bare call they are the floor.
     */
    final int clockReadings;

    /** Nanoseconds that a call may take on one thread, on the machine of {@link Floor#target}; NaN: no target. */
    final double targetAlone;
    /** The same for each of two threads. */
    final double targetOfTwo;

    private final Set<String> aside;

    Path(String id, String title, int clockReadings) {
        this(id, title, clockReadings, Double.NaN, Double.NaN);
    }

    Path(String id, String title, int clockReadings, double targetAlone, double targetOfTwo, String... aside) {
        this.id = id;
        this.title = title;
        this.clockReadings = clockReadings;
        this.targetAlone = targetAlone;
        this.targetOfTwo = targetOfTwo;
        this.aside = Set.of(aside);
    }

    boolean grows() {
        return title.contains("%s");
    }

    /** Whether a form does the same for its caller, and so counts as a rival. */
    boolean comparesWith(String variant) {
        return !aside.contains(variant);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import java.util.Set;

/** The paths that are compared, in the order of the table. */
enum Path {
    COUNT_WINDOW("CircuitBreakers.countWindow", "breaker closed, last 100 calls", 0, Target.of(8, 10)),
    TIME_WINDOW("CircuitBreakers.timeWindow", "breaker closed, last 10 s", 1, Target.of(37.4, 37.4)),
    SLOW_CALLS("CircuitBreakers.slowCalls", "breaker closed, slow-call rule", 2, Target.of(62.8, 62.8)),
    COUNTERS("Counters.pulled", "breaker closed, counters read", 0, Target.of(12, 15)),
    EXPORTED("Exported.breaker", "breaker closed, numbers in Micrometer", 0, Target.of(11, 13)),
    THROWN("Rejections.thrown", "breaker open, refusal thrown", 1, Target.of(60, 60)),
    FULL("Rejections.bulkhead", "bulkhead full, refusal thrown", 0, Target.NONE),
    EMPTY("Rejections.limiter", "limiter empty, refusal thrown", 1, Target.NONE),
    ASKED("Rejections.asked", "breaker open, asked for a permit", 1, Target.of(30, 30)),
    FIRST_ATTEMPT("Retries.first", "retry, first attempt succeeds", 0, Target.of(4, 5)),
    SECOND_ATTEMPT("Retries.second", "retry, second attempt succeeds", 0, Target.of(60, 70)),
    BULKHEAD("Bulkheads.free", "bulkhead, permit free", 0, Target.of(8, 25)),
    /** The form on a semaphore reads no clock, because a thread in the background counts the time: another trade. */
    LIMITER("RateLimiters.free", "rate limiter, permit free", 1, Target.of(33.4, 50), "semaphore"),
    /** What does not run on the caller's thread is shown, but is no rival: it is many times slower anyway. */
    TIMEOUT("Timeouts.inTime", "timeout, on the caller's thread", 1, Target.of(150, 250), "stage", "pool"),
    HEDGE("Hedges.inTime", "hedge, first attempt in time", 2, Target.NONE),
    CHAOS_OFF("Chaoses.off", "chaos, off", 0, Target.NONE),
    CHAOS_ARMED("Chaoses.armed", "chaos, armed, without a match", 0, Target.NONE),
    QUORUM("Quorums.two", "async quorum, 2 of 3 asked, stages complete", 2, Target.NONE),
    QUORUM_OF_ALL("Quorums.all", "async quorum, 3 of 3 asked, stages complete", 2, Target.NONE),
    VOTE("Quorums.vote", "async vote of 3, stages complete", 2, Target.NONE),
    RECOVERY_BLOCK("Quorums.block", "recovery block, first alternative accepted", 0, Target.NONE),
    FOUR("Pipelines.four", "retry, breaker, limiter, bulkhead", 1, Target.of(50, 100)),
    ASYNC_BREAKER("Asynchronous.breaker", "async breaker, stage complete", 0, Target.of(40, 50)),
    ASYNC_FOUR("Asynchronous.four", "async retry, breaker, limiter, bulkhead", 1, Target.of(90, 180)),
    FAILING_COUNT_WINDOW("Failing.countWindow", "breaker, last 100 calls, 1 of %s fails", 0, Target.here(45, 90, 400)),
    FAILING_TIME_WINDOW("Failing.timeWindow", "breaker, last 10 s, 1 of %s fails", 1, Target.here(73, 118, 520)),
    FAILING_SLOW_CALLS("Failing.slowCalls", "breaker, slow-call rule, 1 of %s fails", 2, Target.here(73, 118, 520)),
    FAILING_IN_A_ROW("Failing.inARow", "breaker, 1,000 failures in a row, 1 of %s fails", 0, Target.here(73, 118, 520)),
    RETRY("Failing.retry", "retry, no delay, 1 attempt of %s fails", 0, Target.NONE),
    DELAYED_RETRY("Failing.delayedRetry", "retry, 1 ms delay, 1 attempt of %s fails", 0, Target.NONE),
    KEYED_LIMITER("Keys.free", "keyed limiter, %s keys in turn", 1, Target.here(120, 180, Double.NaN)),
    HEALTHY_WINDOW("WindowSizes.healthy", "breaker, no failure in a window of %s", 0, Target.NONE),
    AILING_WINDOW("WindowSizes.ailing", "breaker, a tenth fails in a window of %s", 0, Target.NONE),
    PIPELINE_LENGTH("PipelineLengths.longer", "pipeline of %s bulkheads and breakers", 0, Target.NONE);

    /** The benchmarks' class and how their names begin. */
    final String id;

    /** With a place for the value of the parameter that grows, if there is one. */
    final String title;

    /**
     * How often anybody has to read the clock here: when a call starts or ends, to count its permits or its window's time,
     * and at both ends to know how long it took. Together with the bare call they are the floor.
     */
    final int clockReadings;

    final Target target;

    private final Set<String> aside;

    Path(String id, String title, int clockReadings, Target target, String... aside) {
        this.id = id;
        this.title = title;
        this.clockReadings = clockReadings;
        this.target = target;
        this.aside = Set.of(aside);
    }

    /** How many times the target it may take at a value of what varies: a million keys are in no cache of a processor. */
    int times(int value) {
        return this == KEYED_LIMITER && value == 1_000_000 ? 2 : 1;
    }

    /** How many times as long it is warmed up: a walk through many keys needs long for what the compiler wants to see of it. */
    int warmUps() {
        return this == KEYED_LIMITER ? 4 : 1;
    }

    /** Whether it has a parameter, whose value is shown in the title. */
    boolean varies() {
        return title.contains("%s");
    }

    /** Whether it is about how the cost grows with the parameter, which is a question of one thread in the code as it is alone. */
    boolean grows() {
        return this == HEALTHY_WINDOW || this == AILING_WINDOW || this == PIPELINE_LENGTH;
    }

    /** Whether a form does the same for its caller, and so counts as a rival. */
    boolean comparesWith(String variant) {
        return !aside.contains(variant);
    }
}

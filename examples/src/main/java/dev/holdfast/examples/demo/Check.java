// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.ArrayList;
import java.util.List;

/**
 * Something that the demo claims, and whether it came true.
 *
 * @param claim what should be
 * @param actual what was
 * @param passed whether they agree
 */
record Check(String claim, String actual, boolean passed) {
    /** What is held to be true of the scenario that was played. */
    static List<Check> all(Result result) {
        return switch (result.scenario()) {
            case FAULTS -> faults(result);
            case OVERLOAD -> overload(result);
        };
    }

    private static List<Check> faults(Result result) {
        List<Check> checks = new ArrayList<>();
        Recorder bare = result.of(Callers.BARE);
        Recorder pipeline = result.of(Callers.PIPELINE);
        Recorder guard = result.of(Callers.GUARD);
        checks.add(more(
                "the pipeline's callers got more answers",
                pipeline.total().answered(),
                bare.total().answered()));
        checks.add(less("the pipeline's callers saw fewer failures", failed(pipeline.total()), failed(bare.total())));
        checks.add(more("the guard's callers got more fresh answers", fresh(guard.total()), fresh(bare.total())));
        for (Callers callers : List.of(Callers.PIPELINE, Callers.GUARD)) {
            String name = callers.label();
            Recorder recorder = result.of(callers);
            checks.add(less(
                    "the " + name + "'s callers waited fewer milliseconds in vain",
                    recorder.total().lostNanos() / 1_000_000,
                    bare.total().lostNanos() / 1_000_000));
            checks.add(less(
                    "the " + name + "'s service got fewer requests while it was out",
                    result.requestsWhileOut(recorder),
                    result.requestsWhileOut(bare)));
        }
        for (Span span : result.faults()) {
            switch (span.fault()) {
                case FLAKY -> checks.add(retried(result, span));
                case SLOW -> checks.addAll(served(result, span));
                default -> {
                    checks.add(opened(result, span));
                    checks.add(closedAgain(result, span));
                    checks.add(wellAgain(result, Callers.GUARD, span));
                }
            }
        }
        return checks;
    }

    /**
     * With wide margins, and measured against what the same machine did a moment before: they have to hold where it is
     * busy with something else, too.
     */
    private static List<Check> overload(Result result) {
        Span overload = result.faults().get(0);
        Span after = result.after(overload);
        double bare = result.goodput(result.of(Callers.BARE), overload);
        List<Check> checks = new ArrayList<>();
        for (Callers callers : List.of(Callers.PIPELINE, Callers.GUARD)) {
            Recorder recorder = result.of(callers);
            double before = result.goodput(recorder, result.spans().get(overload.index() - 1));
            double goodput = result.goodput(recorder, overload);
            String claim = "under overload, the " + callers.label() + "'s goodput was at least ";
            // A guard has to find out first how much the service can do.
            checks.add(
                    callers == Callers.GUARD
                            ? atLeast(claim + "half of that before", goodput, 0.5 * before)
                            : atLeast(claim + "three quarters of that before", goodput, 0.75 * before));
            checks.add(atLeast(claim + "twice that of bare callers", goodput, 2 * bare));
            checks.add(wellAgain(result, callers, overload));
            checks.add(more(
                    "after the overload, the " + callers.label() + "'s callers got more fresh answers",
                    fresh(recorder.phase(after.index())),
                    fresh(result.of(Callers.BARE).phase(after.index()))));
        }
        return checks;
    }

    /** A recovery in seconds would be a claim about the machine: one pause, and five seconds are none in a row. */
    private static Check wellAgain(Result result, Callers callers, Span fault) {
        Span after = result.after(fault);
        return atLeast(
                "after '" + fault.fault().label() + "', the " + callers.label()
                        + "'s callers got fresh answers for at least half their calls",
                result.goodput(result.of(callers), after),
                result.scenario().script().duePerSecond(after.index()) / 2);
    }

    private static long fresh(Tally tally) {
        return tally.count(Outcome.FRESH);
    }

    private static long failed(Tally tally) {
        return tally.count(Outcome.FAILED);
    }

    private static Check atLeast(String claim, double actual, double expected) {
        String text = Units.perSecond(actual) + " (expected: at least " + Units.perSecond(expected) + ")";
        return new Check(claim, text, actual > 0 && actual >= expected);
    }

    private static Check more(String claim, long policies, long bare) {
        return new Check(claim, policies + " against " + bare, policies > bare);
    }

    private static Check less(String claim, long policies, long bare) {
        return new Check(claim, policies + " against " + bare, policies < bare);
    }

    private static Check opened(Result result, Span span) {
        boolean came = result.breaker().came(BreakerLog.OPEN, span.start(), span.end());
        return new Check(
                "the pipeline's breaker opened while '" + span.fault().label() + "'", came ? "yes" : "no", came);
    }

    /** What the state is when the next fault is recorded would not do: it has begun a moment before. */
    private static Check closedAgain(Result result, Span span) {
        BreakerLog breaker = result.breaker();
        boolean closed = breaker.stateAt(span.end()).equals(BreakerLog.CLOSED)
                || breaker.came(
                        BreakerLog.CLOSED, span.end(), result.after(span).end());
        String claim =
                "the pipeline's breaker closed again after '" + span.fault().label() + "'";
        return new Check(claim, closed ? "yes" : "no", closed);
    }

    /**
     * Single failures are the retry's business. The guard's repeats no more than a tenth, which a slow machine's own
     * failures may hide: nothing is claimed of it.
     */
    private static Check retried(Result result, Span span) {
        return less(
                "while '" + span.fault().label() + "', the pipeline's callers saw fewer failures",
                failed(result.of(Callers.PIPELINE).phase(span.index())),
                failed(result.of(Callers.BARE).phase(span.index())));
    }

    /** A service that can do less still does something, if no more is asked of it. */
    private static List<Check> served(Result result, Span span) {
        List<Check> checks = new ArrayList<>();
        for (Callers callers : List.of(Callers.PIPELINE, Callers.GUARD)) {
            checks.add(more(
                    "while '" + span.fault().label() + "' and after it, the " + callers.label()
                            + "'s callers got more fresh answers",
                    freshUntilNext(result, callers, span),
                    freshUntilNext(result, Callers.BARE, span)));
        }
        return checks;
    }

    private static long freshUntilNext(Result result, Callers callers, Span fault) {
        Recorder recorder = result.of(callers);
        return fresh(recorder.phase(fault.index()))
                + fresh(recorder.phase(result.after(fault).index()));
    }

    @Override
    public String toString() {
        return (passed ? "ok      " : "FAILED  ") + claim + ": " + actual;
    }
}

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
        Tally bare = result.bare().total();
        Tally guarded = result.guarded().total();
        checks.add(more("guarded callers got more answers", guarded.answered(), bare.answered()));
        checks.add(
                less("guarded callers saw fewer failures", guarded.count(Outcome.FAILED), bare.count(Outcome.FAILED)));
        checks.add(less(
                "guarded callers waited fewer milliseconds in vain",
                guarded.lostNanos() / 1_000_000,
                bare.lostNanos() / 1_000_000));
        checks.add(less(
                "the service got fewer requests while it was out",
                result.requestsWhileOut(result.guarded()),
                result.requestsWhileOut(result.bare())));
        for (Span span : result.faults()) {
            if (span.fault().outage()) {
                checks.add(opened(result, span));
                checks.add(closedAgain(result, span));
            } else {
                checks.add(retried(result, span));
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
        double before = result.goodput(result.guarded(), result.spans().get(overload.index() - 1));
        double guarded = result.goodput(result.guarded(), overload);
        double bare = result.goodput(result.bare(), overload);
        double due = result.scenario().script().duePerSecond(after.index());
        String claim = "under overload, guarded callers' goodput was at least ";
        return List.of(
                atLeast(claim + "three quarters of that before", guarded, 0.75 * before),
                atLeast(claim + "twice that of bare ones", guarded, 2 * bare),
                atLeast(
                        "after the overload, guarded callers got fresh answers for at least half their calls",
                        result.goodput(result.guarded(), after),
                        due / 2),
                more(
                        "after the overload, guarded callers got more fresh answers",
                        fresh(result.guarded(), after),
                        fresh(result.bare(), after)));
    }

    private static long fresh(Recorder recorder, Span span) {
        return recorder.phase(span.index()).count(Outcome.FRESH);
    }

    private static Check atLeast(String claim, double actual, double expected) {
        String text = Units.perSecond(actual) + " (expected: at least " + Units.perSecond(expected) + ")";
        return new Check(claim, text, actual > 0 && actual >= expected);
    }

    private static Check more(String claim, long guarded, long bare) {
        return new Check(claim, guarded + " against " + bare, guarded > bare);
    }

    private static Check less(String claim, long guarded, long bare) {
        return new Check(claim, guarded + " against " + bare, guarded < bare);
    }

    private static Check opened(Result result, Span span) {
        boolean came = result.breaker().came(BreakerLog.OPEN, span.start(), span.end());
        return new Check("the breaker opened while '" + span.fault().label() + "'", came ? "yes" : "no", came);
    }

    private static Check closedAgain(Result result, Span span) {
        String state = result.breaker().stateAt(result.after(span).end());
        String claim = "the breaker closed again after '" + span.fault().label() + "'";
        return new Check(claim, state, state.equals(BreakerLog.CLOSED));
    }

    /** Single failures are the retry's business: the breaker must not open for them. */
    private static Check retried(Result result, Span span) {
        boolean opened = result.breaker().came(BreakerLog.OPEN, span.start(), span.end());
        long bareFailed = result.bare().phase(span.index()).count(Outcome.FAILED);
        Tally guarded = result.guarded().phase(span.index());
        long notFresh = guarded.count(Outcome.FAILED) + guarded.count(Outcome.DEGRADED);
        String claim = "retries healed '" + span.fault().label() + "', and the breaker stayed closed";
        String actual = notFresh + " guarded calls without a fresh answer, " + bareFailed + " bare ones"
                + (opened ? "; the breaker opened" : "");
        return new Check(claim, actual, !opened && notFresh < bareFailed);
    }

    @Override
    public String toString() {
        return (passed ? "ok      " : "FAILED  ") + claim + ": " + actual;
    }
}

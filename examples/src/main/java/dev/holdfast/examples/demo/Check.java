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
    static List<Check> all(Result result) {
        List<Check> checks = new ArrayList<>();
        Tally bare = result.bare().total();
        Tally guarded = result.guarded().total();
        checks.add(more("guarded callers got more answers", guarded.answered(), bare.answered()));
        checks.add(less("guarded callers saw fewer failures",
                guarded.count(Outcome.FAILED), bare.count(Outcome.FAILED)));
        checks.add(less("guarded callers waited fewer milliseconds in vain",
                guarded.lostNanos() / 1_000_000, bare.lostNanos() / 1_000_000));
        checks.add(less("the service got fewer requests while it was out",
                result.requestsWhileOut(result.guarded()), result.requestsWhileOut(result.bare())));
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

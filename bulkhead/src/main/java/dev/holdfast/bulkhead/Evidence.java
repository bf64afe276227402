// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Environment;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * Lets calls be until there is evidence of overload, and clears the way then.
 *
 * <pre>
 *                          good answer: evidence is gone, +1 if the limit was in use
 *               ┌─────────────────────────────────────────────────────────────┐
 *               ▼                                                             │
 *        GATHERING ── bad answers in a row, more than chance explains ──▶ halved, once for all calls under way
 *               ▲                                                             │ at one call, and that failed slowly
 *               └── a good answer at once; else the time is over ──────── RESTING: nobody is let in
 * </pre>
 *
 * <p><b>Bad</b> is a call that failed after more than twice the time that calls usually take, one that took nearly as long as those do (seven tenths), and one that took
 * eight times as long as usual. A quick failure says nothing: it costs its server next to nothing, and letting fewer calls in would not make it
 * rarer; nor does work that fails when it is done. When twenty calls in a row have failed, usual says nothing any more, and each counts that is not quick for a machine. Answers up
 * to there are not bad, however slow. An answer that came later than calls fail shows that it was not a time limit that they failed by.
 *
 * <p><b>Evidence.</b> A line in front of a server makes all calls slow; work that varies makes some slow, in no order. So what counts is how many
 * come in a row, weighed by how rare they have been: each adds {@code -ln(share of bad answers)}, and {@code 6 + 1.5 ln(limit)} is enough,
 * once in {@code 400 * limit^1.5} calls by chance. It is a one-sided sequential test with a reset, as in Page, "Continuous inspection schemes", 1954.
 *
 * <p><b>Following use.</b> Halved is what was in flight, not the limit, so a limit that nobody needed falls at once to what is used; and not again before
 * as many calls have ended. A limit grows only when it is in use: by one for each quick answer, which doubles it in the time of one, as in a slow start of TCP; by a quarter or a
 * tenth while answers take more than a quarter of the time after which calls fail; and hardly when they take half of it.
 *
 * <p><b>Below one.</b> With many clients one call in flight for each of them may be too many. Then a client waits, for one to two times the time
 * after which calls fail, a second at most, three tenths more or less so that clients do not come together. The first good answer ends that.
 *
 * <p>Not thread-safe, and allocates nothing: see {@link Limit.Estimate}.
 */
final class Evidence implements Limit.Estimate {
    private static final double ENOUGH = 6;
    private static final double ENOUGH_BY_LIMIT = 1.5;
    /** Before anything is known: so many of so many were bad. */
    private static final double FIRST_SHARE = 0.05;

    private static final int FIRST_CALLS = 20;
    private static final int SHARE_LOOKS_BACK = 300;
    private static final double LEAST_SHARE = 0.005;
    private static final double MOST_SHARE = 0.5;

    private static final int USUAL_LOOKS_BACK = 100;
    private static final int USUAL_IS_KNOWN = 20;
    private static final double FAR_BEYOND_USUAL = 8;
    private static final double SLOW_FAILURE = 2;
    private static final int LONG_ROW = 20;
    /** Where calls are so quick, a busy machine alone makes them several times as long. */
    private static final double NEVER_SLOW = Duration.ofMillis(20).toNanos();

    private static final double NEARLY_FAILED = 0.7;
    private static final double QUICK = 0.25;
    private static final double NEARLY_USUAL = 1.5;
    /** Calls that end came in under a smaller limit, where it grows: the more so, the faster it may. */
    private static final double IN_USE = 0.9;

    private static final double HALF_IN_USE = 0.5;

    private static final double WALK = 0.25;
    private static final double CREEP = 0.1;
    private static final double COMFORTABLE = 0.5;
    private static final double CUT = 0.5;
    /** How the time after which calls fail grows with each failure that took longer. */
    private static final double DRIFT = 1.01;

    private static final double LONGEST_REST = Duration.ofSeconds(1).toNanos();
    private static final long SPREAD = 1_000;
    private static final double SECOND = Duration.ofSeconds(1).toNanos();

    private final Limits bounds;
    private final Environment environment;
    private double limit;

    private double usual;
    private int answers;
    /** After how long calls fail slowly: a time limit of the client's, mostly. */
    private double failsAfter = Double.MAX_VALUE;

    private int failuresInARow;
    private double badShare = FIRST_SHARE;
    private int judged = FIRST_CALLS;
    private double evidence;
    /** Calls that have ended since the limit was cut, and how many then were under way. */
    private double sinceCut;

    private double underWay;
    /** In times of {@link #failsAfter}; 0: does not rest. */
    private double rests;

    private long restNanos;

    Evidence(Limits bounds, Environment environment) {
        this.bounds = bounds;
        this.environment = environment;
        this.limit = bounds.initial();
    }

    @Override
    public int update(long elapsedNanos, int inFlight, boolean failed) {
        restNanos = 0;
        if (elapsedNanos > 0) {
            double elapsed = (double) elapsedNanos;
            failuresInARow = failed ? Math.min(failuresInARow + 1, LONG_ROW) : 0;
            if (!failed || isSlowFailure(elapsed)) {
                look(elapsed, inFlight, failed);
            }
        }
        return (int) limit;
    }

    /** Work that fails takes as long as work that does not; so far beyond usual it was something else. If all calls fail, usual says nothing any more. */
    private boolean isSlowFailure(double elapsed) {
        return elapsed >= failsAfter * NEARLY_FAILED
                || (elapsed > NEVER_SLOW && (elapsed > usual * SLOW_FAILURE || failuresInARow == LONG_ROW));
    }

    private void look(double elapsed, int inFlight, boolean failed) {
        if (failed) {
            failsAfter = failsAfter == Double.MAX_VALUE ? elapsed : Math.min(elapsed, failsAfter * DRIFT);
        }
        boolean bad = failed || isBadAnswer(elapsed);
        if (!failed) {
            believeAnswer(elapsed);
            answers = Math.min(answers + 1, USUAL_LOOKS_BACK);
            usual += (elapsed - usual) / answers;
        }
        sinceCut++;
        double used = Math.max(1, Math.min(limit, inFlight));
        double enough = ENOUGH + ENOUGH_BY_LIMIT * Math.log(used);
        if (!bad || evidence < enough) {
            // An outage is one thing that has happened, however many calls it spoils.
            judged = Math.min(judged + 1, SHARE_LOOKS_BACK);
            badShare += ((bad ? 1 : 0) - badShare) / judged;
        }
        if (bad) {
            evidence -= Math.log(Math.max(LEAST_SHARE, Math.min(MOST_SHARE, badShare)));
            if (evidence >= enough) {
                shrink(used, failed);
            }
        } else {
            evidence = 0;
            rests = 0;
            if (inFlight >= ((int) limit) * (isQuick(elapsed) ? HALF_IN_USE : IN_USE)) {
                limit = bounds.cut(limit + growth(elapsed));
            }
        }
    }

    private boolean isBadAnswer(double elapsed) {
        return elapsed > failsAfter * NEARLY_FAILED
                || (answers >= USUAL_IS_KNOWN && elapsed > usual * FAR_BEYOND_USUAL && elapsed > NEVER_SLOW);
    }

    /** It has not failed: perhaps the time limit is another by now, or those that failed did so for another reason. */
    private void believeAnswer(double elapsed) {
        if (elapsed >= failsAfter) {
            failsAfter = elapsed / NEARLY_FAILED * DRIFT;
        } else if (elapsed > failsAfter * NEARLY_FAILED) {
            failsAfter *= DRIFT;
        }
    }

    private boolean isQuick(double elapsed) {
        return elapsed < failsAfter * QUICK;
    }

    private double growth(double elapsed) {
        if (isQuick(elapsed)) {
            return 1;
        }
        boolean asUsual = elapsed <= usual * NEARLY_USUAL;
        if (elapsed < failsAfter * COMFORTABLE) {
            return asUsual ? WALK : CREEP;
        }
        return asUsual ? CREEP : 0;
    }

    private void shrink(double used, boolean failed) {
        boolean isNews = sinceCut > underWay;
        if (failed && limit < 2) {
            rest(isNews);
        } else if (!failed) {
            rests /= 2;
        }
        if (isNews) {
            limit = bounds.cut(used * CUT);
            underWay = used;
            sinceCut = 0;
        }
    }

    private void rest(boolean isNews) {
        if (isNews) {
            rests = rests == 0 ? 1 : 2;
        }
        double spread = 0.7 + 0.6 * environment.nextLong(SPREAD) / SPREAD;
        restNanos = (long) (Math.min(LONGEST_REST, Math.max(1, rests) * failsAfter) * spread);
    }

    @Override
    public long restNanos() {
        return restNanos;
    }

    @Override
    public Map<String, Double> learned() {
        Map<String, Double> all = new TreeMap<>();
        all.put("usual", usual / SECOND);
        all.put("bad-share", badShare);
        if (failsAfter < Double.MAX_VALUE) {
            all.put("fails-after", failsAfter / SECOND);
        }
        return all;
    }
}

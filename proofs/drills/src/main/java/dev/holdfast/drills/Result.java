// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import java.util.ArrayList;
import java.util.List;

/**
 * What came of a round.
 *
 * @param name the case
 * @param closes whether its client can be closed
 * @param durations of the calls, as their callers saw them
 * @param lags how long after its deadline each client left a dependency that stalled
 * @param satOut how many stalls were never left
 * @param counts of calls and of what is back
 * @param before what the process held before the client was opened
 * @param after what it held after the client was closed
 */
record Result(
        String name,
        boolean closes,
        Spread durations,
        Spread lags,
        int satOut,
        Counts counts,
        Resources before,
        Resources after) {

    /**
     * Numbers that were read when the last call had ended.
     *
     * @param answers calls that gave their caller an answer
     * @param failures calls that failed
     * @param refusals calls that a policy refused
     * @param mixedUp answers that belong to another call
     * @param timedOut attempts that the timeout ended
     * @param held permits that were still taken half a second later
     * @param busy connections that were still out then
     * @param unwell calls that failed afterwards, although they met no fault
     * @param imbalances counts of policies that do not agree
     */
    record Counts(
            int answers,
            int failures,
            int refusals,
            int mixedUp,
            long timedOut,
            int held,
            int busy,
            int unwell,
            List<String> imbalances) {}

    /**
     * How soon after its deadline a client has to have left.
     *
     * @param mostMillis in which nine of ten have
     * @param allMillis in which all have
     */
    record Law(double mostMillis, double allMillis) {
        /** On a machine that does nothing else. */
        static final Law STRICT = new Law(150, 150);
        /** On a machine that builds and tests other things at the same time. */
        static final Law WIDE = new Law(500, 2_000);
    }

    static final String HEAD = """
            | client | answered / failed / refused | attempts timed out | a call takes, ms | left after its deadline, ms | \
            never left | permits, connections out | descriptors | threads |
            | --- | --- | --- | --- | --- | --- | --- | --- | --- |""";

    /** A row of the table. */
    String row() {
        return "| " + name
                + " | " + counts.answers + " / " + counts.failures + " / " + counts.refusals
                + " | " + counts.timedOut
                + " | " + durations
                + " | " + lags
                + " | " + satOut
                + " | " + counts.held + ", " + counts.busy
                + " | " + before.descriptors().size() + ", "
                + after.descriptors().size()
                + " | " + before.threads().size() + ", " + after.threads().size() + " |";
    }

    /** What should not be; empty if all is well. */
    List<String> faults(Law law) {
        List<String> found = new ArrayList<>(counts.imbalances);
        add(found, counts.mixedUp > 0, counts.mixedUp + " answers to another call");
        add(found, counts.refusals == 0 || lags.count() + satOut == 0, "a drill without refusals or without stalls");
        add(found, satOut > 0, satOut + " clients never left");
        add(
                found,
                lags.millis(0.9) > law.mostMillis || lags.millis(1) > law.allMillis,
                "clients left " + lags + " ms after their deadlines");
        add(found, counts.held > 0, counts.held + " permits not back");
        add(found, counts.busy > 0, counts.busy + " connections not back");
        add(found, counts.unwell > 0, counts.unwell + " healthy calls failed afterwards");
        add(found, closes && !after.isBack(before), "not back: " + after.beyond(before));
        return found;
    }

    private static void add(List<String> found, boolean wrong, String what) {
        if (wrong) {
            found.add(what);
        }
    }
}

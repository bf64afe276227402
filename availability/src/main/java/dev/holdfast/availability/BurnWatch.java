// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** How fast an error budget burns, and which alerts are on. For one thread at a time. */
final class BurnWatch {
    /** How often the failures of a dependency that is on target may look like more. */
    static final double CHANCE = 1e-4;

    private final String name;
    private final double target;
    private final Duration period;
    private final List<BurnRate> rates;
    private final Budgeting budgeting;
    private final History history;
    private final boolean[] burning;

    /** What has come in the slice of time that is not over yet, where slices count, and how many of them had no calls. */
    private long sliceGood;

    private long sliceBad;
    private long sliceStart;
    private long emptySlices;
    private final long early;

    BurnWatch(String name, double target, Duration period, List<BurnRate> rates, Budgeting budgeting, long every) {
        this.name = name;
        this.target = target;
        this.period = period;
        this.rates = rates;
        this.budgeting = budgeting;
        this.early = every / 2;
        this.history = new History(every);
        this.burning = new boolean[rates.size()];
    }

    /** What has come until a moment, and what changes with it. */
    List<Alert> add(Sampler.Slice slice) {
        sliceGood += slice.came().good() + slice.came().degraded();
        sliceBad += slice.came().bad();
        // A sample that comes a little early belongs to the slice that it was meant for.
        boolean over = slice.to() - sliceStart >= budgeting.windowNanos() - early;
        History.Totals now = history.now();
        history.add(new History.Totals(
                slice.to(),
                now.calls() + (over ? budgeting.all(sliceGood, sliceBad) : 0),
                now.bad() + (over ? budgeting.bad(sliceGood, sliceBad) : 0),
                now.covered() + slice.seen()));
        if (over) {
            emptySlices += sliceGood + sliceBad == 0 ? 1 : 0;
            sliceGood = 0;
            sliceBad = 0;
            sliceStart = slice.to();
        }
        List<Alert> changed = new ArrayList<>();
        for (int i = 0; i < burning.length; i++) {
            BurnRate rate = rates.get(i);
            if (burns(rate) != burning[i]) {
                burning[i] = !burning[i];
                changed.add(new Alert(name, rate, burning[i], burn(rate.window().toNanos())));
            }
        }
        return changed;
    }

    private boolean burns(BurnRate rate) {
        double factor = rate.factor(period);
        long window = rate.window().toNanos();
        if (burn(window) <= factor || burn(rate.shortNanos()) <= factor) {
            return false;
        }
        History.Totals last = history.last(window);
        return Bounds.areNoChance(Math.round(last.bad()), Math.round(last.calls()), 1 - target, CHANCE);
    }

    /** How many times faster than the budget allows, over the last so many nanoseconds. */
    double burn(long window) {
        History.Totals last = history.last(window);
        return last.calls() == 0 ? 0 : last.bad() / last.calls() / (1 - target) * Math.min(1, last.covered() / window);
    }

    History.Totals total() {
        return history.now();
    }

    ObjectiveReport report() {
        List<ObjectiveReport.Burn> burns = new ArrayList<>();
        for (int i = 0; i < burning.length; i++) {
            BurnRate rate = rates.get(i);
            burns.add(
                    new ObjectiveReport.Burn(rate, burn(rate.window().toNanos()), burn(rate.shortNanos()), burning[i]));
        }
        return new ObjectiveReport(
                target,
                budgeting.windowNanos() == 0 ? 0 : emptySlices,
                history.last(period.toNanos()),
                history.last(Duration.ofHours(1).toNanos()),
                burns);
    }

    void write(Snapshot.Writer out) {
        out.add(sliceGood).add(sliceBad).add(sliceStart).add(emptySlices);
        for (boolean each : burning) {
            out.add(each ? 1 : 0);
        }
        history.write(out);
    }

    void read(Snapshot.Reader in) {
        sliceGood = in.next();
        sliceBad = in.next();
        sliceStart = in.next();
        emptySlices = in.next();
        for (int i = 0; i < burning.length; i++) {
            burning[i] = in.next() != 0;
        }
        history.read(in);
    }

    /** A stretch of time in which nobody has looked. */
    void skipTo(long time) {
        History.Totals now = history.now();
        history.add(new History.Totals(Math.max(time, now.time()), now.calls(), now.bad(), now.covered()));
    }
}

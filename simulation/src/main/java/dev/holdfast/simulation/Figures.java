// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/** The main numbers of runs of one world, as people read them, the same on every machine. */
final class Figures {
    private static final long SECOND = 1_000_000_000L;
    private static final String NOTHING = "-";

    private final World world;
    private final Duration from;
    private final Duration to;

    Figures(World world) {
        this.world = world;
        long end = (world.lengthNanos() + SECOND - 1) / SECOND;
        long first = world.faults().stream().mapToLong(Fault::startNanos).min().orElse(0) / SECOND;
        long last = world.faults().stream().mapToLong(Fault::endNanos).max().orElse(0) / SECOND
                + (world.faults().stream().mapToLong(Fault::endNanos).max().orElse(0) % SECOND == 0 ? 0 : 1);
        from = Duration.ofSeconds(Math.min(end, first));
        to = Duration.ofSeconds(Math.min(end, last));
    }

    static Table table(Map<String, Run> runs) {
        Table table = new Table(
                "policies", "goodput", "of ceiling", "in fault", "recovery", "amplification", "refused", "p50", "p99");
        Figures figures = new Figures(runs.values().iterator().next().world());
        runs.forEach((name, run) -> table.row(figures.row(name, run)));
        return table.row(figures.ceiling());
    }

    /** From the first fault's beginning, down to a whole second. */
    Duration from() {
        return from;
    }

    /** To the last fault's end, up to a whole second, or to the end of the run; not after {@link #from} where nothing goes wrong. */
    Duration to() {
        return to;
    }

    private String[] row(String name, Run run) {
        double ceiling = world.ceiling();
        return new String[] {
            name,
            share(run.goodput()),
            ceiling == 0 ? NOTHING : percent(run.goodput() / ceiling),
            hasFault() ? share(run.goodput(from, to)) : NOTHING,
            hasFault() ? recovery(run) : NOTHING,
            format("%.2f", run.amplification()),
            run.offered() == 0 ? NOTHING : percent((double) run.refused() / run.offered()),
            millis(run.latency(0.5)),
            millis(run.latency(0.99))
        };
    }

    private String[] ceiling() {
        return new String[] {
            "ceiling",
            share(world.ceiling()),
            "100 %",
            hasFault() ? share(world.ceiling(from, to)) : NOTHING,
            hasFault() ? "0 s" : NOTHING,
            NOTHING,
            NOTHING,
            NOTHING,
            NOTHING
        };
    }

    private boolean hasFault() {
        return from.compareTo(to) < 0;
    }

    private String recovery(Run run) {
        return run.recovery()
                .map(time -> time.toSeconds() + " s")
                .orElse("not in " + (run.seconds().size() - to.toSeconds()) + " s");
    }

    private static String share(double value) {
        // 0.9997 must not become 1: that would be a claim.
        return format("%.3f", value < 1 ? Math.min(value, 0.999) : value);
    }

    private static String percent(double value) {
        double shown = 100 * value;
        return shown > 0 && shown < 0.1 ? "< 0.1 %" : format(shown < 99.95 ? "%.1f %%" : "%.0f %%", shown);
    }

    private static String millis(Duration time) {
        double millis = Require.saturatedNanos(time) / 1e6;
        if (millis == 0) {
            return NOTHING;
        }
        return format(millis < 10 ? "%.1f ms" : "%.0f ms", millis);
    }

    static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}

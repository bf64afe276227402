// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The results as tables in Markdown, one row a contender. */
final class Tables {
    private static final int FIRST_SECONDS = 3;

    private final World world;
    private final List<Result> results;

    Tables(World world, List<Result> results) {
        this.world = world;
        this.results = results;
    }

    /** All tables that there is something for. */
    String markdown() {
        StringBuilder out = new StringBuilder();
        List<Case> faults = cases().stream().filter(each -> each.fault() > 0).collect(Collectors.toList());
        if (!faults.isEmpty()) {
            out.append(outcomes(faults)).append('\n');
            faults.forEach(each -> out.append(details(each)).append('\n'));
        }
        cases().stream()
                .filter(each -> each.fault() == 0)
                .forEach(each -> out.append(healthy(each)).append('\n'));
        return out.toString();
    }

    private List<Case> cases() {
        return results.stream().map(Result::setting).distinct().collect(Collectors.toList());
    }

    private List<Contender> contenders() {
        return results.stream().map(Result::contender).distinct().collect(Collectors.toList());
    }

    /** Goodput during the fault where something can be had then, and the recovery. */
    private String outcomes(List<Case> cases) {
        StringBuilder out = new StringBuilder("| client |");
        cases.forEach(each -> out.append(' ')
                .append(each.title())
                .append(each.scenario() == Scenario.BROWNOUT ? ": goodput, recovery |" : ": recovery |"));
        out.append('\n').append(rule(cases.size()));
        for (Contender contender : contenders()) {
            out.append("| ").append(contender.name()).append(" |");
            for (Case each : cases) {
                String cell = results.stream()
                        .filter(result -> result.contender() == contender
                                && result.setting().equals(each))
                        .map(Tables::outcome)
                        .findFirst()
                        .orElse("-");
                out.append(' ').append(cell).append(" |");
            }
            out.append('\n');
        }
        out.append("| physical limit |");
        cases.forEach(each -> out.append(
                each.scenario() == Scenario.BROWNOUT ? " " + share(world.bestInBrownout()) + ", 0 s |" : " 0 s |"));
        return out.append('\n').toString();
    }

    /** Of the last seconds nobody knows whether five in a row would have been good. */
    private static String outcome(Result result) {
        String recovery = result.recovery().isPresent()
                ? result.recovery().getAsInt() + " s"
                : "not in " + (result.setting().after() - Recovery.IN_A_ROW) + " s";
        return result.setting().scenario() == Scenario.BROWNOUT
                ? share(result.goodputInFault()) + ", " + recovery
                : recovery;
    }

    private String details(Case setting) {
        StringBuilder out = new StringBuilder("| " + setting.title()
                + " | answered | refused | amplification | p50 ms | p99 ms | load late, ms | remarks |\n" + rule(7));
        of(setting)
                .forEach(result -> out.append(String.format(
                        Locale.ROOT,
                        "| %s | %s | %s | %.2f | %s | %.0f | %s |%n",
                        result.contender().name(),
                        share(result.all().goodput()),
                        share((double) result.all().refused() / result.all().offered()),
                        result.amplification(),
                        times(result),
                        result.lateMillis(),
                        remarks(result))));
        return out.toString();
    }

    private String healthy(Case setting) {
        StringBuilder out =
                new StringBuilder("| " + setting.title() + " | answered/s | lost calls | goodput of seconds 1 to "
                        + FIRST_SECONDS + " | amplification | p50 ms | p99 ms | load late, ms | remarks |\n" + rule(8));
        of(setting)
                .forEach(result -> out.append(String.format(
                        Locale.ROOT,
                        "| %s | %.0f | %d of %d | %s | %.2f | %s | %.0f | %s |%n",
                        result.contender().name(),
                        (double) result.all().answered() / setting.seconds(),
                        result.all().offered() - result.all().answered(),
                        result.all().offered(),
                        result.seconds().stream()
                                .limit(FIRST_SECONDS)
                                .map(second -> share(second.goodput()))
                                .collect(Collectors.joining(" ")),
                        result.amplification(),
                        times(result),
                        result.lateMillis(),
                        remarks(result))));
        return out.toString();
    }

    private List<Result> of(Case setting) {
        return results.stream()
                .filter(result -> result.setting().equals(setting))
                .collect(Collectors.toList());
    }

    private static String times(Result result) {
        return String.format(
                Locale.ROOT,
                "%.0f | %.0f",
                result.all().times().millis(0.5),
                result.all().times().millis(0.99));
    }

    /** What makes a row doubtful. */
    private static String remarks(Result result) {
        List<String> remarks = new ArrayList<>();
        if (result.disturbed()) {
            remarks.add("disturbed");
        }
        if (result.broken() > 0) {
            remarks.add(result.broken() + " requests broke");
        }
        if (result.unended() > 0) {
            remarks.add(result.unended() + " calls did not end");
        }
        return String.join(", ", remarks);
    }

    static String share(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    private static String rule(int columns) {
        return "| --- |" + " --- |".repeat(columns) + "\n";
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import dev.holdfast.examples.operate.MetricsPage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Callers of a stock service that becomes flaky, slow, broken, dead and frozen, side by side: bare ones, those behind a
 * pipeline put together by hand, and those behind a guard of which nothing is set; and then of one that is asked for
 * more than it can do. See {@link Scenario}.
 *
 * <p>Each set of callers has a service of its own, in a process of its own; all get the same faults and the
 * same load at the same time. {@link Options#USAGE} says what the exit codes mean.
 */
public final class Demo {
    private static final int FAILED_CHECKS = 1;
    private static final int WRONG_USAGE = 2;
    private static final int CANNOT_RUN = 3;

    private static volatile boolean shuttingDown;

    private Demo() {}

    /**
     * Runs the demo and ends the process.
     *
     * @param args see {@link Options#USAGE}
     */
    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** Gives the exit code. */
    static int run(String... args) {
        Options options;
        try {
            options = Options.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println("demo: " + e.getMessage());
            return WRONG_USAGE;
        }
        if (options.help()) {
            System.out.println(Options.USAGE);
            return 0;
        }
        try {
            return perform(options);
        } catch (DemoException | InterruptedException e) {
            // Once the process is being ended, everything else breaks: that is no news.
            if (!shuttingDown) {
                System.err.println("demo: " + e.getMessage());
                if (options.verbose()) {
                    e.printStackTrace();
                }
            }
            return CANNOT_RUN;
        }
    }

    private static int perform(Options options) throws InterruptedException {
        Signals.requireKill();
        Path report = Report.prepare(options.report());
        Path log = logBeside(report);
        Terminal terminal = Terminal.detect();
        List<Result> results = new ArrayList<>();
        try (MetricsPage metrics = metrics(options.metrics())) {
            System.out.println("Metrics: " + metrics.uri() + ", until the demo ends");
            for (Scenario scenario : Scenario.values()) {
                results.add(play(scenario, options, options.plain() ? terminal.plain() : terminal, metrics));
            }
        }
        Report.write(report, results);
        return print(results, report, log) ? 0 : FAILED_CHECKS;
    }

    private static MetricsPage metrics(int port) {
        try {
            return MetricsPage.open(port);
        } catch (IOException e) {
            throw new DemoException("cannot serve /metrics on port " + port + ": " + e.getMessage(), e);
        }
    }

    private static Result play(Scenario scenario, Options options, Terminal terminal, MetricsPage metrics)
            throws InterruptedException {
        System.out.println("Starting three stock services ...");
        try (Stage stage = Stage.open(scenario, options.port(), metrics.meters())) {
            Thread hook = new Thread(() -> abandon(stage));
            Runtime.getRuntime().addShutdownHook(hook);
            Result result = stage.play(terminal);
            Runtime.getRuntime().removeShutdownHook(hook);
            return result;
        }
    }

    private static void abandon(Stage stage) {
        shuttingDown = true;
        stage.close();
    }

    /** The policies' own log lines must not get into the display. Has to come before the first logger is made. */
    private static Path logBeside(Path report) {
        Path log = report.resolveSibling("holdfast-demo.log");
        System.setProperty("org.slf4j.simpleLogger.logFile", log.toString());
        return log;
    }

    /** Gives whether all checks passed. */
    private static boolean print(List<Result> results, Path report, Path log) {
        for (Result result : results) {
            System.out.println();
            System.out.print(Summary.phases(result));
            System.out.println();
            System.out.print(Summary.totals(result));
        }
        System.out.println();
        List<Check> checks =
                results.stream().flatMap(result -> Check.all(result).stream()).toList();
        checks.forEach(System.out::println);
        System.out.println();
        System.out.println("Log:    " + log);
        System.out.println("Report: " + report);
        long failed = checks.stream().filter(check -> !check.passed()).count();
        if (failed > 0) {
            System.out.flush();
            System.err.println("demo: " + failed + " of " + checks.size() + " checks failed");
        }
        return failed == 0;
    }
}

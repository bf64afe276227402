// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Measures what a service still does during an outage, and how soon it is back after one, with the policies of Holdfast and
 * of its peers: servers in processes of their own that are stopped or slowed down, and clients that do not wait for answers.
 * {@link Options#USAGE} says what can be asked for.
 *
 * <p>The tables go to standard output, the seconds to {@code benchmarks/target/storm.csv}, and the chart beside it.
 */
public final class Storm {
    private static final Path TARGET = Path.of("benchmarks", "target");
    private static final Path DOCS = Path.of("docs");
    private static final int WRONG_USAGE = 2;

    private Storm() {}

    /**
     * Measures and ends the process.
     *
     * @param args see above; they may come as one, with spaces in between
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error"); // breakers tell when they open
        List<String> words = Arrays.stream(String.join(" ", args).trim().split("\\s+"))
                .filter(word -> !word.isEmpty())
                .collect(Collectors.toList());
        Options options;
        try {
            options = Options.parse(words);
        } catch (IllegalArgumentException e) {
            System.err.println("storm: " + e.getMessage());
            System.exit(WRONG_USAGE);
            return;
        }
        if (options.list()) {
            Contenders.all().forEach(each -> System.out.println(each.id() + ": " + each.settings()));
        } else {
            measure(options, String.join(" ", words));
        }
        // Libraries may have started threads that would not end.
        System.exit(0);
    }

    private static void measure(Options options, String arguments) throws IOException, InterruptedException {
        World world = options.world();
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        System.err.printf(Locale.ROOT, "%s; load average %.2f%n", world, load);
        Run run = new Run(world, options.seed(), options.tries());
        List<Result> results = new ArrayList<>();
        for (Case setting : options.cases()) {
            for (Contender contender : options.contenders()) {
                Result result = run.of(contender, setting);
                System.err.println(setting.title() + ", " + contender.name() + ": " + line(result));
                results.add(result);
            }
        }
        System.out.println(new Tables(world, results).markdown());
        System.out.println(Simulated.table(world, results, options.seed()));
        Page page = new Page(arguments, world, results, load, options.seed());
        Files.createDirectories(TARGET);
        Files.writeString(TARGET.resolve("storm.csv"), Csv.of(results));
        Files.writeString(TARGET.resolve("storm.svg"), page.chart());
        System.err.println("written: " + TARGET.resolve("storm.csv") + " and storm.svg");
        if (options.write()) {
            page.write(DOCS);
            System.err.println("written: " + DOCS.resolve("effectiveness.md") + " and effectiveness.svg");
        }
    }

    /** The goodput of each second, in hundredths. */
    private static String line(Result result) {
        return result.seconds().stream()
                .map(second -> String.valueOf(Math.round(100 * second.goodput())))
                .collect(Collectors.joining(" "));
    }
}

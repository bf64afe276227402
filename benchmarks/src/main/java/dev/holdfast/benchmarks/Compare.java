// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs all comparisons and prints one table, and writes it, with a chart, to {@code performance.md} and
 * {@code performance.svg}.
 *
 * <pre>
 *   java -cp benchmarks/target/benchmarks.jar dev.holdfast.benchmarks.Compare
 *        quick | full       about 5 minutes: 1 thread, profile "alone"; or an hour: 1, 2 and 8 threads, both profiles
 *        --threads 1,2,8    instead
 *        --only TEXT        only benchmarks whose name, such as Bulkheads.freeHoldfast, has this regular expression in it
 *        --out DIRECTORY    where the files go; default: benchmarks/target
 * </pre>
 *
 * <p>There is also {@code smoke}, which measures nothing worth knowing, quickly: to see that everything runs.
 */
public final class Compare {
    private static final List<String> FLOORS =
            List.of("Floors.bareCall", "Floors.clock", "Floors.atomicIncrement", "Floors.adderIncrement");

    /** How long to measure what. */
    private enum Extent {
        SMOKE(1, 1, 100, 10_000, List.of(2), List.of(2), List.of("10", "100000"), List.of("8")),
        QUICK(2, 3, 400, 100_000, List.of(1), List.of(), List.of("10", "100000"), List.of("1", "8")),
        FULL(
                2,
                3,
                1_000,
                1_000_000,
                List.of(1, 2, 8),
                List.of(1, 2),
                List.of("10", "100", "1000", "10000", "100000"),
                List.of("1", "2", "4", "8"));

        final int warmUps;
        final int iterations;
        final int millis;
        final int millions;
        final List<Integer> threads;
        /** On how many threads it is done in the polluted profile, too. */
        final List<Integer> pollutedThreads;

        final List<String> sizes;
        final List<String> lengths;

        Extent(
                int warmUps,
                int iterations,
                int millis,
                int millions,
                List<Integer> threads,
                List<Integer> pollutedThreads,
                List<String> sizes,
                List<String> lengths) {
            this.warmUps = warmUps;
            this.iterations = iterations;
            this.millis = millis;
            this.millions = millions;
            this.threads = threads;
            this.pollutedThreads = pollutedThreads;
            this.sizes = sizes;
            this.lengths = lengths;
        }

        String title() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** One benchmark under one condition; its name is class and method. */
    private record Job(String benchmark, @Nullable Path path, int threads, boolean polluted) {}

    /** What makes a row. */
    private record Condition(int threads, boolean polluted, Path path, int value) implements Comparable<Condition> {
        private static final Comparator<Condition> ORDER = Comparator.comparing(Condition::path)
                .thenComparing(Condition::value)
                .thenComparing(Condition::threads)
                .thenComparing(Condition::polluted);

        @Override
        public int compareTo(Condition other) {
            return ORDER.compare(this, other);
        }
    }

    private final Extent extent;
    private final List<Integer> threads;
    private final Pattern only;
    private final java.nio.file.Path directory;
    private final String command;

    private final Map<String, Double> floors = new HashMap<>();
    private final Map<Condition, List<Row.Score>> rows = new TreeMap<>();
    private final List<String> failed = new ArrayList<>();

    private Compare(List<String> args) {
        Extent chosen = Extent.QUICK;
        List<Integer> asked = null;
        Pattern pattern = Pattern.compile("");
        java.nio.file.Path to = java.nio.file.Path.of("benchmarks", "target");
        for (int i = 0; i < args.size(); i++) {
            switch (args.get(i)) {
                case "--threads":
                    asked = Arrays.stream(args.get(++i).split(","))
                            .map(Integer::valueOf)
                            .collect(Collectors.toList());
                    break;
                case "--only":
                    pattern = Pattern.compile(args.get(++i));
                    break;
                case "--out":
                    to = java.nio.file.Path.of(args.get(++i));
                    break;
                default:
                    chosen = Extent.valueOf(args.get(i).toUpperCase(Locale.ROOT));
            }
        }
        this.extent = chosen;
        this.threads = asked == null ? chosen.threads : asked;
        this.only = pattern;
        this.directory = to;
        this.command = String.join(" ", args);
    }

    /**
     * Runs it.
     *
     * @param args see above; they may come as one, with spaces in between
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        List<String> words = Arrays.stream(String.join(" ", args).trim().split("\\s+"))
                .filter(word -> !word.isEmpty())
                .collect(Collectors.toList());
        System.exit(new Compare(words).run() ? 0 : 1);
    }

    private boolean run() throws IOException, InterruptedException {
        Files.createDirectories(directory);
        List<Job> jobs = jobs();
        System.err.println(jobs.size() + " benchmarks; " + Machine.text());
        long start = System.nanoTime();
        for (int i = 0; i < jobs.size(); i++) {
            Job job = jobs.get(i);
            String outcome = measure(job);
            System.err.printf(
                    Locale.ROOT,
                    "%3d/%d %4d s  %s, %d threads%s: %s%n",
                    i + 1,
                    jobs.size(),
                    (System.nanoTime() - start) / 1_000_000_000,
                    job.benchmark(),
                    job.threads(),
                    job.polluted() ? ", polluted" : "",
                    outcome);
        }
        List<String> crowds = tableOf(Crowds.class, extent.millis);
        List<String> millions = tableOf(Millions.class, extent.millions);
        List<Row> results = results();
        List<Floor> measured = threads.stream().map(this::floor).collect(Collectors.toList());
        String markdown = new Report(
                        how((System.nanoTime() - start) / 60_000_000_000L), measured, results, crowds, millions)
                .markdown();
        System.out.println(markdown);
        Files.writeString(directory.resolve("performance.md"), markdown);
        int fewest = threads.stream().min(Integer::compare).orElse(1);
        List<Row> shown = results.stream()
                .filter(row -> row.threads() == fewest
                        && !row.polluted()
                        && !row.path().varies())
                .collect(Collectors.toList());
        String subtitle = fewest + (fewest == 1 ? " thread; " : " threads; ") + Machine.text();
        Files.writeString(directory.resolve("performance.svg"), Chart.svg(subtitle, shown));
        System.err.println("written: " + directory.resolve("performance.md") + " and performance.svg");
        failed.forEach(failure -> System.err.println("failed: " + failure));
        return failed.isEmpty();
    }

    private String how(long minutes) {
        return "`Compare " + (command.isEmpty() ? extent.title() : command) + "`: one JVM for each number, "
                + extent.warmUps + " x " + extent.millis + " ms to warm up and " + extent.iterations + " x "
                + extent.millis + " ms measured; " + minutes + " minutes in all.";
    }

    /** The libraries on one path follow each other, so that whatever else the machine does meets them alike. */
    private List<Job> jobs() {
        List<String> all = BenchmarkList.defaultList()
                .find(
                        OutputFormatFactory.createFormatInstance(System.err, VerboseMode.SILENT),
                        List.of(".*"),
                        List.of())
                .stream()
                .map(entry -> entry.getUsername().replaceFirst(".*\\.(?=[^.]+\\.[^.]+$)", ""))
                .sorted(Comparator.comparing((String name) -> Library.in(name)).thenComparing(name -> name))
                .collect(Collectors.toList());
        List<Job> jobs = new ArrayList<>();
        for (int count : threads) {
            for (String floor : FLOORS) {
                jobs.add(new Job(floor, null, count, false));
            }
        }
        for (Path path : Path.values()) {
            List<String> compared = all.stream()
                    .filter(name -> Library.in(name).pathIn(name).equals(path.id))
                    .filter(name -> only.matcher(name).find())
                    .collect(Collectors.toList());
            for (int count : path.grows() ? threads.subList(0, 1) : threads) {
                for (boolean polluted : new boolean[] {false, true}) {
                    if (!polluted || (!path.grows() && extent.pollutedThreads.contains(count))) {
                        compared.forEach(name -> jobs.add(new Job(name, path, count, polluted)));
                    }
                }
            }
        }
        return jobs;
    }

    private String measure(Job job) {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include("\\." + Pattern.quote(job.benchmark()) + "$")
                .verbosity(VerboseMode.SILENT)
                .shouldFailOnError(true)
                .forks(1)
                .jvmArgsAppend("-Dorg.slf4j.simpleLogger.defaultLogLevel=error") // breakers tell when they open
                .threads(job.threads())
                .warmupIterations(
                        extent.warmUps * (job.path() == null ? 1 : job.path().warmUps()))
                .warmupTime(TimeValue.milliseconds(extent.millis))
                .measurementIterations(extent.iterations)
                .measurementTime(TimeValue.milliseconds(extent.millis))
                .addProfiler(GCProfiler.class)
                .param("polluted", String.valueOf(job.polluted()))
                .param("size", extent.sizes.toArray(String[]::new))
                .param("policies", extent.lengths.toArray(String[]::new));
        if (job.polluted() || extent != Extent.FULL) {
            // One value of what varies says enough.
            options.param("oneIn", "100").param("keys", "10000");
        }
        try {
            return new Runner(options.build())
                    .run().stream().map(result -> add(job, result)).collect(Collectors.joining(", "));
        } catch (RunnerException e) {
            failed.add(job + ": " + e.getMessage());
            return "failed, " + e.getMessage();
        }
    }

    private String add(Job job, RunResult result) {
        double nanos = result.getPrimaryResult().getScore();
        double bytes = bytes(result);
        if (job.path() == null) {
            floors.put(job.benchmark() + job.threads(), nanos);
        } else {
            Library library = Library.in(job.benchmark());
            rows.computeIfAbsent(
                            new Condition(job.threads(), job.polluted(), job.path(), value(result)),
                            condition -> new ArrayList<>())
                    .add(new Row.Score(library, library.variantIn(job.benchmark()), nanos, bytes));
        }
        return String.format(Locale.ROOT, "%.1f ns, %.0f B", nanos, bytes);
    }

    private static double bytes(RunResult result) {
        for (String key : result.getSecondaryResults().keySet()) {
            if (key.endsWith("gc.alloc.rate.norm")) {
                return result.getSecondaryResults().get(key).getScore();
            }
        }
        return Double.NaN;
    }

    /** The value of the parameter that varies; 0 if there is none. */
    private static int value(RunResult result) {
        for (String name : List.of("size", "policies", "oneIn", "keys")) {
            String value = result.getParams().getParam(name);
            if (value != null) {
                return Integer.parseInt(value);
            }
        }
        return 0;
    }

    private List<Row> results() {
        List<Row> results = new ArrayList<>();
        rows.forEach((condition, scores) -> {
            Floor floor = floor(condition.threads());
            results.add(new Row(
                    condition.path(),
                    condition.value() == 0 ? "" : String.format(Locale.ROOT, "%,d", condition.value()),
                    condition.threads(),
                    condition.polluted(),
                    floor.of(condition.path()),
                    condition.polluted()
                            ? Double.NaN
                            : floor.target(condition.path()) * condition.path().times(condition.value()),
                    scores));
        });
        return results;
    }

    private Floor floor(int count) {
        double[] readings = FLOORS.stream()
                .mapToDouble(name -> floors.getOrDefault(name + count, Double.NaN))
                .toArray();
        return new Floor(count, readings[0], readings[1], readings[2], readings[3]);
    }

    /** What another program prints, in a JVM of its own. */
    private List<String> tableOf(Class<?> program, int size) throws IOException, InterruptedException {
        if (!only.matcher(program.getSimpleName()).find()) {
            return List.of();
        }
        Process process = new ProcessBuilder(
                        java.nio.file.Path.of(System.getProperty("java.home"), "bin", "java")
                                .toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        program.getName(),
                        String.valueOf(size))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<String> lines = new ArrayList<>();
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                System.err.println(line);
                lines.add(line);
            }
        }
        if (process.waitFor() != 0) {
            failed.add(program.getSimpleName() + ": exit code " + process.exitValue());
        }
        return lines;
    }
}

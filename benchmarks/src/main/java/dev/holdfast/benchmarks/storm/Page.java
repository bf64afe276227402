// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import dev.holdfast.benchmarks.Machine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** The page of the documentation: what was measured, how, where and when, and what came of it. */
final class Page {
    private static final String MEASURE = """
            What a service still does during an outage, and how soon it is back after one. A server in a process of its own, on
            loopback, with a fixed number of workers, a fixed service time and a line without a bound in front of them, is called in
            an open loop: calls come as a Poisson process, the same one for each contender, and do not wait for answers. They
            are shared by 1 or more clients, each with policies of its own. A request times out at its caller; the server goes on
            with what nobody waits for any more.

            - *stall*: the process is stopped (SIGSTOP) and goes on later; *brownout*: the service time is multiplied for a while;
              *healthy*: no fault.
            - *goodput*: answered calls over offered ones, by the second in which a call was due. *Recovery*: the first second after
              the fault from which five in a row have a goodput of at least 0.95. *Amplification*: requests sent over calls made.
              *Refused*: calls for which no request was sent. *Load late*: how late the most belated call was begun. Where that
              is more than 100 ms, the machine had too much to do, and the row is marked as disturbed.
            """;

    private final String arguments;
    private final World world;
    private final List<Result> results;
    private final double loadBefore;
    private final long seed;

    /**
     * A page that is not written yet.
     *
     * @param arguments of the command
     * @param world what was called
     * @param results all of them
     * @param loadBefore the machine's load average before the first one
     * @param seed of the schedule, for the simulation as well
     */
    Page(String arguments, World world, List<Result> results, double loadBefore, long seed) {
        this.arguments = arguments;
        this.world = world;
        this.results = results;
        this.loadBefore = loadBefore;
        this.seed = seed;
    }

    /** Writes {@code effectiveness.md} and {@code effectiveness.svg}. */
    void write(Path directory) throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("effectiveness.md"), markdown());
        Files.writeString(directory.resolve("effectiveness.svg"), chart());
    }

    String chart() {
        return GoodputChart.svg(world.toString(), Machine.text(), results);
    }

    private String markdown() {
        StringBuilder out = new StringBuilder("# Does it keep a service up?\n\n");
        out.append(MEASURE).append('\n');
        out.append(world)
                .append(".\n")
                .append(Machine.text())
                .append("; commit ")
                .append(commit());
        out.append(String.format(Locale.ROOT, "; load average before: %.2f.%n%n", loadBefore));
        out.append("```sh\n./mvnw -q compile -Pstorm -Dstorm.args=\"")
                .append(arguments)
                .append("\"\n```\n\n");
        out.append(new Tables(world, results).markdown());
        out.append(Simulated.table(world, results, seed));
        out.append("![Goodput by second](effectiveness.svg)\n\n## How they were configured\n\n");
        results.stream()
                .map(Result::contender)
                .distinct()
                .forEach(contender -> out.append("- ")
                        .append(contender.name())
                        .append(": ")
                        .append(contender.settings())
                        .append('\n'));
        return out.toString();
    }

    /** Of the working directory, with a mark if files have changed since. */
    private static String commit() {
        try {
            Process git = new ProcessBuilder("git", "describe", "--always", "--dirty")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String text = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
            return git.waitFor(5, TimeUnit.SECONDS) && git.exitValue() == 0 ? text : "unknown";
        } catch (IOException noGit) {
            return "unknown";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "unknown";
        }
    }
}

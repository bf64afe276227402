// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.simulate;

import dev.holdfast.simulation.Compared;
import dev.holdfast.simulation.Comparison;
import dev.holdfast.simulation.World;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Compares policies in a simulated outage, prints the numbers, and writes a page of charts. {@link Options#USAGE} says how to ask. */
public final class Simulate {
    private static final int WRONG_USAGE = 2;
    private static final int CANNOT_WRITE = 3;

    private Simulate() {}

    /**
     * Runs and ends the process.
     *
     * @param args see {@link Options#USAGE}
     */
    public static void main(String[] args) {
        // Thousands of breakers would log that they open. Has to come before the first logger is made.
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
        System.exit(run(args));
    }

    /** Gives the exit code. */
    static int run(String... args) {
        Options options;
        World world;
        try {
            options = Options.parse(List.of(args));
            world = options.world();
        } catch (IllegalArgumentException e) {
            System.err.println("simulate: " + e.getMessage());
            return WRONG_USAGE;
        }
        if (options.has("help")) {
            System.out.print(Options.USAGE);
            return 0;
        }
        if (options.has("list")) {
            System.out.print(Contenders.list());
            return 0;
        }
        return compare(options, world);
    }

    private static int compare(Options options, World world) {
        Comparison comparison = Comparison.of(options.title(), world);
        for (String name : options.policies()) {
            if (!name.equals(Comparison.NONE)) {
                comparison = comparison.with(name, Contenders.named(name));
            }
        }
        long start = System.nanoTime();
        Compared compared = comparison.run(options.seed());
        double took = (System.nanoTime() - start) / 1e9;
        System.out.println(world);
        System.out.println();
        System.out.print(compared.table());
        System.out.printf("%nSimulated in %.1f s, seed %d.%n", took, options.seed());
        try {
            write("Page", options.report(), compared.html());
            if (options.csv() != null) {
                write("CSV ", options.csv(), compared.csv());
            }
            return 0;
        } catch (IOException e) {
            System.err.println("simulate: cannot write: " + e);
            return CANNOT_WRITE;
        }
    }

    private static void write(String what, Path path, String text) throws IOException {
        Path absolute = path.toAbsolutePath().normalize();
        Path folder = absolute.getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Files.writeString(absolute, text);
        System.out.println(what + ": " + absolute);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * What the command line asks for.
 *
 * @param report where the report goes
 * @param port of the bare callers' service, the next two being those of the pipeline and of the guard; 0 for any
 * @param metrics the port of {@code /metrics}; 0 for any
 * @param plain whether to print plain lines on a terminal, too
 * @param verbose whether to print the stack trace of what went wrong
 * @param help whether to print the usage and do nothing
 */
record Options(Path report, int port, int metrics, boolean plain, boolean verbose, boolean help) {
    static final String USAGE = """
            Usage: Demo [--report=PATH] [--port=PORT] [--metrics=PORT] [--plain] [--verbose] [--help]
              --report=PATH  where to write the HTML report (default: target/holdfast-demo.html)
              --port=PORT    port of the first stock service, the others take the next (default: any free ones)
              --metrics=PORT port of /metrics, which has the policies' numbers for Prometheus (default: any free one)
              --plain        one line a second instead of a live display
              --verbose      print a stack trace when something goes wrong
            Exit codes: 0 all checks passed, 1 a check failed, 2 wrong usage, 3 the demo could not run""";

    static Options parse(String... args) {
        Path report = target().resolve("holdfast-demo.html");
        int port = 0;
        int metrics = 0;
        boolean plain = false;
        boolean verbose = false;
        boolean help = false;
        for (String arg : args) {
            String value = arg.substring(arg.indexOf('=') + 1);
            if (arg.startsWith("--report=") && !value.isEmpty()) {
                report = path(value);
            } else if (arg.startsWith("--port=")) {
                port = port("--port", value, 65_533);
            } else if (arg.startsWith("--metrics=")) {
                metrics = port("--metrics", value, 65_535);
            } else if (arg.equals("--plain")) {
                plain = true;
            } else if (arg.equals("--verbose")) {
                verbose = true;
            } else if (arg.equals("--help")) {
                help = true;
            } else {
                throw new IllegalArgumentException("unknown option " + arg + " (--help lists them)");
            }
        }
        return new Options(report, port, metrics, plain, verbose, help);
    }

    private static Path path(String value) {
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("--report=" + value + " is no path", e);
        }
    }

    private static int port(String option, String value, int highest) {
        try {
            int port = Integer.parseInt(value);
            if (port >= 1 && port <= highest) {
                return port;
            }
        } catch (NumberFormatException e) {
            // The message is the same.
        }
        throw new IllegalArgumentException(option + "=" + value + " (expected: 1 to " + highest + ")");
    }

    /** The build's own folder when the demo runs from there, or else the working directory. */
    private static Path target() {
        try {
            Path home = Path.of(new File(Options.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .getPath());
            Path parent = home.getParent();
            return parent != null && parent.endsWith("target") ? parent : Path.of("");
        } catch (URISyntaxException e) {
            return Path.of("");
        }
    }
}

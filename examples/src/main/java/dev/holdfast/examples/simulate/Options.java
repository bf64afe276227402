// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.simulate;

import dev.holdfast.simulation.Clients;
import dev.holdfast.simulation.Comparison;
import dev.holdfast.simulation.Fault;
import dev.holdfast.simulation.Service;
import dev.holdfast.simulation.Times;
import dev.holdfast.simulation.World;
import java.io.File;
import java.math.BigDecimal;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is asked for on the command line. */
final class Options {
    static final String USAGE = """
            -Dsimulate.args="..." takes
              --policies NAMES     compared with none; default: none,retry+breaker,guard (--list lists them)
              --fault KIND         stall, brownout, errors, late-errors, refused, crash, flood or none; default: stall
              --factor NUMBER      so many times as slow in a brownout, as cold after a crash, as many calls in a flood;
                                   default: 4
              --share NUMBER       of the calls that errors hit, 0 to 1; default: 0.5
              --start TIME         of the fault; default: 10s
              --for TIME           that the fault lasts; default: 5s
              --node NUMBER        that alone has the fault, from 0 up; default: all have it
              --workers NUMBER     of each node; default: 8
              --service TIME       that a worker takes, in the mean; default: 20ms
              --times KIND         how that is distributed: constant, exponential or log-normal; default: constant
              --nodes NUMBER       of the service; default: 1
              --line NUMBER        of calls that may wait at a node; default: without bounds
              --chain              three services, web calls orders, orders calls stock, which has the fault; since workers wait
                                   for what they call, web has three times and orders twice as many
              --rate NUMBER        calls a second, of all clients together; default: 280
              --clients NUMBER     each with policies of its own; default: 40
              --patience TIME      that a request is waited for; default: 500ms
              --length TIME        of the run, 1s to 1d; default: 40s
              --seed NUMBER        of the run; default: 1
              --report PATH        of the page; default: target/holdfast-simulation.html
              --csv PATH           also writes all seconds as CSV
              --list               lists the policies and does nothing else
              --help               prints this and does nothing else
            Times are written as 250ms, 1.5s or 2m. Exit codes: 0 done, 2 wrong usage, 3 a file could not be written
            """;

    private static final List<String> FLAGS = List.of("chain", "list", "help");
    private static final List<String> VALUES = List.of(
            "policies",
            "fault",
            "factor",
            "share",
            "start",
            "for",
            "node",
            "workers",
            "service",
            "times",
            "nodes",
            "line",
            "rate",
            "clients",
            "patience",
            "length",
            "seed",
            "report",
            "csv");
    private static final List<String> FAULTS =
            List.of("stall", "brownout", "errors", "late-errors", "refused", "crash", "flood", "none");
    private static final List<String> TIMES = List.of("constant", "exponential", "log-normal");
    private static final Duration WARM_UP = Duration.ofSeconds(5);
    /** Of a log-normal distribution: the 99th percentile is about six times the median. */
    private static final double SIGMA = 0.8;

    private final Map<String, String> given = new TreeMap<>();

    private Options() {}

    /**
     * Reads them; {@link #world} and the others say what is wrong with a value.
     *
     * @throws IllegalArgumentException if one is not known or has no value
     */
    static Options parse(List<String> words) {
        Options options = new Options();
        Iterator<String> left = words.iterator();
        while (left.hasNext()) {
            String word = left.next();
            int equals = word.indexOf('=');
            String name = word.substring(0, equals < 0 ? word.length() : equals);
            String bare = name.startsWith("--") ? name.substring(2) : "";
            if (FLAGS.contains(bare) && equals < 0) {
                options.given.put(bare, "");
            } else if (!VALUES.contains(bare)) {
                throw wrong("argument", word, "one of those that --help lists");
            } else if (equals < 0 && !left.hasNext()) {
                throw wrong(name, "nothing", "a value after it");
            } else {
                options.given.put(bare, equals < 0 ? left.next() : word.substring(equals + 1));
            }
        }
        options.policies();
        options.seed();
        options.report();
        options.csv();
        return options;
    }

    boolean has(String name) {
        return given.containsKey(name);
    }

    /** Each once, in their order. */
    List<String> policies() {
        List<String> names = List.copyOf(new LinkedHashSet<>(
                Arrays.asList(text("policies", "none,retry+breaker,guard").split(",", -1))));
        names.stream().filter(name -> !name.equals(Comparison.NONE)).forEach(Contenders::named);
        return names;
    }

    String title() {
        return text("fault", "stall") + (has("chain") ? " at the end of a chain" : "");
    }

    World world() {
        String called = "stock";
        Service service = service(called, 1);
        World world;
        if (has("chain")) {
            world = World.of(service("web", 3).calling("orders"), clients("web"))
                    .with(service("orders", 2).calling(called))
                    .with(service);
        } else {
            world = World.of(service, clients(called));
        }
        world = world.lasting(time("length", "40s", Duration.ofSeconds(1), Duration.ofDays(1)));
        Fault fault = fault(called);
        return fault == null ? world : world.with(fault);
    }

    private Service service(String name, int times) {
        Service service = Service.of(name, times * (int) number("workers", "8", 1, 10_000), times())
                .nodes((int) number("nodes", "1", 1, 1_000));
        return has("line") ? service.line((int) number("line", "0", 0, Integer.MAX_VALUE)) : service;
    }

    private Times times() {
        Duration mean = time("service", "20ms", Duration.ofNanos(1), Duration.ofDays(1));
        return switch (oneOf("times", "constant", TIMES)) {
            case "exponential" -> Times.exponential(mean);
            case "log-normal" ->
                Times.logNormal(
                        Duration.ofNanos(Math.max(1, (long) (mean.toNanos() / Math.exp(SIGMA * SIGMA / 2)))), SIGMA);
            default -> Times.constant(mean);
        };
    }

    private Clients clients(String service) {
        return Clients.poisson(service, decimal("rate", "280", 1e-6, 1e6))
                .count((int) number("clients", "40", 1, 100_000))
                .patience(time("patience", "500ms", Duration.ofNanos(1), Duration.ofDays(1)));
    }

    private @Nullable Fault fault(String service) {
        String kind = oneOf("fault", "stall", FAULTS);
        double factor = decimal("factor", "4", 1, 10_000);
        double share = decimal("share", "0.5", 0, 1);
        Duration start = time("start", "10s", Duration.ZERO, Duration.ofDays(1));
        Duration length = time("for", "5s", Duration.ofNanos(1), Duration.ofDays(1));
        if (kind.equals("none")) {
            return null;
        }
        Fault fault = switch (kind) {
            case "brownout" -> Fault.brownout(service, factor);
            case "errors" -> Fault.errors(service, share);
            case "late-errors" -> Fault.lateErrors(service, share);
            case "refused" -> Fault.refused(service);
            case "crash" -> Fault.crash(service, factor, WARM_UP);
            // The clients' rate is what grows, of whomever they call.
            case "flood" -> Fault.flood(has("chain") ? "web" : service, factor);
            default -> Fault.stall(service);
        };
        fault = fault.from(start).lasting(length);
        return has("node") ? fault.ofNode((int) number("node", "0", 0, number("nodes", "1", 1, 1_000) - 1)) : fault;
    }

    long seed() {
        return number("seed", "1", Long.MIN_VALUE, Long.MAX_VALUE);
    }

    Path report() {
        return path("report", target().resolve("holdfast-simulation.html").toString());
    }

    @Nullable Path csv() {
        return has("csv") ? path("csv", "") : null;
    }

    // ---- Values ---------------------------------------------------------------------------------------------------

    private String text(String name, String otherwise) {
        return given.getOrDefault(name, otherwise);
    }

    private String oneOf(String name, String otherwise, List<String> known) {
        String value = text(name, otherwise);
        if (!known.contains(value)) {
            throw wrong("--" + name, value, "one of " + String.join(", ", known));
        }
        return value;
    }

    private long number(String name, String otherwise, long min, long max) {
        String value = text(name, otherwise);
        try {
            long number = Long.parseLong(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // The message is the same.
        }
        throw wrong("--" + name, value, "a whole number from " + min + " to " + max);
    }

    private double decimal(String name, String otherwise, double min, double max) {
        String value = text(name, otherwise);
        try {
            double number = Double.parseDouble(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // The message is the same.
        }
        throw wrong("--" + name, value, "a number from " + plain(min) + " to " + plain(max));
    }

    private static String plain(double number) {
        return new BigDecimal(Double.toString(number)).stripTrailingZeros().toPlainString();
    }

    private Duration time(String name, String otherwise, Duration min, Duration max) {
        String value = text(name, otherwise);
        Duration time = Time.read(value);
        if (time == null || time.compareTo(min) < 0 || time.compareTo(max) > 0) {
            throw wrong(
                    "--" + name,
                    value,
                    "a time from " + Time.write(min) + " to " + Time.write(max) + ", such as 250ms, 1.5s or 2m");
        }
        return time;
    }

    private Path path(String name, String otherwise) {
        String value = text(name, otherwise);
        try {
            if (!value.isBlank()) {
                return Path.of(value);
            }
        } catch (InvalidPathException e) {
            // The message is the same.
        }
        throw wrong("--" + name, value, "a path of a file");
    }

    /** The build's own folder when this runs from there, or else the working directory. */
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

    private static IllegalArgumentException wrong(String name, String value, String expected) {
        return new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.simulation.Comparison;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SimulateTest {
    @TempDir
    Path folder;

    private static Options options(String args) {
        return Options.parse(args.isEmpty() ? List.of() : Arrays.asList(args.split(" ")));
    }

    private static String printed(String... args) {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            assertThat(Simulate.run(args)).isZero();
        } finally {
            System.setOut(before);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    @DisplayName("Without arguments it is the stall of the effectiveness page, with 40 clients")
    void defaults() {
        Options options = options("");
        assertThat(options.world())
                .hasToString("stock: 8 workers of 20ms; 280.0 calls/s of stock by 40 clients, patience 500ms;"
                        + " stall of stock from 10s for 5s; 40s");
        assertThat(options.policies()).containsExactly("none", "retry+breaker", "guard");
        assertThat(options.seed()).isEqualTo(1);
        assertThat(options.report()).hasFileName("holdfast-simulation.html");
        assertThat(options.csv()).isNull();
    }

    @Test
    @DisplayName("Every argument changes the world")
    void arguments() {
        assertThat(options(
                                "--workers 4 --service 0.5s --times exponential --nodes 3 --line 7 --rate 12.5 --clients=2"
                                        + " --patience 2s --fault crash --factor 3 --start 1s --for 1500ms --node 2 --length 1m")
                        .world())
                .hasToString("stock: 3 x 4 workers of exponential 500ms, line of 7; 12.5 calls/s of stock by 2 clients,"
                        + " patience 2s; crash of stock node 2 from 1s for 1500ms; 1m");
        assertThat(options("--chain --fault flood").world().toString())
                .contains("web: 24 workers", "calls orders; orders: 16 workers", "calls stock", "flood x 4.0 of web");
        assertThat(options("--fault none").world().toString()).endsWith("patience 500ms; 40s");
        assertThat(options("--times log-normal").world().toString()).contains("log-normal");
    }

    @ParameterizedTest
    @DisplayName("Each kind of fault is there")
    @ValueSource(strings = {"stall", "brownout", "errors", "late-errors", "refused", "crash", "flood"})
    void faults(String kind) {
        assertThat(options("--fault " + kind).world().toString()).contains(kind.replace('-', ' '));
    }

    @ParameterizedTest(name = "{0}")
    @DisplayName("What is wrong is one sentence with the argument, its value and what was expected")
    @CsvSource(
            delimiter = '|',
            value = {
                "--workers zero | --workers: zero (expected: a whole number from 1 to 10000)",
                "--nodes 0 | --nodes: 0 (expected: a whole number from 1 to 1000)",
                "--rate NaN | --rate: NaN (expected: a number from 0.000001 to 1000000)",
                "--share 1.5 | --share: 1.5 (expected: a number from 0 to 1)",
                "--for 5 | --for: 5 (expected: a time from 1ns to 1d, such as 250ms, 1.5s or 2m)",
                "--length 10ms | --length: 10ms (expected: a time from 1s to 1d, such as 250ms, 1.5s or 2m)",
                "--node 1 | --node: 1 (expected: a whole number from 0 to 0)",
                "--times even | --times: even (expected: one of constant, exponential, log-normal)",
                "--seed | --seed: nothing (expected: a value after it)",
                "--sed 1 | argument: --sed (expected: one of those that --help lists)",
                "guard | argument: guard (expected: one of those that --help lists)",
                "--report= | --report:  (expected: a path of a file)"
            })
    void wrong(String args, String message) {
        assertThatThrownBy(() -> options(args).world())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message.replace("::", ":"));
    }

    @Test
    @DisplayName("Unknown policies are named, and the known ones")
    void wrongPolicies() {
        assertThatThrownBy(() -> options("--policies guard,retry+braker"))
                .hasMessageStartingWith("--policies: retry+braker (expected: none, or of guard, retry, ")
                .hasMessageEndingWith(", joined by +)");
        assertThatThrownBy(() -> options("--policies guard,")).hasMessageStartingWith("--policies:  (expected: none");
    }

    @Test
    @DisplayName("Wrong usage is exit code 2, and a page that cannot be written is 3")
    void exitCodes() throws Exception {
        PrintStream before = System.err;
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            assertThat(Simulate.run("--fault", "quake")).isEqualTo(2);
            Path file = Files.writeString(folder.resolve("file"), "");
            assertThat(Simulate.run("--length", "1s", "--report", file + "/page.html"))
                    .isEqualTo(3);
        } finally {
            System.setErr(before);
        }
        assertThat(err.toString(StandardCharsets.UTF_8))
                .startsWith("simulate: --fault: quake (expected: one of stall,")
                .contains("simulate: cannot write:");
    }

    @Test
    @DisplayName("It prints the table, and writes the page and the CSV")
    void output() {
        Path page = folder.resolve("new/page.html");
        Path csv = folder.resolve("all.csv");
        String out = printed(
                "--length",
                "10s",
                "--start",
                "2s",
                "--for",
                "1s",
                "--policies",
                "guard,limit+timeout,naive-retry",
                "--report",
                page.toString(),
                "--csv",
                csv.toString());
        assertThat(out).contains("policies", "\nnone ", "\nguard ", "\nlimit+timeout ", "\nceiling ", "Page: " + page);
        assertThat(page).content().startsWith("<!DOCTYPE html>").contains("limit+timeout");
        assertThat(csv).content().startsWith("world,policies,second,").contains("stall,guard,9,");
    }

    @Test
    @DisplayName("The list names policies that there are, and the help every argument")
    void lists() {
        String list = printed("--list");
        list.lines()
                .map(line -> line.substring(0, line.indexOf(' ')))
                .filter(name -> !name.equals(Comparison.NONE) && !name.equals("Several"))
                .forEach(name ->
                        assertThat(options("--policies " + name).policies()).containsExactly(name));
        assertThat(list.lines()).hasSizeGreaterThan(10);
        assertThat(printed("--help")).isEqualTo(Options.USAGE);
    }
}

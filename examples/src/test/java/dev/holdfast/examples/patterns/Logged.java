// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What is logged while something runs; the tests log to standard error. */
final class Logged {
    private Logged() {}

    /** The lines, without what stands before the logger's message. */
    static List<String> by(Runnable something) {
        PrintStream before = System.err;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setErr(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            something.run();
        } finally {
            System.setErr(before);
        }
        return out.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.contains(" - "))
                .map(line -> (line.contains("WARN") ? "WARN " : "INFO ") + line.substring(line.indexOf(" - ") + 3))
                .toList();
    }
}

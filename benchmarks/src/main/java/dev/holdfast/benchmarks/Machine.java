// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.stream.Stream;

/** Where figures were measured, with what and when. */
public final class Machine {
    private Machine() {}

    /** Processor, system, JDK and date, in one line. */
    public static String text() {
        return cpu() + ", " + Runtime.getRuntime().availableProcessors() + " cores, "
                + System.getProperty("os.name") + "; JDK " + System.getProperty("java.runtime.version") + ", "
                + System.getProperty("java.vm.name") + "; " + LocalDate.now(ZoneOffset.UTC);
    }

    private static String cpu() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).trim())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException noSuchFile) {
            return System.getProperty("os.arch");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptionsTest {
    @Test
    void hasDefaults() {
        Options options = Options.parse();

        assertThat(options.report()).hasFileName("holdfast-demo.html");
        assertThat(options.port()).isZero();
        assertThat(options.metrics()).isZero();
        assertThat(options.plain() || options.verbose() || options.help()).isFalse();
    }

    @Test
    void takesAll() {
        assertThat(Options.parse(
                        "--report=a b/c.html", "--port=8080", "--metrics=9464", "--plain", "--verbose", "--help"))
                .isEqualTo(new Options(Path.of("a b/c.html"), 8080, 9464, true, true, true));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--what",
                "report",
                "--report=",
                "--report=a\0b",
                "--port=",
                "--port=0",
                "--port=65534",
                "--metrics=0",
                "--metrics=65536"
            })
    void refusesWhatItDoesNotKnow(String option) {
        assertThatIllegalArgumentException().isThrownBy(() -> Options.parse(option));
    }

    @Test
    void becomeExitCodes(@TempDir Path folder) throws Exception {
        Path file = Files.createFile(folder.resolve("file"));

        assertThat(Demo.run("--help")).isZero();
        assertThat(Demo.run("--what")).isEqualTo(2);
        assertThat(Demo.run("--report=" + file + "/report.html")).isEqualTo(3);
    }
}

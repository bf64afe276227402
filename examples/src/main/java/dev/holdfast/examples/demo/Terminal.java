// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.io.Console;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * What standard output can do.
 *
 * @param live whether a cursor can be moved
 * @param colours whether to use them
 * @param charset what it writes
 */
record Terminal(boolean live, boolean colours, Charset charset) {
    /** A size as {@code stty} tells it. */
    record Size(int rows, int columns) {
        static final Size USUAL = new Size(24, 80);
    }

    static Terminal detect() {
        Console console = System.console();
        String term = System.getenv().getOrDefault("TERM", "dumb");
        boolean live = console != null && isTerminal(console) && !term.equals("dumb");
        // https://no-color.org: any value but an empty one.
        boolean colours = live && System.getenv().getOrDefault("NO_COLOR", "").isEmpty();
        return new Terminal(live, colours, console != null ? console.charset() : Charset.defaultCharset());
    }

    /** From JDK 22 on there may be a console that is no terminal, and a method that tells. */
    private static boolean isTerminal(Console console) {
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }

    /** The same without anything but text. */
    Terminal plain() {
        return new Terminal(false, false, charset);
    }

    boolean unicode() {
        return charset.newEncoder().canEncode('\u2587');
    }

    PrintStream stream() {
        return new PrintStream(System.out, true, charset);
    }

    /** The size right now; the usual one if nobody knows. */
    static Size size() {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(new File("/dev/tty"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String[] said = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                    .strip()
                    .split(" ");
            if (!stty.waitFor(1, TimeUnit.SECONDS) || said.length != 2) {
                return Size.USUAL;
            }
            Size size = new Size(Integer.parseInt(said[0]), Integer.parseInt(said[1]));
            return size.rows() > 0 && size.columns() > 0 ? size : Size.USUAL;
        } catch (IOException | NumberFormatException e) {
            return Size.USUAL;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Size.USUAL;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** One page with everything in it: a {@link WorldSection} for each world, and how to read them. Has no date: the same seed makes the same page. */
final class Page {
    private static final String READING = """
            <section><h2>Reading it</h2>
            <dl>
            <dt>goodput</dt><dd>answered calls over calls made. A call belongs to the second in which it was made.</dd>
            <dt>ceiling</dt><dd>what somebody could answer who knows all in advance: as many as come, or as workers can do.</dd>
            <dt>in fault</dt><dd>the goodput from the first fault's beginning to the last one's end.</dd>
            <dt>recovery</dt><dd>how long after the last fault's end until five seconds in a row have a goodput of 0.95 or more.</dd>
            <dt>amplification</dt><dd>requests sent, to the service that was sent the most, over calls made.</dd>
            <dt>refused</dt><dd>calls that policies did not let through.</dd>
            <dt>p50, p99</dt><dd>how long half, and 99 of 100, of the answered calls took at most, with all attempts and waits.</dd>
            </dl>
            """;

    private Page() {}

    static String html(long seed, Map<String, Map<String, Run>> runs) {
        StringBuilder html = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
        html.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .append("<meta name=\"color-scheme\" content=\"light dark\">\n")
                .append("<title>Holdfast simulation</title>\n<style>\n")
                .append(css())
                .append("</style></head><body>\n<header><h1>Holdfast simulation</h1>\n")
                .append(
                        "<p>Real policies in a modelled world, on virtual time. Each line of a chart is what callers with those "
                                + "policies got; all had the same world, and seed ")
                .append(seed)
                .append(".</p></header>\n<main>\n");
        runs.forEach((title, inWorld) -> html.append(WorldSection.html(title, inWorld)));
        return html.append(READING)
                .append("</section>\n</main></body></html>\n")
                .toString();
    }

    private static String css() {
        try (InputStream css = Page.class.getResourceAsStream("page.css")) {
            if (css == null) {
                throw new IllegalStateException("page.css: missing (expected: beside " + Page.class.getName() + ")");
            }
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import javax.xml.parsers.DocumentBuilderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

@ExtendWith(Trial.class)
class ReportTest {
    private static final String WILD = "a \"b\" </title><script>alert('x')</script> & \\ \n\u2028\u00e9";

    private static Report wild() {
        Shop shop = new Shop(50, 0.05);
        AtomicLong line = new AtomicLong();
        return shop.experiment()
                .owner(WILD)
                .reason(WILD)
                .hypothesis(
                        shop.answered(),
                        Probe.value(WILD, line::getAndIncrement).atMost(10_000),
                        Probe.that("so", () -> true))
                .lasting(Duration.ofMinutes(20))
                .build()
                .run();
    }

    @Test
    @DisplayName("the journal has the keys of the Chaos Toolkit's, and is JSON whatever names there are")
    void journal() {
        Report report = wild();
        Map<?, ?> journal = (Map<?, ?>) new Reader(report.json()).read();

        assertThat(journal.keySet())
                .asString()
                .contains(
                        "chaoslib-version, platform, node, experiment, start, status, deviated, steady_states, run, rollbacks, end, duration");
        assertThat(journal.get("status")).isEqualTo("completed");
        assertThat(journal.get("deviated")).isEqualTo(true);
        assertThat(journal.get("start")).isEqualTo("2026-01-01T00:00:00");
        assertThat(journal.get("end")).asString().startsWith("2026-01-01T00:20:3");
        Map<?, ?> experiment = (Map<?, ?>) journal.get("experiment");
        assertThat(experiment.get("title")).isEqualTo("orders survive");
        assertThat(experiment.get("description")).isEqualTo(WILD);
        assertThat(experiment.keySet()).asString().contains("steady-state-hypothesis", "method", "rollbacks");
        Map<?, ?> states = (Map<?, ?>) journal.get("steady_states");
        assertThat(states.keySet()).asString().isEqualTo("[before, during, after]");
        Map<?, ?> before = (Map<?, ?>) states.get("before");
        assertThat(before.get("steady_state_met")).isEqualTo(true);
        List<?> during = (List<?>) states.get("during");
        assertThat(during).hasSizeBetween(300, 1200);
        assertThat(during)
                .anySatisfy(state ->
                        assertThat(((Map<?, ?>) state).get("steady_state_met")).isEqualTo(false));
        assertThat((List<?>) before.get("probes"))
                .hasSize(3)
                .allSatisfy(probe -> assertThat(((Map<?, ?>) probe).keySet())
                        .asString()
                        .isEqualTo("[activity, output, status, start, end, duration, tolerance_met]"));
        assertThat((List<?>) journal.get("run")).singleElement().satisfies(run -> {
            Map<?, ?> output = (Map<?, ?>) ((Map<?, ?>) run).get("output");
            assertThat(output.get("injected")).isEqualTo((double) report.injected());
        });
        assertThat(report.json()).matches("[ -~]*").doesNotContain("<");
    }

    @Test
    @DisplayName("the page is well-formed, loads and runs nothing, and shows names as text")
    void page() throws Exception {
        String html = wild().html();
        assertThat(html).doesNotContain("<script", "http:", "https:", "src=", "@import", "url(");
        // Well-formed as XML but for what HTML leaves out.
        String xml = html.replace("<!DOCTYPE html>", "")
                .replaceAll("<meta ([^>]*)>", "<meta $1/>")
                .replace("\u2028", " ");
        Document page = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new java.io.StringReader(xml)));
        assertThat(page.getElementsByTagName("script").getLength()).isZero();
        assertThat(page.getElementsByTagName("svg").getLength()).isEqualTo(4);
        assertThat(page.getElementsByTagName("td").item(0).getTextContent()).startsWith("a \"b\" </title><script>");
        assertThat(html).contains("prefers-color-scheme: dark").doesNotContain("NaN");
    }

    @Test
    @DisplayName("the text has a line for each thing, whatever line ends names have")
    void text() {
        String text = wild().text();
        assertThat(text.lines().toList())
                .hasSize(10)
                .allSatisfy(line -> assertThat(line).doesNotContain("\u2028"));
        assertThat(text).startsWith("REFUTED: orders answered is 9");
    }

    @Test
    @DisplayName("shares are never rounded to all or nothing")
    void percents() {
        assertThat(List.of(Percents.of(1), Percents.of(0.9999999), Percents.of(0.99), Percents.of(0), Percents.of(0.5)))
                .containsExactly("100 %", "99.999 %", "99 %", "0 %", "50 %");
    }

    /** As much of a reader of JSON as is needed. */
    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        @Nullable Object read() {
            char c = text.charAt(at);
            switch (c) {
                case '{':
                    return map();
                case '[':
                    return list();
                case '"':
                    return string();
                default:
                    int end = at;
                    while (end < text.length() && ",]}".indexOf(text.charAt(end)) < 0) {
                        end++;
                    }
                    String word = text.substring(at, end);
                    at = end;
                    return word.equals("null")
                            ? null
                            : word.equals("true") || word.equals("false")
                                    ? (Object) Boolean.valueOf(word)
                                    : Double.valueOf(word);
            }
        }

        private Map<String, @Nullable Object> map() {
            Map<String, @Nullable Object> map = new LinkedHashMap<>();
            at++;
            while (text.charAt(at) != '}') {
                String key = string();
                expect(':');
                assertThat(map.put(key, read())).as(key).isNull();
                skipComma('}');
            }
            at++;
            return map;
        }

        private List<@Nullable Object> list() {
            List<@Nullable Object> list = new ArrayList<>();
            at++;
            while (text.charAt(at) != ']') {
                list.add(read());
                skipComma(']');
            }
            at++;
            return list;
        }

        private void skipComma(char end) {
            if (text.charAt(at) != end) {
                expect(',');
            }
        }

        private void expect(char c) {
            assertThat(text.charAt(at)).isEqualTo(c);
            at++;
        }

        private String string() {
            expect('"');
            StringBuilder out = new StringBuilder();
            for (; text.charAt(at) != '"'; at++) {
                char c = text.charAt(at);
                if (c == '\\') {
                    at++;
                    if (text.charAt(at) == 'u') {
                        c = (char) Integer.parseInt(text.substring(at + 1, at + 5), 16);
                        at += 4;
                    } else {
                        c = text.charAt(at);
                    }
                }
                out.append(c);
            }
            at++;
            return out.toString();
        }
    }
}

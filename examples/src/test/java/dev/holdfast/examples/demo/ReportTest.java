// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

class ReportTest {
    private static final ZonedDateTime DATE = ZonedDateTime.of(2026, 1, 2, 3, 4, 5, 0, ZoneOffset.UTC);

    private static String html(Result... results) {
        return Report.html(List.of(results), DATE);
    }

    @Test
    void escapesWhatItDidNotWriteItself() {
        Result result = new Example().policies("<script>'a' & \"b\"</script>").result();

        assertThat(html(result))
                .contains("&lt;script&gt;&#39;a&#39; &amp; &quot;b&quot;&lt;/script&gt;")
                .doesNotContain("<script");
    }

    @Test
    void needsNothingFromElsewhere() {
        assertThat(html(new Example().result()))
                .doesNotContain("http://", "https://", "url(", "@import", "src=", "href=");
    }

    @Test
    void drawsWellFormedChartsOfAllRuns() throws Exception {
        List<String> drawings = drawings(new Example().result());

        assertThat(drawings).hasSize(3);
        for (String drawing : drawings) {
            DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(drawing)));
            assertThat(drawing).contains(">frozen<").doesNotContain("NaN", "Infinity");
        }
        assertThat(drawings.get(0)).doesNotContain("state open", "class=\"learned\"");
        assertThat(drawings.get(1))
                .contains("state open", "state half-open", "state closed")
                .doesNotContain("class=\"learned\"");
        assertThat(drawings.get(2)).contains("class=\"learned\"").doesNotContain("state open");
    }

    @Test
    void drawsLoadAndCapacityWhereTheyMeet() {
        assertThat(drawings(new OverloadExample().result()))
                .hasSize(3)
                .allSatisfy(drawing -> assertThat(drawing)
                        .contains("class=\"offered\"", "class=\"capacity\"", ">overload<")
                        .doesNotContain("NaN", "Infinity"));
        assertThat(drawings(new Example().result())).noneMatch(drawing -> drawing.contains("class=\"capacity\""));
    }

    @Test
    void tellsTheRecoveryOfEach() {
        assertThat(html(new Example().result()))
                .contains("recovery after &#39;frozen&#39;")
                .doesNotContain("recovery after &#39;flaky");
    }

    private static List<String> drawings(Result result) {
        return Pattern.compile("<svg.*?</svg>", Pattern.DOTALL)
                .matcher(html(result))
                .results()
                .map(MatchResult::group)
                .toList();
    }

    @Test
    void hasASectionForEachScenario() {
        assertThat(html(new Example().result(), new OverloadExample().result()))
                .containsSubsequence("id=\"faults\"", "id=\"overload\"", "goodput under overload", "200/s");
    }

    @Test
    void writesNumbersTheSameInEveryLocale() {
        Locale before = Locale.getDefault();
        String usual = html(new Example().result());
        try {
            Locale.setDefault(Locale.GERMANY);
            assertThat(html(new Example().result())).isEqualTo(usual);
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void makesTheFoldersItNeeds(@TempDir Path folder) {
        Path report = Report.prepare(folder.resolve("a/b/report.html"));
        Report.write(report, List.of(new Example().result()));

        assertThat(report).isAbsolute().content().endsWith("</html>\n");
    }

    @Test
    void saysEarlyThatItCannotBeWritten(@TempDir Path folder) throws Exception {
        Path file = Files.createFile(folder.resolve("file"));

        assertThatThrownBy(() -> Report.prepare(file.resolve("report.html")))
                .isInstanceOf(DemoException.class)
                .hasMessageStartingWith("cannot write the report ");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.retry.Retry;
import java.io.StringReader;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class ComparisonTest {
    private static final World HEALTHY = World.of(
                    Service.of("stock", 8, Times.constant(Duration.ofMillis(20))),
                    Clients.poisson("stock", 200).count(3))
            .lasting(Duration.ofSeconds(20));
    private static final World STALL =
            HEALTHY.with(Fault.stall("stock").from(Duration.ofMillis(5_500)).lasting(Duration.ofSeconds(2)));

    private static Comparison comparison() {
        return Comparison.of("stall", STALL)
                .with("healthy", HEALTHY)
                .with("breaker", () -> CircuitBreaker.ofDefaults("stock"))
                .with("retry", (caller, service) -> Retry.ofDefaults(service));
    }

    @Test
    @DisplayName("Each world has each set of policies, and those without policies first")
    void runs() {
        Compared compared = comparison().run(1);
        assertThat(compared.worlds()).containsExactly("stall", "healthy");
        assertThat(compared.policies()).containsExactly("none", "breaker", "retry");
        assertThat(compared.run("stall", Comparison.NONE).seconds())
                .asString()
                .isEqualTo(STALL.run(1, Policies.NONE).seconds().toString());
        assertThat(compared.run("healthy", "retry").world()).isSameAs(HEALTHY);
        assertThat(comparison()).hasToString("[none, breaker, retry] in [stall, healthy]");
    }

    @Test
    @DisplayName("The table has the numbers of the runs, beside the ceiling")
    void table() {
        Compared compared = comparison().run(1);
        List<String> lines = compared.table().lines().toList();
        assertThat(lines).hasSize(13);
        assertThat(lines.get(0)).isEqualTo("stall");
        assertThat(lines.get(1).split(" {2,}"))
                .containsExactly(
                        "policies",
                        "goodput",
                        "of ceiling",
                        "in fault",
                        "recovery",
                        "amplification",
                        "refused",
                        "p50",
                        "p99");
        Run none = compared.run("stall", "none");
        // The fault's seconds are 5 to 7, of which it has the half of the first and of the last.
        double inFault = none.goodput(Duration.ofSeconds(5), Duration.ofSeconds(8));
        assertThat(lines.get(2).split(" {2,}"))
                .startsWith(
                        "none",
                        Figures.format("%.3f", none.goodput()),
                        Figures.format("%.1f %%", 100 * none.goodput() / 0.9),
                        Figures.format("%.3f", inFault),
                        none.recovery().orElseThrow().toSeconds() + " s",
                        "1.00",
                        "0.0 %");
        assertThat(lines.get(5).split(" {2,}")).startsWith("ceiling", "0.900", "100 %", "0.333", "0 s");
        assertThat(lines.get(8)).startsWith("policies");
        assertThat(lines.get(9).split(" {2,}")).startsWith("none", "1.000", "100 %", "-", "-", "1.00", "0.0 %");
        assertThat(compared).hasToString(compared.table());
    }

    @Test
    @DisplayName("What is not reached is not claimed")
    void notInTime() {
        String table = Comparison.of(
                        "to the end", HEALTHY.with(Fault.stall("stock").from(Duration.ofSeconds(15))))
                .run(1)
                .table();
        assertThat(table.lines().toList().get(2)).contains("not in 0 s").doesNotContain("1.000");
    }

    @Test
    @DisplayName("The CSV has a line for each second, with the numbers of the run")
    void csv() {
        Compared compared = Comparison.of("a \"stall\", short", STALL)
                .with(
                        "two",
                        World.of(Service.of("other", 1, Times.constant(Duration.ZERO)), Clients.poisson("other", 1)))
                .run(1);
        List<String> lines = compared.csv().lines().toList();
        assertThat(lines).hasSize(1 + 20 + 40);
        assertThat(lines.get(0))
                .isEqualTo(
                        "world,policies,second,offered,answered,degraded,refused,failed,goodput,ceiling,p50_ms,p99_ms,"
                                + "sent_stock,sent_other");
        Run run = compared.run("a \"stall\", short", "none");
        Second five = run.seconds().get(5);
        assertThat(lines.get(6))
                .startsWith("\"a \"\"stall\"\", short\",none,5," + five.offered() + "," + five.answered() + ",0,0,"
                        + five.failed() + ",")
                .contains(",0.5000,")
                .endsWith("," + run.sent("stock")[5] + ",");
        assertThat(lines.get(7)).contains(",0,0,0," + run.seconds().get(6).failed() + ",0.0000,0.0000,,,");
        assertThat(lines)
                .allMatch(line -> line.replace("\"a \"\"stall\"\", short\"", "").split(",", -1).length == 14);
    }

    @Test
    @DisplayName("The same seed gives the same table, CSV and page; another seed others")
    void deterministic() {
        Compared once = comparison().run(7);
        Compared again = comparison().run(7);
        Compared other = comparison().run(8);
        assertThat(once.table()).isEqualTo(again.table()).isNotEqualTo(other.table());
        assertThat(once.csv()).isEqualTo(again.csv()).isNotEqualTo(other.csv());
        assertThat(once.html()).isEqualTo(again.html()).isNotEqualTo(other.html());
    }

    @Test
    @DisplayName("The page holds all it needs, runs no script, and is well-formed")
    void page() throws Exception {
        String html = comparison()
                .with("<retry> & \"co\"", () -> Retry.ofDefaults("stock"))
                .run(1)
                .html();
        assertThat(html)
                .doesNotContain("<script", "src=", "href=", "http:", "https:", "url(", "@import", "NaN", "Infinity")
                .contains("prefers-color-scheme: dark", "width=device-width")
                .contains("Requests sent to stock in each second")
                .contains("What <b>breaker</b> did", "circuitbreaker.transitions")
                .contains("&lt;retry&gt; &amp; &quot;co&quot;")
                .doesNotContain("<retry>");
        String body = html.substring(html.indexOf("<body>"), html.indexOf("</html>"));
        var document = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(body.replace("<details open>", "<details>"))));
        assertThat(document.getElementsByTagName("figure").getLength()).isEqualTo(6);
        assertThat(document.getElementsByTagName("h2").getLength()).isEqualTo(3);
    }

    @Test
    @DisplayName("A page of nothing but silence, and one of many policies, are still pages")
    void extremes() {
        World silent = World.of(
                        Service.of("stock", 1, Times.constant(Duration.ofMillis(1))), Clients.poisson("stock", 1e-6))
                .lasting(Duration.ofSeconds(1));
        Comparison many = Comparison.of("silent", silent);
        for (int i = 0; i < 15; i++) {
            many = many.with("retry " + i, () -> Retry.ofDefaults("stock"));
        }
        Compared compared = many.run(1);
        assertThat(compared.html()).doesNotContain("NaN", "Infinity").contains("c2 again");
        assertThat(compared.table()).doesNotContain("NaN", "Infinity");
    }

    @Test
    @DisplayName("Long runs are drawn with as many points as a screen has")
    void longRuns() {
        double[] values = new double[86_400];
        Arrays.fill(values, 0.5);
        String path = Plot.path(values, Plot.Scale.linear(1));
        assertThat(path.split("L")).hasSizeBetween(900, 1_002);
        assertThat(Plot.path(new double[] {Double.NaN, 1, Double.NaN, 0}, Plot.Scale.linear(1)))
                .isEqualTo("M375.0 0.0L375.0 0.0M875.0 1000.0L875.0 1000.0");
    }

    @Test
    @DisplayName("Scales end at round numbers that hold all there is")
    void scales() {
        assertThat(Plot.Scale.linear(883).ticks().values()).containsExactly("0", "500", "1,000");
        assertThat(Plot.Scale.linear(0.03).ticks().values()).containsExactly("0", "0.01", "0.02", "0.03");
        assertThat(Plot.Scale.linear(4).ticks().values()).containsExactly("0", "1", "2", "3", "4");
        assertThat(Plot.Scale.logarithmic(20, 400).ticks().values()).containsExactly("10 ms", "100 ms", "1 s");
        assertThat(Plot.Scale.logarithmic(100, 100).height(100)).isZero();
        assertThat(Plot.Scale.logarithmic(1, 1_000).height(10)).isBetween(0.333, 0.334);
    }

    @Test
    @DisplayName("Names are there once, and those that are not there are named")
    void wrongNames() {
        Compared compared = comparison().run(1);
        assertThatThrownBy(() -> comparison().with("none", Policies.NONE))
                .hasMessage("policies: none (expected: a name that is not there yet)");
        assertThatThrownBy(() -> comparison().with("stall", HEALTHY))
                .hasMessage("world: stall (expected: a name that is not there yet)");
        assertThatThrownBy(() -> Comparison.of(" ", HEALTHY))
                .hasMessage("name: ' ' (expected: 1 to 256 characters, not blank)");
        assertThatThrownBy(() -> comparison().with("guard", (Policies) null))
                .hasMessage("policies: null (expected: a value)");
        assertThatThrownBy(() -> compared.run("quake", "none"))
                .hasMessage("world: quake (expected: one of [stall, healthy])");
        assertThatThrownBy(() -> compared.run("stall", "guard"))
                .hasMessage("policies: guard (expected: one of [none, breaker, retry])");
    }
}

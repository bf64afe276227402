// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.operate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The dashboard, the alerts and their pages speak of what a program that uses every pattern really exports.
 * {@code -Dholdfast.docs.write=true} writes the tables of meters anew.
 */
class DashboardsTest {
    /** What Prometheus adds to each series. */
    private static final Set<String> OF_THE_TARGET = Set.of("job", "instance");

    private static final Set<String> PLAIN = Set.of("row", "timeseries", "stat", "state-timeline", "table", "text");
    private static MetricsPage page;
    private static WatchedShop shop;
    private static Scrape scrape;

    @BeforeAll
    static void run() throws Exception {
        page = MetricsPage.open(0);
        shop = new WatchedShop(page);
        shop.serve("a", "apple");
        shop.become(WatchedShop.Health.DOWN);
        for (int i = 0; i < 30; i++) {
            shop.serve("a", "pear");
        }
        scrape = Scrape.of(HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(page.uri()).build(), HttpResponse.BodyHandlers.ofString())
                .body());
    }

    @AfterAll
    static void close() {
        shop.close();
        page.close();
    }

    // ---- Queries ----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("OB-8 each metric of the dashboard is exported, with the labels that it is asked for")
    void dashboardReadsWhatIsThere() throws IOException {
        List<String> problems = new ArrayList<>();
        List<Shipped.Query> queries = Shipped.queries();
        for (Shipped.Query query : queries) {
            String expression = query.expression().replaceAll("\\$(job|instance|holdfast_policy)\\b", ".*");
            problems(PromQl.of(expression), Map.of()).forEach(problem -> problems.add(query.panel() + ": " + problem));
        }
        assertThat(problems).isEmpty();
        assertThat(queries).hasSizeGreaterThan(40);
    }

    @Test
    @DisplayName("OB-8 each metric of the rules is exported or recorded, with the labels that it is asked for")
    void rulesReadWhatIsThere() throws IOException {
        Map<String, Set<String>> recorded = new LinkedHashMap<>();
        List<String> problems = new ArrayList<>();
        for (Map<String, Object> rule : Shipped.rules()) {
            PromQl query = PromQl.of((String) rule.get("expr"));
            Object name = rule.getOrDefault("alert", rule.get("record"));
            problems(query, recorded).forEach(problem -> problems.add(name + ": " + problem));
            if (rule.containsKey("record")) {
                recorded.put((String) rule.get("record"), query.grouped());
            }
        }
        assertThat(problems).isEmpty();
    }

    @Test
    @DisplayName("OB-8 a name, a label or a value that is wrong is found")
    void wrongNamesAreFound() {
        assertThat(problems(PromQl.of("sum by (job) (rate(holdfast_circuitbreaker_calls[5m]))"), Map.of()))
                .containsExactly("no metric holdfast_circuitbreaker_calls");
        assertThat(problems(PromQl.of("holdfast_retry_calls_total{holdfast_state=\"first\"}"), Map.of()))
                .containsExactly("no series of holdfast_retry_calls_total with holdfast_state=\"first\"");
        assertThat(problems(PromQl.of("holdfast_retry_calls_total{holdfast_outcome=\"success\"}"), Map.of()))
                .containsExactly("no series of holdfast_retry_calls_total with holdfast_outcome=\"success\"");
        assertThat(problems(PromQl.of("sum by (policy) (holdfast_outages_total)"), Map.of()))
                .containsExactly("grouped by policy, which no metric of it has");
        assertThat(problems(PromQl.of("holdfast:recorded > 1"), Map.of()))
                .containsExactly("no metric holdfast:recorded");
    }

    private static List<String> problems(PromQl query, Map<String, Set<String>> recorded) {
        List<String> problems = new ArrayList<>();
        Set<String> labels = new LinkedHashSet<>(OF_THE_TARGET);
        for (PromQl.Selector selector : query.selectors()) {
            if (recorded.containsKey(selector.metric())) {
                labels.addAll(recorded.get(selector.metric()));
            } else if (!scrape.series().containsKey(selector.metric())) {
                problems.add("no metric " + selector.metric());
            } else {
                labels.addAll(scrape.labels(selector.metric()));
                for (PromQl.Condition condition : selector.conditions()) {
                    if (!OF_THE_TARGET.contains(condition.label())
                            && scrape.series().get(selector.metric()).stream()
                                    .noneMatch(series -> series.containsKey(condition.label())
                                            && condition.holds(series.get(condition.label())))) {
                        problems.add("no series of " + selector.metric() + " with " + condition.label()
                                + condition.operator() + "\"" + condition.value() + "\"");
                    }
                }
            }
        }
        if (problems.isEmpty()) {
            query.grouped().stream()
                    .filter(label -> !labels.contains(label))
                    .forEach(label -> problems.add("grouped by " + label + ", which no metric of it has"));
        }
        return problems;
    }

    // ---- The dashboard ----------------------------------------------------------------------------------------------

    @Test
    @DisplayName("each panel is of a plain type, says in a line what it shows, and overlaps no other")
    void panelsAreSound() throws IOException {
        Set<String> taken = new LinkedHashSet<>();
        Set<Object> ids = new LinkedHashSet<>();
        for (Map<String, Object> panel : Shipped.panels()) {
            String title = panel.get("title") + ", " + panel.get("id");
            assertThat(PLAIN).as(title).contains((String) panel.get("type"));
            assertThat(ids.add(panel.get("id"))).as(title).isTrue();
            if (!panel.get("type").equals("row")) {
                assertThat((String) panel.get("description"))
                        .as(title)
                        .endsWith(".")
                        .hasSizeLessThan(160);
            }
            Map<String, Object> at = Shipped.map(panel, "gridPos");
            for (int x = 0; x < (Integer) at.get("w"); x++) {
                for (int y = 0; y < (Integer) at.get("h"); y++) {
                    assertThat(taken.add((x + (Integer) at.get("x")) + " " + (y + (Integer) at.get("y"))))
                            .as(title)
                            .isTrue();
                }
            }
        }
    }

    // ---- Alerts -----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("OB-8 each alert has a heading in the runbook, and each heading an alert")
    void alertsHaveRunbooks() throws IOException {
        Set<String> headings = new TreeSet<>();
        Matcher heading = Pattern.compile("^## (Holdfast\\w+)$", Pattern.MULTILINE)
                .matcher(Files.readString(Shipped.ROOT.resolve("docs/operate/alerts.md")));
        while (heading.find()) {
            headings.add(heading.group(1));
        }
        Set<String> alerts = new TreeSet<>();
        for (Map<String, Object> alert : Shipped.alerts()) {
            String name = (String) alert.get("alert");
            alerts.add(name);
            assertThat(Shipped.map(alert, "labels")).as(name).containsKey("severity");
            assertThat(alert).as(name).containsKey("for");
            assertThat(Shipped.map(alert, "annotations"))
                    .as(name)
                    .containsKey("summary")
                    .containsEntry("runbook_url", "docs/operate/alerts.md#" + name.toLowerCase());
        }
        assertThat(headings).isEqualTo(alerts);
    }

    @Test
    @DisplayName("each alert is tested: that it fires, and that it does not")
    void alertsAreTested() throws IOException {
        Map<String, Set<Boolean>> seen = new TreeMap<>();
        for (Map<String, Object> test : Shipped.maps(Shipped.read(Shipped.RULE_TESTS), "tests")) {
            for (Map<String, Object> check : Shipped.maps(test, "alert_rule_test")) {
                seen.computeIfAbsent((String) check.get("alertname"), any -> new TreeSet<>())
                        .add(!Shipped.maps(check, "exp_alerts").isEmpty());
            }
        }
        for (Map<String, Object> alert : Shipped.alerts()) {
            assertThat(seen.get((String) alert.get("alert")))
                    .as(alert.get("alert").toString())
                    .hasSize(2);
        }
    }

    // ---- The page of meters -----------------------------------------------------------------------------------------

    @Test
    @DisplayName("OB-8 each meter that is exported is on the page, and each one on the page is exported")
    void metersAreDocumented() throws IOException {
        MetersPage meters = new MetersPage(shop.sources(), page.registry(), scrape);
        String text = Files.readString(MetersPage.FILE);
        String right = meters.rewritten(text);
        if (Boolean.getBoolean("holdfast.docs.write")) {
            Files.writeString(MetersPage.FILE, right);
            text = right;
        }
        assertThat(text).isEqualTo(right).doesNotContain("| " + MetersPage.TO_WRITE + " |");
        Set<String> named = new TreeSet<>();
        Matcher name = Pattern.compile("`(holdfast_\\w+)`").matcher(text);
        while (name.find()) {
            if (!name.group(1).matches("holdfast_(policy|outcome|state|window)")) {
                named.add(name.group(1));
            }
        }
        assertThat(named).isEqualTo(new TreeSet<>(scrape.series().keySet()));
    }
}

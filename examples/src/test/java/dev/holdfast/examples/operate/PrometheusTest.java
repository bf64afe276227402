// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.operate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * A real Prometheus scrapes a program under traffic, through an outage: each query of the dashboard gives something, and the outage
 * raises the alerts.
 */
@EnabledIfSystemProperty(
        named = "holdfast.prometheus",
        matches = "true",
        disabledReason = "takes Prometheus: -Dholdfast.prometheus=true")
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PrometheusTest {
    /** What an outage of seconds is seen by, when no alert waits. */
    private static final Set<String> OUTAGE = Set.of(
            "HoldfastBreakerOpen",
            "HoldfastBreakerRefuses",
            "HoldfastFallbackServes",
            "HoldfastObjectiveBurns",
            "HoldfastOutage");

    private static final Pattern VARIABLE = Pattern.compile("label_values\\((.*), (\\w+)\\)");
    private static final int CUSTOMERS = 12;
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeAll
    static void needsPrometheus() {
        for (String binary : List.of("prometheus", "promtool")) {
            boolean there = Stream.of(System.getenv("PATH").split(":"))
                    .anyMatch(path -> Files.isExecutable(Path.of(path, binary)));
            if (!there) {
                System.out.println("PrometheusTest is skipped: no " + binary + " on the PATH (Debian: prometheus)");
            }
            Assumptions.assumeTrue(there);
        }
    }

    @AfterEach
    void end() throws Exception {
        for (int last = open.size() - 1; last >= 0; last--) {
            open.get(last).close();
        }
    }

    @Test
    @DisplayName("promtool finds nothing wrong with the rules, and their tests pass")
    void promtool() throws Exception {
        assertThat(run("promtool", "check", "rules", Shipped.RULES.toString())).contains("SUCCESS");
        assertThat(run("promtool", "test", "rules", Shipped.RULE_TESTS.toString()))
                .contains("SUCCESS");
    }

    @Test
    @DisplayName("each query of the dashboard gives data of a program in an outage, which raises the alerts")
    void outage() throws Exception {
        MetricsPage page = MetricsPage.open(0);
        open.add(page);
        WatchedShop shop = new WatchedShop(page);
        open.add(shop);
        URI prometheus = prometheus(page.uri());
        traffic(shop);
        until(
                "the shop is scraped",
                () -> !query(prometheus, "holdfast_circuitbreaker_calls_total > 50")
                        .isEmpty());

        assertThat(alerts(prometheus)).as("while all is well").isEmpty();
        shop.become(WatchedShop.Health.STUCK);
        until(
                "breakers open",
                () -> !query(prometheus, "holdfast_circuitbreaker_state{holdfast_state=\"open\"} == 1")
                        .isEmpty());
        shop.become(WatchedShop.Health.DOWN);
        until("the outage raises " + OUTAGE, () -> alerts(prometheus).containsAll(OUTAGE));
        shop.become(WatchedShop.Health.WELL);
        until(
                "the outage is over",
                () -> !query(prometheus, "max(holdfast_outage_active) == 0").isEmpty());

        // None may be empty: the shop uses every pattern, and its outage every outcome.
        Map<String, String> wrong = new LinkedHashMap<>();
        for (Shipped.Query asked : Shipped.queries()) {
            String expression = asked.expression()
                    .replaceAll("\\$(job|instance|holdfast_policy)\\b", ".*")
                    .replace("$__rate_interval", "5s")
                    .replace("$__range", "2m");
            if (range(prometheus, expression).isEmpty()) {
                wrong.put(asked.panel(), expression);
            }
        }
        assertThat(wrong).as("queries without data").isEmpty();
        for (Map<String, Object> variable :
                Shipped.maps(Shipped.map(Shipped.read(Shipped.DASHBOARD), "templating"), "list")) {
            Matcher query = VARIABLE.matcher(String.valueOf(variable.get("definition")));
            if (query.matches()) {
                String path = "/api/v1/label/" + query.group(2) + "/values?match%5B%5D="
                        + encoded(query.group(1).replaceAll("\\$\\w+", ".*"));
                assertThat((List<?>) data(prometheus, path))
                        .as("choices of %s", variable.get("name"))
                        .isNotEmpty();
            }
        }
    }

    /** Not all at once, and not more than they can be served: a machine that is busy serves fewer. */
    private void traffic(WatchedShop shop) {
        ScheduledExecutorService customers = Executors.newScheduledThreadPool(CUSTOMERS);
        for (int i = 0; i < CUSTOMERS; i++) {
            String name = i % 4 == 0 ? "greedy" : "customer " + i;
            customers.scheduleWithFixedDelay(() -> shop.serve(name, "apple"), 10L * i, 50, TimeUnit.MILLISECONDS);
        }
        open.add(() -> {
            customers.shutdownNow();
            customers.awaitTermination(10, TimeUnit.SECONDS);
        });
    }

    // ---- Prometheus -------------------------------------------------------------------------------------------------

    private URI prometheus(URI metrics) throws Exception {
        Files.writeString(
                folder.resolve("alerts.yml"), Files.readString(Shipped.RULES).replaceAll("for: \\d+[mh]", "for: 1s"));
        Files.writeString(folder.resolve("prometheus.yml"), """
                global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}
                rule_files: [alerts.yml]
                scrape_configs:
                  - job_name: shop
                    static_configs: [{targets: ["%s"]}]
                """.formatted(metrics.getAuthority()));
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Path log = folder.resolve("prometheus.log");
        Process process = new ProcessBuilder(
                        "prometheus",
                        "--config.file=" + folder.resolve("prometheus.yml"),
                        "--storage.tsdb.path=" + folder.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + port,
                        "--log.level=warn")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        open.add(() -> {
            process.destroy();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        });
        URI uri = URI.create("http://127.0.0.1:" + port);
        until("Prometheus is ready", () -> {
            assertThat(process.isAlive())
                    .as("Prometheus runs; it said: %s", Files.readString(log))
                    .isTrue();
            try {
                return HTTP.send(HttpRequest.newBuilder(uri.resolve("/-/ready")).build(), text())
                                .statusCode()
                        == 200;
            } catch (IOException notYet) {
                return false;
            }
        });
        return uri;
    }

    private static HttpResponse.BodyHandler<String> text() {
        return HttpResponse.BodyHandlers.ofString();
    }

    /** Those that fire. */
    private static Set<String> alerts(URI prometheus) throws Exception {
        Set<String> firing = new TreeSet<>();
        for (Map<String, Object> alert : Shipped.maps(ask(prometheus, "/api/v1/alerts"), "alerts")) {
            if (alert.get("state").equals("firing")) {
                firing.add((String) Shipped.map(alert, "labels").get("alertname"));
            }
        }
        return firing;
    }

    private static List<Map<String, Object>> query(URI prometheus, String expression) throws Exception {
        return Shipped.maps(ask(prometheus, "/api/v1/query?query=" + encoded(expression)), "result");
    }

    /** The series of the last minute that have a value which is a number. */
    private static List<Map<String, Object>> range(URI prometheus, String expression) throws Exception {
        long now = System.currentTimeMillis() / 1_000;
        String path =
                "/api/v1/query_range?step=1&start=" + (now - 60) + "&end=" + now + "&query=" + encoded(expression);
        return Shipped.maps(ask(prometheus, path), "result").stream()
                .filter(series -> ((List<?>) series.get("values"))
                        .stream().anyMatch(value -> !((List<?>) value).get(1).equals("NaN")))
                .toList();
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @SuppressWarnings("unchecked") // As the API says.
    private static Map<String, Object> ask(URI prometheus, String path) throws Exception {
        return (Map<String, Object>) data(prometheus, path);
    }

    private static Object data(URI prometheus, String path) throws Exception {
        HttpResponse<String> answer = HTTP.send(
                HttpRequest.newBuilder(URI.create(prometheus + path))
                        .timeout(Duration.ofSeconds(10))
                        .build(),
                text());
        assertThat(answer.statusCode()).as("%s: %s", path, answer.body()).isEqualTo(200);
        Map<String, Object> all = new Yaml(new SafeConstructor(new LoaderOptions())).load(answer.body());
        return all.get("data");
    }

    private String run(String... command) throws Exception {
        Path said = folder.resolve("said");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
        assertThat(process.exitValue()).as(Files.readString(said)).isZero();
        return Files.readString(said);
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void until(String what, Condition condition) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(90).toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime() - end).as(what).isNegative();
            Thread.sleep(200);
        }
    }
}

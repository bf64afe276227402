// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Classifier;
import dev.holdfast.Event;
import dev.holdfast.Listening;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.retry.Retry;
import dev.holdfast.settings.SettingsException;
import dev.holdfast.testkit.VirtualTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Guards of maps: what counts, what is refused, what a reload keeps. */
class GuardsTest {
    private final VirtualTime time = VirtualTime.create();

    private static Map<String, Object> map(Object... keysAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }

    private static Map<String, Object> example() {
        return map(
                "defaults", map("retry", map("budget", "100 +0.1 1/s")),
                "templates",
                        map(
                                "http-read",
                                map(
                                        "total-timeout",
                                        "2s",
                                        "retry",
                                        map(
                                                "max-attempts",
                                                4,
                                                "backoff",
                                                "50ms..1s full",
                                                "ignore",
                                                List.of("java.lang.IllegalStateException")),
                                        "circuit-breaker",
                                        map("over", "10s", "failure-rate", "50%"),
                                        "timeout",
                                        "400ms")),
                "guards",
                        map(
                                "inventory",
                                map(
                                        "like", "http-read",
                                        "retry", map("ignore", List.of("+java.io.IOException")),
                                        "bulkhead", map("limit", 20, "queue", 50, "wait-up-to", "100ms")),
                                "prices",
                                map("retry", map())));
    }

    private static List<String> kinds(Pipeline<?> pipeline) {
        return pipeline.policies().stream().map(Policy::kind).toList();
    }

    @Test
    @DisplayName(
            "ST-1 the example of the class: what is nearest counts, + adds, defaults are there where the policy is")
    void example1() {
        Guards guards = Guards.of(example(), time);
        assertThat(guards.names()).containsExactlyInAnyOrder("inventory", "prices");
        assertThat(kinds(guards.get("inventory")))
                .containsExactly("timeout", "retry", "circuitbreaker", "timeout", "bulkhead");
        assertThat(kinds(guards.get("prices"))).containsExactly("retry");
        Map<String, Map<String, String>> settings = guards.settings("inventory");
        assertThat(settings.get("retry"))
                .containsEntry("max-attempts", "4")
                .containsEntry("budget", "100 +0.1 1/s")
                .containsEntry("backoff", "50ms..1s full")
                .containsEntry("ignore", "java.io.IOException, java.lang.IllegalStateException");
        assertThat(settings.get("total-timeout")).containsEntry("duration", "2s");
        assertThat(settings.get("bulkhead")).containsEntry("queue", "50");
        assertThat(guards.settings("prices").get("retry"))
                .containsEntry("max-attempts", "3")
                .containsEntry("budget", "100 +0.1 1/s");
        assertThat(guards.get("inventory").call(() -> "in stock")).isEqualTo("in stock");
        assertThat(guards.get("inventory").name()).isEqualTo("inventory");
    }

    @Test
    @DisplayName("ST-1 templates from left to right, each after those that it is like; null takes away")
    void inheritance() {
        Guards guards = Guards.of(
                map(
                        "templates",
                                map(
                                        "base",
                                                map(
                                                        "retry",
                                                        map("max-attempts", 2, "max-duration", "5s"),
                                                        "timeout",
                                                        "1s"),
                                        "more", map("like", "base", "retry", map("max-attempts", 3)),
                                        "slow", map("timeout", "9s")),
                        "guards",
                                map(
                                        "a", map("like", List.of("more", "slow")),
                                        "b", map("like", "slow, more"),
                                        "c", map("like", "more", "retry", map("max-duration", null), "timeout", null))),
                time);
        assertThat(guards.settings("a").get("retry"))
                .containsEntry("max-attempts", "3")
                .containsEntry("max-duration", "5s");
        assertThat(guards.settings("a").get("timeout")).containsEntry("duration", "9s");
        assertThat(guards.settings("b").get("timeout")).containsEntry("duration", "1s");
        assertThat(guards.settings("c").get("retry"))
                .containsEntry("max-attempts", "3")
                .containsEntry("max-duration", "none");
        assertThat(kinds(guards.get("c"))).containsExactly("retry");
    }

    @Test
    @DisplayName("an order of one's own")
    void order() {
        Guards guards = Guards.of(
                map("guards", map("a", map("retry", 2, "timeout", "1s", "order", List.of("timeout", "retry")))), time);
        assertThat(kinds(guards.get("a"))).containsExactly("timeout", "retry");
        assertThatThrownBy(() ->
                        Guards.of(map("guards", map("a", map("retry", 2, "timeout", "1s", "order", "retry"))), time))
                .hasMessage(
                        "guards.a.order: [retry] (expected: each of its policies once, which are [retry, timeout])");
    }

    @Test
    @DisplayName("ST-2 all that is wrong is reported together, with its path and the nearest known name")
    void wrong() {
        assertThatThrownBy(() -> Guards.of(
                        map(
                                "default", map(),
                                "templates",
                                        map(
                                                "x", map("like", "y"),
                                                "y", map("like", "x"),
                                                "z", map("retri", map())),
                                "guards",
                                        map(
                                                "inventory",
                                                map(
                                                        "like",
                                                        "w",
                                                        "retry",
                                                        map("max-attempts", 0, "backof", "1s"),
                                                        "timeout",
                                                        500))),
                        time))
                .isInstanceOf(SettingsException.class)
                .satisfies(thrown -> assertThat(((SettingsException) thrown).problems())
                        .anyMatch(text -> text.startsWith("default: unknown, did you mean defaults?"))
                        .anyMatch(text -> text.startsWith("templates.x.like: x > y > x"))
                        .anyMatch(text -> text.startsWith("templates.z.retri: unknown, did you mean retry?"))
                        .anyMatch(text -> text.startsWith("guards.inventory.like: w: unknown"))
                        .anyMatch(text -> text.startsWith("guards.inventory.retry.max-attempts: '0' (expected:"))
                        .anyMatch(text ->
                                text.startsWith("guards.inventory.retry.backof: unknown, did you mean backoff?"))
                        .anyMatch(text -> text.startsWith("guards.inventory.timeout.duration: '500' (expected:")));
        assertThatThrownBy(() -> Guards.of(example(), time).get("inventary"))
                .hasMessageContaining("did you mean inventory?");
    }

    @Test
    @DisplayName("ST-3 policies that contradict each other are refused")
    void contradictions() {
        assertThatThrownBy(() -> Guards.of(map("guards", map("a", map("total-timeout", "1s", "timeout", "2s"))), time))
                .hasMessageContaining(
                        "guards.a: Timeout 'a/timeout' of PT2S ends no call that Timeout 'a/total-timeout' around it, of PT1S, would not end");
        assertThatThrownBy(() -> Guards.of(
                        map("guards", map("a", map("circuit-breaker", map("over", "1s"), "timeout", "600ms"))), time))
                .hasMessageContaining("guards.a: CircuitBreaker 'a' looks at the last PT1S");
    }

    @Test
    @DisplayName(
            "ST-5 a reload keeps policies that stay, with state and listeners, and does not touch those that are as they were")
    void reload() {
        Guards guards = Guards.of(example(), time);
        Pipeline<Object> before = guards.get("inventory");
        CircuitBreaker breaker = (CircuitBreaker) before.policies().get(2);
        breaker.transitionTo(CircuitBreaker.State.FORCED_OPEN);
        List<Event> told = new ArrayList<>();
        breaker.on(Event.CallRejected.class, told::add);

        Map<String, Object> changed = example();
        inventory(changed).put("circuit-breaker", map("failure-rate", "30%"));
        guards.reload(changed);

        assertThat(guards.get("inventory")).isSameAs(before);
        assertThat(guards.settings("inventory").get("circuit-breaker")).containsEntry("failure-rate", "0.3");
        assertThat(breaker.state()).isEqualTo(CircuitBreaker.State.FORCED_OPEN);
        assertThatThrownBy(() -> guards.get("inventory").call(() -> "never"));
        assertThat(told).hasSize(1);

        List<Event> whole = new ArrayList<>();
        before.on(Event.CallCompleted.class, whole::add);
        inventory(changed).put("timeout", null);
        guards.reload(changed);
        assertThatThrownBy(() -> guards.get("inventory").call(() -> "never"));
        assertThat(whole).hasSize(1);
        Pipeline<Object> shorter = guards.get("inventory");
        assertThat(shorter).isNotSameAs(before);
        assertThat(kinds(shorter)).containsExactly("timeout", "retry", "circuitbreaker", "bulkhead");
        assertThat(shorter.policies().get(2)).isSameAs(breaker);

        changed.put("guards", map("prices", map("retry", map())));
        guards.reload(changed);
        assertThat(guards.names()).containsExactly("prices");
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> inventory(Map<String, Object> settings) {
        return (Map<String, Object>) ((Map<String, Object>) settings.get("guards")).get("inventory");
    }

    @Test
    @DisplayName("ST-6 a reload with anything wrong changes nothing at all")
    void invalidReload() {
        Guards guards = Guards.of(example(), time);
        Map<String, Map<String, String>> before = guards.settings("inventory");
        Map<String, Object> changed = example();
        inventory(changed).put("circuit-breaker", map("failure-rate", "30%"));
        inventory(changed).put("retry", map("max-attempts", -1));
        assertThatThrownBy(() -> guards.reload(changed)).isInstanceOf(SettingsException.class);
        assertThat(guards.settings("inventory")).isEqualTo(before);

        Map<String, Object> fixed = example();
        inventory(fixed).put("bulkhead", map("limit", 30, "threads", "own"));
        inventory(fixed).put("circuit-breaker", map("failure-rate", "30%"));
        assertThatThrownBy(() -> guards.reload(fixed))
                .hasMessageContaining("guards.inventory.bulkhead.threads: own (expected: caller as before");
        assertThat(guards.settings("inventory")).isEqualTo(before);
    }

    @Test
    @DisplayName("ST-5 calls under way end as they began, while settings change all the time")
    void underWay() throws Exception {
        Map<String, Object> patient = example();
        inventory(patient).put("total-timeout", "90s");
        inventory(patient).put("timeout", "60s");
        inventory(patient).put("circuit-breaker", map("over", "3m"));
        Guards guards = Guards.of(patient);
        int calls = 50;
        ExecutorService threads = Executors.newFixedThreadPool(calls);
        CountDownLatch inside = new CountDownLatch(20);
        CountDownLatch go = new CountDownLatch(1);
        List<Future<Object>> results = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            results.add(threads.submit(() -> guards.get("inventory").call(() -> {
                inside.countDown();
                try {
                    go.await();
                } catch (InterruptedException stop) {
                    return "interrupted";
                }
                return "done";
            })));
        }
        inside.await();
        for (int i = 1; i <= 100; i++) {
            Map<String, Object> changed = example();
            inventory(changed).put("total-timeout", "90s");
            inventory(changed).put("circuit-breaker", map("over", "3m"));
            inventory(changed).put("bulkhead", map("limit", i, "queue", 50, "wait-up-to", i + "ms"));
            inventory(changed).put("timeout", i % 2 == 0 ? "60s" : "70s");
            guards.reload(changed);
        }
        go.countDown();
        for (Future<Object> result : results) {
            assertThat(result.get()).isEqualTo("done");
        }
        Retry<?> retry = (Retry<?>) guards.get("inventory").policies().get(1);
        assertThat(retry.counts().firstSuccesses()).isEqualTo(20);
        threads.shutdown();
    }

    @Test
    @DisplayName("rules that are given count in every guard")
    void rules() {
        Guards guards =
                Guards.of(example(), time, Classifier.standard().failOnResult(Integer.class, status -> status >= 500));
        assertThat(guards.get("prices").call(() -> 503)).isEqualTo(503);
        Retry<?> retry = (Retry<?>) guards.get("prices").policies().get(0);
        assertThat(retry.counts().exhausted()).isEqualTo(1);
        assertThat(guards.get("inventory").policies())
                .extracting(Policy::name)
                .containsExactly("inventory/total-timeout", "inventory", "inventory", "inventory/timeout", "inventory");
    }

    @Test
    @DisplayName("the policies get the environment that was given")
    void environment() {
        Guards guards = Guards.of(example(), time);
        assertThat(guards.get("inventory").environment()).isSameAs(time);
        assertThat(Guards.of(map()).names()).isEmpty();
    }

    @Test
    @DisplayName("ST-5 a bulkhead's line and its wait may both be left out of a reload")
    void leavesTheLineOut() {
        Guards guards = Guards.of(
                map("guards", map("a", map("bulkhead", map("limit", 20, "queue", 50, "wait-up-to", "100ms")))), time);
        guards.reload(map("guards", map("a", map("bulkhead", map("limit", 20)))));
        assertThat(guards.settings("a").get("bulkhead"))
                .containsEntry("queue", "0")
                .containsEntry("wait-up-to", "1s");
        guards.reload(map("guards", map("a", map("bulkhead", map("limit", 20, "queue", 50, "wait-up-to", "100ms")))));
        assertThat(guards.settings("a").get("bulkhead")).containsEntry("wait-up-to", "100ms");
    }

    @Test
    @DisplayName("a reload inside of a reload is refused, and the outer one is made")
    void reloadInReload() {
        Guards guards = Guards.of(map("guards", map("a", map("bulkhead", 5))), time);
        List<Throwable> thrown = new ArrayList<>();
        guards.get("a").on(Bulkhead.LimitChanged.class, e -> {
            try {
                guards.reload(map("guards", map("a", map("bulkhead", 7))));
            } catch (IllegalStateException inside) {
                thrown.add(inside);
            }
        });
        guards.reload(map("guards", map("a", map("bulkhead", 6))));
        assertThat(thrown).hasSize(1);
        assertThat(guards.settings("a").get("bulkhead")).containsEntry("limit", "6");
        guards.reload(map("guards", map("a", map("bulkhead", 8))));
        assertThat(guards.settings("a").get("bulkhead")).containsEntry("limit", "8");
    }

    @Test
    @DisplayName("ST-2 keys that are no names are reported with all else")
    void noNames() {
        Map<Object, Object> odd = new LinkedHashMap<>();
        odd.put(null, map());
        odd.put(7, map());
        odd.put("guards", map(" ", map("retry", map()), "x".repeat(300), map(), "ok", map("retry", 0)));
        @SuppressWarnings("unchecked")
        Map<String, Object> given = (Map<String, Object>) (Map<?, ?>) odd;
        assertThatThrownBy(() -> Guards.of(given, time))
                .isInstanceOf(SettingsException.class)
                .satisfies(thrown ->
                        assertThat(((SettingsException) thrown).problems()).hasSize(5));
    }

    @Test
    @DisplayName("OB-17 who listens to guards hears what their policies tell, also those that a reload has made")
    void events() {
        Guards guards = Guards.of(Map.of("guards", Map.of("inventory", Map.of("circuit-breaker", Map.of()))));
        List<String> heard = new ArrayList<>();
        try (Listening<Event.Change> listening =
                Listening.of("test", Event.Change.class, event -> heard.add(event.policy()))) {
            listening.add(guards);
            open(guards, "inventory");
            guards.reload(Map.of(
                    "guards",
                    Map.of(
                            "inventory", Map.of("circuit-breaker", Map.of(), "timeout", "1s"),
                            "stock", Map.of("circuit-breaker", Map.of()))));
            open(guards, "stock");
            open(guards, "inventory");
            assertThat(heard).containsExactly("inventory", "stock");
            CircuitBreaker gone = breaker(guards, "stock");
            guards.reload(Map.of("guards", Map.of("inventory", Map.of("circuit-breaker", Map.of()))));
            gone.transitionTo(CircuitBreaker.State.CLOSED);
            breaker(guards, "inventory").transitionTo(CircuitBreaker.State.CLOSED);
            assertThat(heard).containsExactly("inventory", "stock", "inventory");
        }
    }

    private static CircuitBreaker breaker(Guards guards, String name) {
        return guards.get(name).policies().stream()
                .filter(CircuitBreaker.class::isInstance)
                .map(CircuitBreaker.class::cast)
                .findFirst()
                .orElseThrow();
    }

    private static void open(Guards guards, String name) {
        breaker(guards, name).transitionTo(CircuitBreaker.State.OPEN);
    }
}

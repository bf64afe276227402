// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Meter;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadBuilder;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreakerBuilder;
import dev.holdfast.failover.Failover;
import dev.holdfast.failover.FailoverBuilder;
import dev.holdfast.failover.Replicas;
import dev.holdfast.fallback.FallbackBuilder;
import dev.holdfast.hedge.HedgeBuilder;
import dev.holdfast.quorum.Quorum;
import dev.holdfast.quorum.QuorumBuilder;
import dev.holdfast.quorum.Vote;
import dev.holdfast.quorum.VoteBuilder;
import dev.holdfast.ratelimiter.RateLimiterBuilder;
import dev.holdfast.retry.Retry;
import dev.holdfast.retry.RetryBuilder;
import dev.holdfast.settings.PolicyType;
import dev.holdfast.settings.Setting;
import dev.holdfast.settings.SettingsException;
import dev.holdfast.timeout.TimeoutBuilder;
import java.io.IOException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each pattern says once what can be set of it, and what its numbers are. */
class SettingsAreNamedOnceTest {
    private static final Map<String, Class<?>> BUILDERS = Map.ofEntries(
            Map.entry("retry", RetryBuilder.class),
            Map.entry("hedge", HedgeBuilder.class),
            Map.entry("failover", FailoverBuilder.class),
            Map.entry("quorum", QuorumBuilder.class),
            Map.entry("vote", VoteBuilder.class),
            Map.entry("circuit-breaker", CircuitBreakerBuilder.class),
            Map.entry("bulkhead", BulkheadBuilder.class),
            Map.entry("rate-limiter", RateLimiterBuilder.class),
            Map.entry("timeout", TimeoutBuilder.class),
            Map.entry("total-timeout", TimeoutBuilder.class),
            Map.entry("fallback", FallbackBuilder.class));

    /** Of the types that need code: policies with the defaults. */
    private static final Map<String, Supplier<Policy<?>>> IN_CODE = Map.of(
            "failover",
            () -> Failover.builder("stock")
                    .over(Replicas.of("stock", List.of("berlin", "paris")))
                    .repeatable()
                    .build(),
            "quorum",
            () -> Quorum.reads("stock", Object.class)
                    .over("berlin", "paris", "dublin", "oslo", "rome")
                    .combine(tally -> "one")
                    .build(),
            "vote",
            () -> Vote.builder("stock", Object.class)
                    .over("berlin", "paris", "dublin", "oslo", "rome", "bern")
                    .build());

    /** Builder methods that are another way to say what a setting says, and their settings. */
    private static final Map<String, String> PARTS = Map.ofEntries(
            Map.entry("withoutMaxDuration", "max-duration"),
            Map.entry("withoutBudget", "budget"),
            Map.entry("nextAfterFailure", "next-after"),
            Map.entry("returnExhaustedResult", "throw-on-exhausted-result"),
            Map.entry("noFailureRate", "failure-rate"),
            Map.entry("noSlowCalls", "slow-calls"),
            Map.entry("allTrialsSucceed", "trial-successes"),
            Map.entry("afterQuantile", "quantile"),
            Map.entry("between", "min-delay"),
            Map.entry("spareAfterQuantile", "quantile"),
            Map.entry("spareAfter", "delay"),
            Map.entry("needMajority", "need"),
            Map.entry("tolerateLiars", "liars"),
            Map.entry("tolerateMostLiars", "liars"),
            Map.entry("tolerateSilent", "silent"),
            Map.entry("needEqual", "equal"),
            Map.entry("needOneMoreThanLiars", "equal"),
            Map.entry("adaptive", "limit"),
            Map.entry("fifo", "order"),
            Map.entry("lifo", "order"),
            Map.entry("ownThreads", "threads"),
            Map.entry("virtualThreads", "threads"),
            Map.entry("partition", "partitions"),
            Map.entry("limit", "limits"),
            Map.entry("and", "limits"),
            Map.entry("only", "limits"),
            Map.entry("burst", "limits"),
            Map.entry("tokenBucket", "limits"),
            Map.entry("smooth", "limits"),
            Map.entry("warmUp", "limits"),
            Map.entry("slidingWindow", "limits"),
            Map.entry("fixedWindow", "limits"),
            Map.entry("lastGoodPerArgument", "last-good"));

    /** A value other than the default for each setting that has one. */
    private static final Map<String, Map<String, Object>> OTHERS = Map.ofEntries(
            Map.entry(
                    "retry",
                    Map.of(
                            "max-attempts",
                            7,
                            "max-duration",
                            "1.5s",
                            "backoff",
                            "50ms..2s x1.5 equal",
                            "budget",
                            "20 +0.2 3/s",
                            "ignore",
                            List.of(IllegalStateException.class.getName()),
                            "fail-on",
                            "java.lang.StackOverflowError, dev.holdfast.RejectedException",
                            "succeed-on",
                            List.of(),
                            "throw-on-exhausted-result",
                            true)),
            Map.entry(
                    "hedge",
                    Map.of(
                            "repeatable",
                            true,
                            "quantile",
                            0.9,
                            "delay",
                            "70ms",
                            "min-delay",
                            "2ms",
                            "max-delay",
                            "3s",
                            "extras",
                            2,
                            "after-failure",
                            false,
                            "budget",
                            "20 +0.1",
                            "ignore",
                            List.of(IllegalStateException.class.getName()))),
            Map.entry(
                    "failover",
                    Map.of(
                            "attempts",
                            2,
                            "next-after",
                            "70ms",
                            "minimum-time",
                            "2ms",
                            "budget",
                            "20 +0.2",
                            "ignore",
                            List.of(IllegalStateException.class.getName()))),
            Map.entry(
                    "quorum",
                    Map.of(
                            "need",
                            4,
                            "quantile",
                            0.9,
                            "delay",
                            "70ms",
                            "min-delay",
                            "2ms",
                            "max-delay",
                            "3s",
                            "in-order",
                            true,
                            "ignore",
                            List.of(IllegalStateException.class.getName()))),
            Map.entry(
                    "vote",
                    Map.of(
                            "liars",
                            1,
                            "silent",
                            2,
                            "equal",
                            3,
                            "quantile",
                            0.9,
                            "delay",
                            "70ms",
                            "min-delay",
                            "2ms",
                            "max-delay",
                            "3s",
                            "in-order",
                            true,
                            "ask-all",
                            true,
                            "let-others-finish",
                            true)),
            Map.entry(
                    "circuit-breaker",
                    Map.ofEntries(
                            Map.entry("over", "20s in 40"),
                            Map.entry("minimum-calls", 33),
                            Map.entry("failure-rate", "30%"),
                            Map.entry("slow-calls", "80% over 250ms"),
                            Map.entry("consecutive-failures", 5),
                            Map.entry("failure-count", 50),
                            Map.entry("open-for", "1s..30s ~10%"),
                            Map.entry("trials", 6),
                            Map.entry("trial-successes", 4),
                            Map.entry("trial-timeout", "3s"),
                            Map.entry("ramp", List.of(0.1, "50%")),
                            Map.entry("succeed-on", List.of(IOException.class)))),
            Map.entry(
                    "bulkhead",
                    Map.of(
                            "limit", "5..100 vegas start 30 healthy 50ms",
                            "queue", 12,
                            "wait-up-to", "75ms",
                            "order", "lifo",
                            "threads", "own",
                            "partitions", List.of("a=70%", "b=0.2"),
                            "ignore", List.of(IllegalStateException.class.getName()))),
            Map.entry(
                    "rate-limiter",
                    Map.of(
                            "limits",
                            List.of("100/1s burst 20", "5000/1h sliding", "9/1m warm-up 10s x3", "7/1d fixed"),
                            "wait-up-to",
                            "50ms")),
            Map.entry("timeout", Map.of("duration", "1.5s", "interrupt", false)),
            Map.entry("total-timeout", Map.of("duration", "2m")),
            Map.entry("fallback", Map.of("last-good", "1m of 500", "fail-on", "java.lang.Error")));

    private static final Map<String, Map<String, Object>> NEEDED = Map.of(
            "hedge", Map.of("repeatable", true),
            "timeout", Map.of("duration", "1s"),
            "total-timeout", Map.of("duration", "1s"),
            "rate-limiter", Map.of("limits", "10/1s"),
            "fallback", Map.of("last-good", "1m"));

    static List<PolicyType<?, ?>> types() {
        return PolicyType.all();
    }

    @Test
    @DisplayName("all patterns are found, in the recommended order")
    void order() {
        assertThat(types())
                .extracting(PolicyType::name)
                .containsExactly(
                        "fallback",
                        "total-timeout",
                        "retry",
                        "hedge",
                        "failover",
                        "quorum",
                        "vote",
                        "circuit-breaker",
                        "rate-limiter",
                        "timeout",
                        "bulkhead");
    }

    @ParameterizedTest
    @MethodSource("types")
    @DisplayName("ST-4 every public method of a builder is a setting, or is on the list of those that are code")
    void everyMethodHasASetting(PolicyType<?, ?> type) {
        Set<String> settings =
                type.schema().settings().stream().map(Setting::name).collect(Collectors.toSet());
        Class<?> builder = BUILDERS.get(type.name());
        Set<String> left = new TreeSet<>();
        for (Method method : builder.getMethods()) {
            if (method.getDeclaringClass() != Object.class
                    && !method.isSynthetic()
                    && !Set.of("build", "toString").contains(method.getName())) {
                String hyphened = method.getName().replaceAll("([A-Z])", "-$1").toLowerCase();
                boolean known = settings.contains(hyphened)
                        || settings.contains(PARTS.getOrDefault(method.getName(), "none"))
                        || type.schema().codeOnly().contains(method.getName());
                if (!known) {
                    left.add(method.getName());
                }
            }
        }
        assertThat(left)
                .as("methods of %s without a setting", builder.getSimpleName())
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("types")
    @DisplayName("ST-4 a policy without settings has the defaults, which are the builder's")
    void defaults(PolicyType<?, ?> type) {
        Map<String, Object> needed = NEEDED.getOrDefault(type.name(), Map.of());
        Policy<?> policy = made(type, needed);
        Map<String, String> expected = new LinkedHashMap<>(type.defaults());
        needed.forEach((key, value) -> expected.put(key, value.toString()));
        assertThat(type.settings(policy)).isEqualTo(expected);
    }

    @ParameterizedTest
    @MethodSource("types")
    @DisplayName("ST-4 each setting does what it says, is shown as it can be written, and can be taken back")
    void roundTrip(PolicyType<?, ?> type) {
        Map<String, Object> others = OTHERS.get(type.name());
        Policy<?> policy = made(type, others);
        Map<String, String> shown = type.settings(policy);
        Map<String, String> defaults = type.defaults();
        others.keySet()
                .forEach(key -> assertThat(shown.get(key))
                        .as(key)
                        .satisfies(value -> assertThat(value.equals(defaults.get(key)))
                                .isEqualTo(
                                        key.equals("succeed-on") && type.name().equals("retry"))));

        Map<String, Object> written = new LinkedHashMap<>();
        shown.forEach((key, value) -> written.put(key, value.equals("none") ? null : value));
        assertThat(type.settings(made(type, written))).isEqualTo(shown);
        changes(type, policy, written);
        assertThat(type.settings(policy)).isEqualTo(shown);

        Map<String, Object> back = new LinkedHashMap<>(NEEDED.getOrDefault(type.name(), Map.of()));
        type.schema().settings().stream()
                .filter(Setting::isFixed)
                .forEach(fixed -> back.put(fixed.name(), written.get(fixed.name())));
        if (type.name().equals("bulkhead")) {
            back.put("queue", 5); // Partitions, which stay, need one.
        }
        changes(type, policy, back);
        Map<String, String> after = type.settings(policy);
        type.schema().settings().stream()
                .filter(setting -> !setting.isFixed() && !back.containsKey(setting.name()))
                .forEach(setting -> assertThat(after.get(setting.name()))
                        .as(setting.name())
                        .isEqualTo(defaults.get(setting.name())));
    }

    @SuppressWarnings("unchecked")
    private static <P extends Policy<?>> void changes(PolicyType<P, ?> type, Policy<?> policy, Map<String, ?> given) {
        type.apply((P) policy, given);
    }

    /** Of these settings, and of code where it takes some. */
    private static Policy<?> made(PolicyType<?, ?> type, Map<String, ?> given) {
        if (!type.needsCode()) {
            return type.make("stock", given);
        }
        Policy<?> policy = IN_CODE.get(type.name()).get();
        changes(type, policy, given);
        return policy;
    }

    @Test
    @DisplayName("what needs code cannot be made of settings alone, and says what is missing")
    void needsCode() {
        assertThat(types().stream().filter(PolicyType::needsCode))
                .extracting(PolicyType::name)
                .containsExactly("failover", "quorum", "vote");
        for (String name : List.of("failover", "quorum", "vote")) {
            assertThatThrownBy(() -> type(name).make("stock", Map.of()))
                    .isInstanceOf(SettingsException.class)
                    .hasMessageContaining("over: missing (expected: nodes, which are given in code");
        }
    }

    @Test
    @DisplayName("a setting that stays is refused in a change, and nothing has changed")
    void fixed() {
        PolicyType<?, ?> type = type("bulkhead");
        Policy<?> policy = type.make("stock", Map.of("limit", 3));
        assertThatThrownBy(() -> changes(type, policy, Map.of("limit", 4, "threads", "own")))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("threads: own (expected: caller as before");
        assertThat(type.settings(policy)).containsEntry("limit", "3");
    }

    private static PolicyType<?, ?> type(String name) {
        return types().stream()
                .filter(type -> type.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "retry           | max-atempts       | 3       | did you mean max-attempts?",
                "retry           | max-attempts      | 0       | max-attempts: '0' (expected: a whole number from 1 up)",
                "retry           | max-attempts      | many    | max-attempts: 'many' (expected: a whole number",
                "retry           | max-duration      | 500     | max-duration: '500' (expected: a duration with its unit",
                "retry           | backoff           | 1s..    | backoff: '1s..' (expected: none, a wait such as 5s",
                "retry           | backoff           | 5s fast | backoff: '5s fast' (expected:",
                "retry           | budget            | 100     | budget: '100' (expected:",
                "retry           | ignore            | no.Such | ignore: 'no.Such' was not found, or cannot be loaded (exp",
                "circuit-breaker | failure-rate      | 150%    | failure-rate: '150%' (expected: more than 0 and at most 1",
                "circuit-breaker | minimum-calls     | 200     | minimum-calls: 200 (expected: at most the 20 calls",
                "circuit-breaker | over              | always  | over: 'always' (expected: a number of calls",
                "circuit-breaker | slow-calls        | 5s      | slow-calls: '5s' (expected: a share and a time",
                "bulkhead        | limit             | 9..3    | limit: '9..3' (expected: a whole number from 0 up",
                "bulkhead        | order             | random  | order: 'random' (expected: one of fifo, lifo)",
                "rate-limiter    | limits            | often   | limits: 'often' (expected: a list, each: permits in a",
                "timeout         | interrupt         | perhaps | interrupt: 'perhaps' (expected: true or false)"
            })
    @DisplayName("ST-2 what is wrong is said with the setting's name, the value and what was expected")
    void wrong(String name, String key, String value, String message) {
        Map<String, Object> given = new LinkedHashMap<>(NEEDED.getOrDefault(name, Map.of()));
        given.put(key, value);
        assertThat(type(name).problems("stock", given))
                .hasSize(1)
                .first()
                .asString()
                .contains(message);
    }

    @Test
    @DisplayName("ST-2 all that is wrong is said at once, also what is missing")
    void allAtOnce() {
        assertThat(type("timeout").problems("stock", Map.of("interupt", true)))
                .hasSize(2)
                .anyMatch(text -> text.startsWith("interupt: unknown, did you mean interrupt?"))
                .anyMatch(text -> text.startsWith("duration: missing"));
    }

    // ---- Meters ---------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("each meter's value is that of the counts, before and after calls")
    void meterValues() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("stock");
        Retry<Object> retry = Retry.ofDefaults("stock");
        Bulkhead bulkhead = Bulkhead.of("stock", 5);
        Pipeline<Object> pipeline = Pipeline.of(retry, breaker, bulkhead);
        List<Meter> meters = pipeline.meters();
        assertThat(meters).allSatisfy(meter -> {
            assertThat(meter.name()).matches("holdfast\\.[a-z]+(\\.[a-z]+)+");
            assertThat(meter.text()).endsWith(".");
            assertThat(meter.unit()).matches("1|s|\\{[a-z]+}");
        });
        assertThat(meters.stream().map(meter -> meter.name() + meter.labels()).distinct())
                .hasSize(meters.size());
        pipeline.call(() -> "a");
        pipeline.run(
                () -> assertThat(value(meters, "holdfast.bulkhead.usage", "")).isEqualTo(1));

        assertThat(value(meters, "holdfast.circuitbreaker.calls", "success")).isEqualTo(2);
        assertThat(value(meters, "holdfast.bulkhead.calls", "success")).isEqualTo(2);
        assertThat(value(meters, "holdfast.bulkhead.limit", "")).isEqualTo(5);
        assertThat(value(meters, "holdfast.retry.calls", "first")).isEqualTo(2);
        assertThat(value(meters, "holdfast.retry.budget.available", "")).isEqualTo(10);
        assertThat(value(meters, "holdfast.circuitbreaker.state", "closed")).isEqualTo(1);
        breaker.transitionTo(CircuitBreaker.State.FORCED_OPEN);
        assertThat(value(meters, "holdfast.circuitbreaker.state", "closed")).isZero();
        assertThat(value(meters, "holdfast.circuitbreaker.state", "forced_open"))
                .isEqualTo(1);
        assertThat(value(meters, "holdfast.circuitbreaker.transitions", "forced_open"))
                .isEqualTo(1);
    }

    private static double value(List<Meter> meters, String name, String label) {
        return meters.stream()
                .filter(meter -> meter.name().equals(name)
                        && (label.isEmpty() || meter.labels().containsValue(label)))
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " " + label + " of " + Arrays.toString(meters.toArray())))
                .value();
    }
}

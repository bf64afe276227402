// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.RejectedException;
import dev.holdfast.config.Guards;
import dev.holdfast.settings.SettingsException;
import dev.holdfast.verification.chaotic.Program.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** A pipeline of settings that are loaded anew while calls go through it: policies come, change, and go. */
final class Guarding {
    /** Of its retries. */
    static final int MOST_ATTEMPTS = 2;
    /** Milliseconds of its timeouts. */
    static final int SHORTEST_TIMEOUT = 3;

    private static final Map<String, Object> RETRY = Map.of("max-attempts", MOST_ATTEMPTS, "backoff", "1ms");
    private static final Map<String, Object> BREAKER = Map.of(
            "over",
            "4 calls",
            "failure-rate",
            "none",
            "consecutive-failures",
            3,
            "open-for",
            "2ms",
            "trials",
            2,
            "trial-timeout",
            "20ms");

    private static final List<Map<String, Object>> RIGHT = List.of(
            Map.of("retry", RETRY, "timeout", "6ms", "bulkhead", Map.of("limit", 2, "queue", 2, "wait-up-to", "3ms")),
            Map.of("circuit-breaker", BREAKER, "bulkhead", Map.of("limit", 1)),
            Map.of(
                    "retry", Map.of("max-attempts", MOST_ATTEMPTS, "backoff", "none"),
                    "circuit-breaker",
                            Map.of("over", "10ms", "minimum-calls", 2, "open-for", "1ms", "trial-timeout", "20ms"),
                    "rate-limiter", Map.of("limits", "3/5ms", "wait-up-to", "4ms"),
                    "timeout", SHORTEST_TIMEOUT + "ms"),
            Map.of(
                    "total-timeout",
                    "8ms",
                    "retry",
                    RETRY,
                    "bulkhead",
                    Map.of("limit", 3, "queue", 1, "wait-up-to", "5ms"),
                    "order",
                    List.of("bulkhead", "total-timeout", "retry")));

    /** Each has something that is right, too, and must not be taken over. */
    private static final List<Map<String, Object>> WRONG = List.of(
            Map.of("bulkhead", Map.of("limit", 7), "retry", Map.of("max-atempts", 2)),
            Map.of("bulkhead", Map.of("limit", 7), "total-timeout", "2ms", "timeout", "9ms"));

    private static final String NAME = "guard";

    /** All gates that calls may have met, and what their listeners were told. */
    final Map<Gate, Told> gates = new ConcurrentHashMap<>();
    /** Calls through this pipeline itself, and those whose end it has told. */
    final AtomicInteger direct = new AtomicInteger();

    final AtomicInteger completed = new AtomicInteger();

    private final String name;
    private final Environment environment;
    private final Part part;
    private final Pipelines pipelines;
    private final Guards guards;
    private volatile int current;

    Guarding(String name, Environment environment, Part part, Pipelines pipelines) {
        this.name = name;
        this.environment = environment;
        this.part = part;
        this.pipelines = pipelines;
        this.current = part.limit();
        this.guards = Guards.of(settings(current), environment);
        guards.get(NAME).on(Event.CallCompleted.class, event -> completed.incrementAndGet());
    }

    private static Map<String, Object> settings(int variant) {
        return settings(RIGHT.get(variant % RIGHT.size()));
    }

    private static Map<String, Object> settings(Map<String, Object> policies) {
        return Map.of("guards", Map.of(NAME, policies));
    }

    /** As it is now. Whoever sees a gate first listens to it, before any call has come to it. */
    Pipeline<Object> met() {
        Pipeline<Object> now = guards.get(NAME);
        for (Policy<?> policy : now.policies()) {
            if (policy instanceof Gate gate) {
                gates.computeIfAbsent(gate, unseen -> told(gate));
            }
        }
        return now;
    }

    boolean isWatched() {
        return part.watched();
    }

    private Told told(Gate gate) {
        Told told = new Told();
        if (isWatched()) {
            told.listen(gate, pipelines);
        }
        return told;
    }

    /** Other settings; of three, one is wrong. Gives what is wrong about how they were taken, or {@code null}. */
    String reload(int variant) {
        if (variant % 3 == 0) {
            return refuses(WRONG.get(variant / 3 % WRONG.size()));
        }
        current = variant;
        guards.reload(settings(variant));
        met();
        return null;
    }

    private String refuses(Map<String, Object> wrong) {
        try {
            guards.reload(settings(wrong));
            return "wrong settings are taken: " + wrong;
        } catch (SettingsException expected) {
            return null;
        }
    }

    /** Loads the settings that are there. Gives what has changed all the same, if others cannot have done so meanwhile. */
    String repeat() {
        return changedBy(() -> guards.reload(settings(current)));
    }

    private String changedBy(Runnable reload) {
        Pipeline<Object> before = met();
        String seen = visible(before);
        reload.run();
        Pipeline<Object> after = met();
        return before == after && seen.equals(visible(after)) ? null : seen + " became " + visible(after);
    }

    private String visible(Pipeline<Object> pipeline) {
        return guards.settings(NAME) + " "
                + pipeline.policies().stream().map(Settings::visible).toList();
    }

    /** When all is over, and nobody else changes it: what is wrong about how it takes settings. */
    List<String> takesSettings() {
        List<String> wrong = new ArrayList<>();
        IntStream.range(0, RIGHT.size() + 1).forEach(variant -> {
            List<Policy<?>> before = met().policies();
            current = variant;
            guards.reload(settings(variant));
            Map<String, Map<String, String>> expected =
                    Guards.of(settings(variant), environment).settings(NAME);
            if (!guards.settings(NAME).equals(expected)) {
                wrong.add("settings are not in force: " + guards.settings(NAME) + " (expected: " + expected + ")");
            }
            met().policies().stream()
                    .filter(policy -> isAnother(policy, before))
                    .map(policy -> "a reload has put another in the place of a policy that stays: " + policy)
                    .forEach(wrong::add);
            addTo(wrong, "a reload of the same settings changes something: ", repeat());
        });
        for (Map<String, Object> each : WRONG) {
            addTo(wrong, "", changedBy(() -> addTo(wrong, "", refuses(each))));
        }
        int heard = completed.get();
        try {
            met().run(() -> {});
        } catch (RejectedException refused) {
            // Which is told as well.
        }
        if (completed.get() == heard) {
            wrong.add("who listens to whole calls hears them no more after reloads: " + this);
        }
        return wrong;
    }

    private static void addTo(List<String> wrong, String what, String found) {
        if (found != null) {
            wrong.add(what + found);
        }
    }

    /** Names tell policies of one class apart. */
    private static boolean isAnother(Policy<?> policy, List<Policy<?>> before) {
        return before.stream()
                .anyMatch(there -> there != policy
                        && there.kind().equals(policy.kind())
                        && there.name().equals(policy.name()));
    }

    @Override
    public String toString() {
        return name + " " + guards.settings(NAME);
    }
}

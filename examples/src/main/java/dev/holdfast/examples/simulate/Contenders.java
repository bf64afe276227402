// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.simulate;

import dev.holdfast.Backoff;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.guard.Guard;
import dev.holdfast.retry.Retry;
import dev.holdfast.simulation.Policies;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Policies by name. Several names joined by {@code +} are a pipeline, outermost first. */
final class Contenders {
    private static final Map<String, Part> PARTS = new LinkedHashMap<>();

    static {
        part("guard", "what Guard.of(name) gives: one retry of what fails at once, and a limit", Guard::of);
        part("retry", "Retry.ofDefaults: three attempts, from a budget", Retry::ofDefaults);
        part(
                "naive-retry",
                "three attempts at once, without a wait or a budget",
                name -> Retry.builder(name)
                        .backoff(Backoff.none())
                        .withoutBudget()
                        .build());
        part(
                "breaker",
                "CircuitBreaker.ofDefaults: over 20 calls, opens for a second at most",
                CircuitBreaker::ofDefaults);
        part(
                "slow-breaker",
                "a breaker over 100 calls that opens for 30 s, as is usual elsewhere",
                name -> CircuitBreaker.builder(name)
                        .over(Window.calls(100))
                        .openFor(Duration.ofSeconds(30))
                        .build());
        part(
                "limit",
                "calls in flight limited as a guard does, without a retry",
                name -> Guard.builder(name).withoutRetry().build());
        part(
                "gradient",
                "a bulkhead whose limit of 2 to 200 follows Gradient2",
                name -> Bulkhead.builder(name)
                        .adaptive(Limits.between(2, 200).gradient2())
                        .build());
        part("bulkhead", "25 calls in flight at most, for each client", name -> Bulkhead.of(name, 25));
        part("timeout", "a time limit of 250 ms", name -> Timeout.of(name, Duration.ofMillis(250)));
    }

    private Contenders() {}

    private static void part(String name, String what, Function<String, Policy<Object>> make) {
        PARTS.put(name, new Part(what, make));
    }

    /**
     * Finds policies.
     *
     * @throws IllegalArgumentException if a part is not known
     */
    static Policies named(String name) {
        List<Function<String, Policy<Object>>> parts = Arrays.stream(name.split("\\+", -1))
                .map(part -> {
                    Part found = PARTS.get(part);
                    if (found == null) {
                        throw new IllegalArgumentException("--policies: " + name + " (expected: none, or of "
                                + String.join(", ", PARTS.keySet()) + ", joined by +)");
                    }
                    return found.make;
                })
                .toList();
        return (caller, service) ->
                Pipeline.ofAll(parts.stream().map(part -> part.apply(service)).toList());
    }

    static String list() {
        StringBuilder text = new StringBuilder("none           calls without policies\n");
        PARTS.forEach((name, part) -> text.append(String.format("%-15s%s%n", name, part.what)));
        return text + "Several joined by + are a pipeline, outermost first: retry+breaker+limit\n";
    }

    private record Part(String what, Function<String, Policy<Object>> make) {}
}

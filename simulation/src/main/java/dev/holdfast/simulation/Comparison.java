// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.Policy;
import dev.holdfast.internal.Require;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The same worlds with several policies, side by side: without any, which is always among them by the name of {@link #NONE}, and with each that is
 * named. Immutable: each method gives another comparison.
 *
 * <pre>{@code
 * Compared compared = Comparison.of("stall", world)
 *         .with("guard", () -> Guard.of("stock"))
 *         .with("breaker", () -> CircuitBreaker.ofDefaults("stock"))
 *         .run(1);
 * System.out.print(compared.table());
 * Files.writeString(Path.of("stall.html"), compared.html());
 * }</pre>
 */
public final class Comparison {
    /** The name of those who call without policies. */
    public static final String NONE = "none";

    private final Map<String, World> worlds;
    private final Map<String, Policies> contenders;

    private Comparison(Map<String, World> worlds, Map<String, Policies> contenders) {
        this.worlds = worlds;
        this.contenders = contenders;
    }

    /**
     * Compares in one world, so far without policies only.
     *
     * @param title of the world: 1 to 256 characters, not blank
     * @param world where calls are made
     * @return a comparison
     */
    public static Comparison of(String title, World world) {
        return new Comparison(Map.of(), Map.of(NONE, Policies.NONE)).with(title, world);
    }

    /**
     * Compares in one world more.
     *
     * @param title of the world, which no other has: 1 to 256 characters, not blank
     * @param world where calls are made
     * @return another comparison
     */
    public Comparison with(String title, World world) {
        return new Comparison(plus("world", worlds, title, world), contenders);
    }

    /**
     * Compares one set of policies more.
     *
     * @param name which no other has: 1 to 256 characters, not blank
     * @param policies asked once for each client, and for each node that calls another service, in each world anew
     * @return another comparison
     */
    public Comparison with(String name, Policies policies) {
        return new Comparison(worlds, plus("policies", contenders, name, policies));
    }

    /**
     * Compares one set of policies more, which are made alike for all clients.
     *
     * @param name which no other has: 1 to 256 characters, not blank
     * @param policies makes those of one client
     * @return another comparison
     */
    public Comparison with(String name, Supplier<? extends Policy<? super Reply>> policies) {
        Require.nonNull(policies, "policies");
        return with(name, (caller, service) -> policies.get());
    }

    /**
     * Lets it happen: each world with each set of policies, one run after the other.
     *
     * @param seed which of all runs, the same for all; the same seed gives the same table, CSV and page
     * @return what happened
     */
    public Compared run(long seed) {
        Map<String, Map<String, Run>> runs = new LinkedHashMap<>();
        worlds.forEach((title, world) -> {
            Map<String, Run> inWorld = new LinkedHashMap<>();
            contenders.forEach((name, policies) -> inWorld.put(name, world.run(seed, policies)));
            runs.put(title, inWorld);
        });
        return new Compared(seed, runs);
    }

    private static <T> Map<String, T> plus(String what, Map<String, T> some, String name, T more) {
        Require.name(name);
        Map<String, T> all = new LinkedHashMap<>(some);
        if (all.put(name, Require.nonNull(more, what)) != null) {
            throw new IllegalArgumentException(what + ": " + name + " (expected: a name that is not there yet)");
        }
        return all;
    }

    @Override
    public String toString() {
        return contenders.keySet() + " in " + worlds.keySet();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import java.util.List;
import java.util.Map;

/** What came of a {@link Comparison}: the runs, and three ways to read them. Immutable. */
public final class Compared {
    private final long seed;
    private final Map<String, Map<String, Run>> runs;

    Compared(long seed, Map<String, Map<String, Run>> runs) {
        this.seed = seed;
        this.runs = runs;
    }

    /**
     * The titles of the worlds.
     *
     * @return as they were added
     */
    public List<String> worlds() {
        return List.copyOf(runs.keySet());
    }

    /**
     * The names of the policies.
     *
     * @return {@link Comparison#NONE} first, the others as they were added
     */
    public List<String> policies() {
        return runs.values().stream()
                .findFirst()
                .map(inWorld -> List.copyOf(inWorld.keySet()))
                .orElse(List.of());
    }

    /**
     * One of the runs.
     *
     * @param world its title
     * @param policies their name
     * @return what happened in it
     * @throws IllegalArgumentException if there is no such world, or there are no such policies
     */
    public Run run(String world, String policies) {
        return find("policies", find("world", runs, world), policies);
    }

    private static <T> T find(String what, Map<String, T> all, String name) {
        T found = all.get(name);
        if (found == null) {
            throw new IllegalArgumentException(what + ": " + name + " (expected: one of " + all.keySet() + ")");
        }
        return found;
    }

    /**
     * The main numbers of each run, for a terminal or a log: for each world a line of its title, the numbers of each set of policies, and
     * the world's {@linkplain World#ceiling() ceiling}.
     *
     * @return lines, each with its end
     */
    public String table() {
        StringBuilder text = new StringBuilder();
        runs.forEach((title, inWorld) -> text.append(text.isEmpty() ? "" : "\n")
                .append(title)
                .append('\n')
                .append(Figures.table(inWorld).text()));
        return text.toString();
    }

    /**
     * All runs second by second, for spreadsheets: a line for each world, set of policies and second. Quantiles are in milliseconds and empty
     * where no call was answered; a service that is not in a world has no number there.
     *
     * @return lines that end with a line feed, the first one of names
     */
    public String csv() {
        return Csv.of(runs);
    }

    /**
     * One page that holds all it needs: the numbers and, for each world, charts of goodput, latency and requests by second, and what each policy did. It
     * needs no script and no network, follows the reader's choice of light or dark, and is as wide as its window.
     *
     * @return HTML
     */
    public String html() {
        return Page.html(seed, runs);
    }

    /** The {@link #table}. */
    @Override
    public String toString() {
        return table();
    }
}

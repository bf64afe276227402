// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.matrix;

import dev.holdfast.simulation.Matrix;
import dev.holdfast.simulation.Policies;
import dev.holdfast.simulation.Run;
import dev.holdfast.simulation.World;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Runs each candidate in each world of a {@link Matrix}, and prints a table. Arguments: how many worlds (330), their seed (1), and {@code --write} for
 * docs/worlds.md.
 */
final class Scores {
    private static final long RUN = 3;
    private static final int SHOWN = 5;
    private static final Path PAGE = Path.of("docs", "worlds.md");

    private Scores() {}

    public static void main(String[] args) throws IOException {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error"); // breakers tell when they open
        List<String> given = new ArrayList<>(List.of(args));
        boolean writes = given.remove("--write");
        int count = given.isEmpty() ? 330 : Integer.parseInt(given.get(0));
        long seed = given.size() < 2 ? 1 : Long.parseLong(given.get(1));
        List<World> worlds = Matrix.draw(count, seed);
        List<Run> bare = runs(worlds, Policies.NONE);
        StringBuilder table = new StringBuilder(Score.HEAD)
                .append(Score.of(worlds, bare, bare).row("no policy"));
        StringBuilder worst = new StringBuilder();
        for (Map.Entry<String, Policies> candidate : Candidates.all().entrySet()) {
            Score score = Score.of(worlds, runs(worlds, candidate.getValue()), bare);
            table.append(score.row(candidate.getKey()));
            if (candidate.getKey().equals("guard")) {
                worst.append(score.worst(SHOWN));
            }
        }
        String page = page(count, seed, table, worst);
        System.out.print(page);
        if (writes) {
            Files.writeString(PAGE, page);
        }
    }

    private static List<Run> runs(List<World> worlds, Policies policies) {
        return IntStream.range(0, worlds.size())
                .parallel()
                .mapToObj(i -> worlds.get(i).run(RUN, policies))
                .toList();
    }

    private static String page(int count, long seed, CharSequence table, CharSequence worst) {
        return String.format(Locale.ROOT, """
                # In %d worlds

                Policies that do well in one world may do harm in another. So they are tried in many, which are drawn at random and simulated:
                `Matrix` of [the simulation](simulation.md) says from what. The same command gives the same numbers on any machine:

                ```sh
                ./mvnw -q compile -Pmatrix -Dmatrix.args="%d %d"
                ```

                *Share* is the part of what somebody would answer who knows all in advance: of 1 nothing is left to gain, but nobody reaches it, since calls
                do not come evenly. *Worse than none* counts the worlds in which more than 2 %% fewer calls were answered than without any policy. *Recovery* is
                the mean, with 20 s where it was not seen in the 20 s after the fault. *Requests* is the largest number of requests for each call.

                %s
                The worlds in which the guard does most harm, with the goodput without a policy and with the guard:

                %s""", count, count, seed, table, worst);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.matrix;

import dev.holdfast.simulation.Run;
import dev.holdfast.simulation.World;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How a candidate did in all worlds, beside no policy. */
final class Score {
    static final String HEAD = """
            | policies | worse than none | share: least | tenth | median | mean | recovery | requests |
            | --- | --- | --- | --- | --- | --- | --- | --- |
            """;
    private static final double NOISE = 0.02;
    private static final Duration NEVER = Duration.ofSeconds(20);

    private final List<World> worlds;
    private final List<Run> runs;
    private final List<Run> bare;
    private final double[] shares;

    private Score(List<World> worlds, List<Run> runs, List<Run> bare) {
        this.worlds = worlds;
        this.runs = runs;
        this.bare = bare;
        this.shares = IntStream.range(0, worlds.size())
                .mapToDouble(i -> runs.get(i).goodput() / worlds.get(i).ceiling())
                .sorted()
                .toArray();
    }

    static Score of(List<World> worlds, List<Run> runs, List<Run> bare) {
        return new Score(worlds, runs, bare);
    }

    String row(String name) {
        int count = shares.length;
        return String.format(
                Locale.ROOT,
                "| %s | %d of %d | %.3f | %.3f | %.3f | %.3f | %.1f s | %.2f |%n",
                name,
                IntStream.range(0, count).filter(i -> harm(i) > NOISE).count(),
                count,
                shares[0],
                shares[count / 10],
                shares[count / 2],
                Arrays.stream(shares).average().orElse(0),
                runs.stream().mapToDouble(Score::recovery).average().orElse(0),
                runs.stream().mapToDouble(Run::amplification).max().orElse(0));
    }

    String worst(int shown) {
        return IntStream.range(0, shares.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -harm(i)))
                .limit(shown)
                .map(i -> String.format(
                        Locale.ROOT,
                        "- %.3f, %.3f: %s%n",
                        bare.get(i).goodput(),
                        runs.get(i).goodput(),
                        worlds.get(i)))
                .collect(Collectors.joining());
    }

    /** The part of the calls answered without policies that is lost with them. */
    private double harm(int world) {
        return 1 - runs.get(world).goodput() / bare.get(world).goodput();
    }

    private static double recovery(Run run) {
        Duration time = run.recovery().orElse(NEVER);
        return Math.min(NEVER.toSeconds(), time.toSeconds());
    }
}

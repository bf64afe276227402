// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Puts one contender through one case, with a server that has served nobody else. */
final class Run {
    private static final int WARM_UP_SECONDS = 2;
    private static final long SECOND = 1_000_000_000;

    private final World world;
    private final long seed;
    private final int tries;

    /**
     * The same for all.
     *
     * @param world what is called
     * @param seed of the schedules
     * @param tries how often a case is tried until nothing disturbs it
     */
    Run(World world, long seed, int tries) {
        this.world = world;
        this.seed = seed;
        this.tries = tries;
    }

    Result of(Contender contender, Case setting) throws InterruptedException {
        Result result = once(contender, setting);
        for (int i = 1; i < tries && result.disturbed(); i++) {
            System.err.printf(
                    Locale.ROOT,
                    "%s, %s: once more, for the load was %.0f ms late%n",
                    setting.title(),
                    contender.name(),
                    result.lateMillis());
            result = once(contender, setting);
        }
        return result;
    }

    private Result once(Contender contender, Case setting) throws InterruptedException {
        try (ServerProcess server = new ServerProcess(world)) {
            warmUp(contender, server);
            Requests requests = new Requests(server.uri(), world.timeoutMillis());
            List<Contender.Client> clients =
                    Stream.generate(contender::client).limit(setting.clients()).collect(Collectors.toList());
            Load load = new Load(
                    Arrivals.poisson(world.rate(), setting.seconds(), setting.clients(), seed), clients, requests);
            return Result.of(contender, setting, load.run(cues(setting, server)), requests.broken());
        }
    }

    /** Server, load and the contender's code, but none of the policies that are measured: those start cold. */
    private void warmUp(Contender contender, ServerProcess server) throws InterruptedException {
        Contender.Client bare = request -> request.call();
        new Load(
                        Arrivals.poisson(world.rate(), WARM_UP_SECONDS, 1, seed + 1),
                        List.of(bare),
                        new Requests(server.uri(), world.timeoutMillis()))
                .run(List.of());
        new Load(Arrivals.poisson(world.rate(), 1, 1, seed + 2), List.of(contender.client()), () -> 1).run(List.of());
    }

    private List<Load.Cue> cues(Case setting, ServerProcess server) {
        List<Load.Cue> cues = new ArrayList<>();
        if (setting.fault() > 0) {
            cues.add(new Load.Cue(
                    setting.before() * SECOND, () -> setting.scenario().begin(server, world)));
            cues.add(new Load.Cue(
                    setting.faultEnd() * SECOND, () -> setting.scenario().end(server, world)));
        }
        return cues;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import dev.holdfast.simulation.Clients;
import dev.holdfast.simulation.Fault;
import dev.holdfast.simulation.Policies;
import dev.holdfast.simulation.Service;
import dev.holdfast.simulation.Times;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The same server, load and fault in a simulation, with the same policies: whether that tells the truth. */
final class Simulated {
    private static final String SERVER = "server";

    private Simulated() {}

    /** A table of what was measured and what is simulated, for the contenders that can be simulated; empty without any. */
    static String table(World world, List<Result> results, long seed) {
        StringBuilder rows = new StringBuilder();
        for (Result result : results) {
            result.contender()
                    .simulated()
                    .ifPresent(policies -> rows.append(row(result, run(world, result.setting(), policies, seed))));
        }
        return rows.isEmpty() ? "" : """
                        ## Does the simulation say the same?

                        The same server, load and fault in `holdfast-simulation`, with the same policies; goodput of the whole run.

                        | case, client | goodput | simulated | recovery | simulated |
                        | --- | --- | --- | --- | --- |
                        """ + rows + "\n";
    }

    private static String row(Result result, dev.holdfast.simulation.Run simulated) {
        boolean fault = result.setting().fault() > 0;
        return String.format(
                Locale.ROOT,
                "| %s, %s | %.3f | %.3f | %s | %s |%n",
                result.setting().title(),
                result.contender().name(),
                result.all().goodput(),
                simulated.goodput(),
                fault ? seconds(result.recovery().stream().boxed().findFirst().map(Duration::ofSeconds)) : "-",
                fault ? seconds(simulated.recovery()) : "-");
    }

    private static String seconds(Optional<Duration> recovery) {
        return recovery.map(time -> time.toSeconds() + " s").orElse("not seen");
    }

    private static dev.holdfast.simulation.Run run(World world, Case setting, Policies policies, long seed) {
        Service service = Service.of(SERVER, world.workers(), Times.constant(Duration.ofMillis(world.serviceMillis())));
        Clients clients = Clients.poisson(SERVER, world.rate())
                .count(setting.clients())
                .patience(Duration.ofMillis(world.timeoutMillis()));
        dev.holdfast.simulation.World simulated =
                dev.holdfast.simulation.World.of(service, clients).lasting(Duration.ofSeconds(setting.seconds()));
        if (setting.fault() > 0) {
            Fault fault =
                    setting.scenario() == Scenario.STALL ? Fault.stall(SERVER) : Fault.brownout(SERVER, world.factor());
            simulated = simulated.with(
                    fault.from(Duration.ofSeconds(setting.before())).lasting(Duration.ofSeconds(setting.fault())));
        }
        return simulated.run(seed, policies);
    }
}

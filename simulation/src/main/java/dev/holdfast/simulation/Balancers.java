// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Makes what divides the calls of a client between the nodes of a service. What it makes needs no environment said, it gets the simulation's.
 *
 * <pre>{@code
 * Run run = world.run(1, servers -> {
 *     Replicas<Server> stocks = Replicas.of("stock", servers);
 *     return () -> stocks.callAsync(Server::send);
 * });
 * }</pre>
 */
@FunctionalInterface
public interface Balancers {
    /**
     * Makes it for one client, which is one of {@link Clients} or a node of a service that calls another. Runs once for each, and in each run again.
     *
     * @param servers the nodes of the service that is called, in their order
     * @return makes a call when it is asked: its requests, by {@link Server#send}, and what comes of them
     */
    Supplier<CompletableFuture<Reply>> of(List<Server> servers);
}

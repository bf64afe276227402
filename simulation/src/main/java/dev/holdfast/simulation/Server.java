// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import java.util.concurrent.CompletableFuture;

/** One node of a service, as a client sees it that chooses itself whom it calls: see {@link Balancers}. Of one thread, that of the simulation. */
public final class Server {
    private final Link link;
    private final int number;
    private final long patience;

    Server(Link link, int number, long patience) {
        this.link = link;
        this.number = number;
        this.patience = patience;
    }

    /**
     * Who it is.
     *
     * @return the service's name and the number of the node, from 0 up, such as {@code "stock 0"}
     */
    public String name() {
        return link.service().name() + " " + number;
    }

    /**
     * Sends a request to it, and waits for the answer as long as the clients have patience.
     *
     * @return the answer; or else what came of it, such as a {@link java.net.SocketTimeoutException}
     */
    public CompletableFuture<Reply> send() {
        return link.send(number, patience);
    }

    @Override
    public String toString() {
        return name();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import dev.holdfast.Pipeline;
import java.io.IOException;
import java.sql.SQLException;

/** A dependency that is up before anything is counted, and the client that is to be opened for it. */
interface Stage extends AutoCloseable {
    Client open(Pipeline<Object> pipeline) throws Exception;

    @Override
    void close() throws IOException, SQLException;

    /** Sets a stage. */
    @FunctionalInterface
    interface Setting {
        Stage set(Attempts attempts) throws Exception;
    }

    /** Opens a client of the HTTP server. */
    @FunctionalInterface
    interface HttpClients {
        Client open(Pipeline<Object> pipeline, FaultyServer server);
    }

    /** The faulty HTTP server, for a client of whatever kind. */
    static Setting http(HttpClients clients) {
        return attempts -> new Http(new FaultyServer(attempts), clients);
    }

    /** A server, and a kind of client. */
    record Http(FaultyServer server, HttpClients clients) implements Stage {
        @Override
        public Client open(Pipeline<Object> pipeline) {
            return clients.open(pipeline, server);
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}

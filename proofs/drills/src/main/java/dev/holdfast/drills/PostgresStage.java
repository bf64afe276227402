// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import dev.holdfast.Pipeline;
import dev.holdfast.drills.Attempts.Attempt;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;

/** A PostgreSQL server in processes of its own, on loopback, with a pool of connections in front of it. */
final class PostgresStage implements Stage {
    /** As many as the pool has connections. */
    static final int PERMITS = 5;

    private final Attempts attempts;
    private final EmbeddedPostgres server;

    PostgresStage(Attempts attempts) throws CannotRunException {
        this.attempts = attempts;
        try {
            server = EmbeddedPostgres.start();
        } catch (IOException | RuntimeException cannotStart) {
            throw new CannotRunException("PostgreSQL does not start here: " + cannotStart.getMessage(), cannotStart);
        }
    }

    @Override
    public Client open(Pipeline<Object> pipeline) {
        return new JdbcQueries(
                pipeline,
                attempts,
                Pools.pool(server.getJdbcUrl("postgres", "postgres"), "postgres", PERMITS),
                PostgresStage::sql);
    }

    private static String sql(Attempt attempt) {
        switch (attempt.fault()) {
            case FAST:
                return "select 'answer " + attempt.number() + "'";
            case SLOW:
                return "select 'answer " + attempt.number() + "' from pg_sleep(0.02)";
            case HANG:
            case DRIP:
                return "select pg_sleep(" + (Attempts.PATIENCE.toSeconds() + 1) + ")";
            case RESET:
                return "select pg_terminate_backend(pg_backend_pid())";
            default:
                return "select 1 / 0";
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}

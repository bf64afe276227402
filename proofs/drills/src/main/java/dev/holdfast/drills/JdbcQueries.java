// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.Pipeline;
import dev.holdfast.drills.Attempts.Attempt;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Queries on connections of a pool. Not interrupted, because that would cost the connection, or the whole embedded
 * database; the hook cancels the statement.
 */
final class JdbcQueries implements Client {
    private final Pipeline<Object> pipeline;
    private final Attempts attempts;
    private final HikariDataSource pool;
    private final Function<Attempt, String> sql;

    /** Takes the pool over. */
    JdbcQueries(Pipeline<Object> pipeline, Attempts attempts, HikariDataSource pool, Function<Attempt, String> sql) {
        this.pipeline = pipeline;
        this.attempts = attempts;
        this.pool = pool;
        this.sql = sql;
    }

    @Override
    public String get(int number) {
        return pipeline.callWith(call -> {
            Attempt attempt = attempts.begin(number, call);
            if (!attempt.fault().stalls()) {
                return query(call, sql.apply(attempt));
            }
            attempts.stalls(attempt);
            long start = System.nanoTime();
            try {
                return query(call, sql.apply(attempt));
            } finally {
                attempts.ended(attempt, start);
            }
        });
    }

    // tag: jdbc
    private String query(dev.holdfast.Call call, String sql) {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            CountDownLatch ended = new CountDownLatch(1);
            call.onAbandon(() -> cancel(statement, ended));
            try (ResultSet row = statement.executeQuery(sql)) {
                row.next();
                return row.getString(1);
            } finally {
                ended.countDown();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Again and again: a query that is just about to begin does not notice that it was cancelled. */
    private static void cancel(Statement statement, CountDownLatch ended) {
        try {
            do {
                statement.cancel();
            } while (!ended.await(20, TimeUnit.MILLISECONDS));
        } catch (SQLException | InterruptedException e) {
            throw new IllegalStateException(e); // is logged
        }
    }
    // end

    @Override
    public int busy() {
        return pool.getHikariPoolMXBean().getActiveConnections()
                + pool.getHikariPoolMXBean().getThreadsAwaitingConnection();
    }

    @Override
    public void close() {
        pool.close();
    }
}

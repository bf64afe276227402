// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import dev.holdfast.Pipeline;
import dev.holdfast.drills.Attempts.Attempt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * An H2 database on a file, in this process. Its cache is small, so that queries read the file: a thread that is
 * interrupted there closes the file for everybody.
 */
final class H2Stage implements Stage {
    /** Its queries compute: more of them than processors would only take each other's time. */
    static final int PERMITS = 2;

    private static final int ROWS = 3_000;

    private final Attempts attempts;
    private final Path folder;
    private final String url;
    /** The database stays open as long as this connection. */
    private final Connection keeper;

    H2Stage(Attempts attempts) throws IOException, SQLException {
        this.attempts = attempts;
        folder = Files.createTempDirectory("holdfast-drill");
        url = "jdbc:h2:file:" + folder.resolve("drill") + ";CACHE_SIZE=64;TRACE_LEVEL_FILE=0";
        try (Connection filling = DriverManager.getConnection(url, "sa", "");
                Statement statement = filling.createStatement()) {
            statement.execute("create table t(v varchar) as select repeat(x, 100) from system_range(1, " + ROWS + ")");
        }
        keeper = DriverManager.getConnection(url, "sa", "");
    }

    @Override
    public Client open(Pipeline<Object> pipeline) {
        // Nothing runs for ever, whoever fails to end it.
        String bounded = url + ";QUERY_TIMEOUT=" + (Attempts.PATIENCE.toMillis() + 1_000);
        return new JdbcQueries(pipeline, attempts, Pools.pool(bounded, "sa", PERMITS), H2Stage::sql);
    }

    private static String sql(Attempt attempt) {
        switch (attempt.fault()) {
            case FAST:
                return "select 'answer " + attempt.number() + "'";
            case SLOW:
                return "select 'answer " + attempt.number() + "', (select max(v) from (select v from t limit 2000))";
            case HANG:
            case DRIP:
                return "select max(a.v || b.v) from t a, t b";
            default:
                return "select 1 / 0";
        }
    }

    @Override
    public void close() throws IOException, SQLException {
        keeper.close();
        Files.deleteIfExists(folder.resolve("drill.mv.db"));
        Files.delete(folder);
    }
}

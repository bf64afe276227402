// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import dev.holdfast.drills.Guard.Mode;
import java.util.List;

/**
 * One row of the drill.
 *
 * @param name the client, and how it is called
 * @param mode how its work runs and ends
 * @param callers how many threads call
 * @param permits how many of them the bulkhead lets in
 * @param closes whether its client can be closed, so that all it holds must be back
 * @param setting the dependency and the client
 */
record Case(String name, Mode mode, int callers, int permits, boolean closes, Stage.Setting setting) {
    /** Fewer than callers, so that some of them wait and some are refused. */
    static final int PERMITS = 24;

    private static final int CALLERS = 32;

    /** All rows, in the order of the table. */
    static List<Case> all() {
        return List.of(
                // Its work does not know its deadline, so nobody may wait for a permit.
                new Case("JDK `send`", Mode.INTERRUPTED, CALLERS, CALLERS, JdkHttp.CLOSES, Stage.http(JdkSend::new)),
                new Case("JDK `sendAsync`", Mode.INTERRUPTED, CALLERS, PERMITS, JdkHttp.CLOSES, Stage.http(JdkSendAsync::new)),
                http("OkHttp `execute`", Mode.INTERRUPTED, OkHttpExecute::new),
                http("OkHttp `execute`, `runOn`", Mode.ELSEWHERE, OkHttpExecute::new),
                http("OkHttp `enqueue`", Mode.INTERRUPTED, OkHttpEnqueue::new),
                http("Apache `execute`", Mode.INTERRUPTED, ApacheExecute::new),
                http("Apache `execute`, `runOn`", Mode.ELSEWHERE, ApacheExecute::new),
                pooled("HikariCP, PostgreSQL", PostgresStage.CONNECTIONS, PostgresStage::new),
                pooled("HikariCP, H2 on a file", H2Stage.CONNECTIONS, H2Stage::new),
                new Case("shared `FileChannel`", Mode.UNINTERRUPTED, CALLERS, PERMITS, true, FileStage::new));
    }

    private static Case http(String name, Mode mode, Stage.HttpClients clients) {
        return new Case(name, mode, CALLERS, PERMITS, true, Stage.http(clients));
    }

    private static Case pooled(String name, int connections, Stage.Setting setting) {
        return new Case(name, Mode.UNINTERRUPTED, connections + 3, connections, true, setting);
    }

    @Override
    public String toString() {
        return name;
    }
}

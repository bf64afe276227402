// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import dev.holdfast.drills.Guard.Mode;
import java.util.ArrayList;
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
        List<Case> cases = new ArrayList<>(onPlatformThreads());
        if (Runtime.version().feature() >= 21) {
            cases.add(jdkSend("JDK `send`, virtual threads", Mode.VIRTUAL));
            cases.add(http("OkHttp `execute`, virtual threads", Mode.VIRTUAL, OkHttpExecute::new));
            cases.add(http("Apache `execute`, virtual threads", Mode.VIRTUAL, ApacheExecute::new));
        }
        return cases;
    }

    private static List<Case> onPlatformThreads() {
        return List.of(
                jdkSend("JDK `send`", Mode.INTERRUPTED),
                new Case(
                        "JDK `sendAsync`",
                        Mode.INTERRUPTED,
                        CALLERS,
                        PERMITS,
                        JdkHttp.CLOSES,
                        Stage.http(JdkSendAsync::new)),
                http("OkHttp `execute`", Mode.INTERRUPTED, OkHttpExecute::new),
                http("OkHttp `execute`, `runOn`", Mode.ELSEWHERE, OkHttpExecute::new),
                http("OkHttp `enqueue`", Mode.INTERRUPTED, OkHttpEnqueue::new),
                http("Apache `execute`", Mode.INTERRUPTED, ApacheExecute::new),
                http("Apache `execute`, `runOn`", Mode.ELSEWHERE, ApacheExecute::new),
                uninterrupted("HikariCP, PostgreSQL", PostgresStage.PERMITS, PostgresStage::new),
                uninterrupted("HikariCP, H2 on a file", H2Stage.PERMITS, H2Stage::new),
                uninterrupted("shared `FileChannel`", FileStage.PERMITS, FileStage::new));
    }

    /** Its work does not know its deadline, so nobody may wait for a permit. */
    private static Case jdkSend(String name, Mode mode) {
        return new Case(name, mode, CALLERS, CALLERS, JdkHttp.CLOSES, Stage.http(JdkSend::new));
    }

    private static Case http(String name, Mode mode, Stage.HttpClients clients) {
        return new Case(name, mode, CALLERS, PERMITS, true, Stage.http(clients));
    }

    private static Case uninterrupted(String name, int permits, Stage.Setting setting) {
        return new Case(name, Mode.UNINTERRUPTED, permits + 3, permits, true, setting);
    }

    @Override
    public String toString() {
        return name;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** All that has to be cleared away at the end, however it comes: processes, threads, the terminal. */
final class Stage implements AutoCloseable {
    private static final int WARM_UP_CALLS = 100;

    private final Scenario scenario;
    private final ServerProcess bareServer;
    private final ServerProcess guardedServer;
    private final List<AutoCloseable> open = new ArrayList<>();

    private Stage(Scenario scenario, int port) {
        this.scenario = scenario;
        bareServer = new ServerProcess("bare", scenario.capacity(), port);
        guardedServer = new ServerProcess("guarded", scenario.capacity(), port == 0 ? 0 : port + 1);
        open.add(bareServer);
        open.add(guardedServer);
    }

    /**
     * Starts nothing yet.
     *
     * @param scenario what to play
     * @param port of the first service, or 0 for any
     */
    static Stage open(Scenario scenario, int port) {
        return new Stage(scenario, port);
    }

    /** Plays the script from beginning to end. */
    Result play(Terminal terminal) throws InterruptedException {
        bareServer.launch();
        guardedServer.launch();
        warmUp(bareServer);
        warmUp(guardedServer);
        Stopwatch stopwatch = new Stopwatch();
        Run bare = keep(new Run("bare", false, scenario, bareServer, stopwatch));
        Run guarded = keep(new Run("guarded", true, scenario, guardedServer, stopwatch));
        List<Run> runs = List.of(bare, guarded);
        Director director = new Director(scenario.script(), runs, stopwatch);
        Display display = keep(Display.of(terminal, new Show(scenario, director, runs, stopwatch)));
        // What it took to build all this is no part of the script.
        stopwatch.restart();
        display.start();
        try {
            director.play();
        } finally {
            display.close();
            // All at once: what one run still calls while another one ends would count.
            runs.forEach(run -> run.load(0));
            for (Run run : runs) {
                run.stop();
            }
        }
        return new Result(
                scenario,
                director.spans(),
                bare.recorder(),
                guarded.recorder(),
                Objects.requireNonNull(guarded.breaker(), "breaker"),
                guarded.policies());
    }

    /** Pays for class loading and compilation before anything counts. With orders, which take a service no time. */
    private static void warmUp(ServerProcess server) {
        server.awaitReady();
        try (StockClient client = new StockClient(server.uri(), StockClient.PATIENT, () -> {})) {
            for (int i = 0; i < WARM_UP_CALLS; i++) {
                client.control(0, 0);
            }
        }
    }

    private synchronized <T extends AutoCloseable> T keep(T resource) {
        open.add(resource);
        return resource;
    }

    /** May be called from any thread, and more than once. */
    @Override
    public void close() {
        List<AutoCloseable> now;
        synchronized (this) {
            now = List.copyOf(open);
        }
        for (AutoCloseable resource : now) {
            try {
                resource.close();
            } catch (Exception e) {
                System.err.println("demo: " + e.getMessage());
            }
        }
    }
}

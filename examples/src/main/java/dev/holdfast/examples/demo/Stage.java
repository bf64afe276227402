// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** All that has to be cleared away at the end, however it comes: processes, threads, the terminal. */
final class Stage implements AutoCloseable {
    private static final int WARM_UP_CALLS = 100;

    private final Script script = Script.standard();
    private final ServerProcess bareServer;
    private final ServerProcess guardedServer;
    private final List<AutoCloseable> open = new ArrayList<>();

    private Stage(int port) {
        bareServer = new ServerProcess("bare", port);
        guardedServer = new ServerProcess("guarded", port == 0 ? 0 : port + 1);
        open.add(bareServer);
        open.add(guardedServer);
    }

    /**
     * Starts nothing yet.
     *
     * @param port of the first service, or 0 for any
     */
    static Stage open(int port) {
        return new Stage(port);
    }

    /** Plays the script from beginning to end. */
    Result play(Terminal terminal) throws InterruptedException {
        bareServer.launch();
        guardedServer.launch();
        warmUp(bareServer);
        warmUp(guardedServer);
        Stopwatch stopwatch = new Stopwatch();
        Run bare = keep(new Run("bare", false, bareServer, script, stopwatch));
        Run guarded = keep(new Run("guarded", true, guardedServer, script, stopwatch));
        List<Run> runs = List.of(bare, guarded);
        Director director = new Director(script, runs, stopwatch);
        Display display = keep(Display.of(terminal, new Show(director, runs, stopwatch)));
        // What it took to build all this is no part of the script.
        stopwatch.restart();
        runs.forEach(Run::start);
        display.start();
        try {
            director.play();
        } finally {
            display.close();
            for (Run run : runs) {
                run.stop();
            }
        }
        return new Result(
                director.spans(), bare.recorder(), guarded.recorder(), guarded.breaker(), guarded.policies());
    }

    /** Pays for class loading and compilation before anything counts. */
    private static void warmUp(ServerProcess server) {
        server.awaitReady();
        try (StockClient client = new StockClient(server.uri(), StockClient.PATIENT, () -> {})) {
            for (int i = 0; i < WARM_UP_CALLS; i++) {
                client.stock("warm");
            }
        } catch (IOException e) {
            throw new DemoException("the healthy stock service at " + server.uri() + " does not answer: " + e, e);
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

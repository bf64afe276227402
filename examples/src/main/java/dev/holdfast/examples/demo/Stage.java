// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import dev.holdfast.micrometer.HoldfastMeters;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** All that has to be cleared away at the end, however it comes: processes, threads, the terminal. */
final class Stage implements AutoCloseable {
    private static final int WARM_UP_CALLS = 400;

    private final Scenario scenario;
    private final HoldfastMeters meters;
    private final Map<Callers, ServerProcess> servers = new EnumMap<>(Callers.class);
    private final List<AutoCloseable> open = new ArrayList<>();

    private Stage(Scenario scenario, int port, HoldfastMeters meters) {
        this.scenario = scenario;
        this.meters = meters;
        for (Callers callers : Callers.values()) {
            int own = port == 0 ? 0 : port + callers.ordinal();
            servers.put(callers, keep(new ServerProcess(callers.label(), scenario.capacity(), own)));
        }
    }

    /**
     * Starts nothing yet.
     *
     * @param scenario what to play
     * @param port of the first service, or 0 for any
     * @param meters where numbers are shown
     */
    static Stage open(Scenario scenario, int port, HoldfastMeters meters) {
        return new Stage(scenario, port, meters);
    }

    /** Plays the script from beginning to end. */
    Result play(Terminal terminal) throws InterruptedException {
        servers.values().forEach(ServerProcess::launch);
        servers.values().forEach(Stage::warmUp);
        Stopwatch stopwatch = new Stopwatch();
        List<Run> runs = new ArrayList<>();
        for (Map.Entry<Callers, ServerProcess> server : servers.entrySet()) {
            runs.add(keep(new Run(server.getKey(), scenario, server.getValue(), stopwatch, meters)));
        }
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
                scenario, director.spans(), runs.stream().map(Run::side).toList());
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

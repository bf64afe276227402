// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One set of callers, the service that they call, and what became of their calls. */
final class Run implements AutoCloseable {
    private static final long JOIN_MILLIS = 3_000;

    private final String name;
    private final Stopwatch stopwatch;
    private final Pace pace;
    private final Recorder recorder;
    private final @Nullable BreakerLog breaker;
    private final StockClient client;
    private final StockClient control;
    private final Stocks stocks;
    private final ServerProcess server;
    private final AtomicReference<Throwable> unexpected = new AtomicReference<>();
    private final List<LoadClient> callers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private Fault fault = Fault.HEALTHY;

    /**
     * Nobody calls yet.
     *
     * @param name bare or guarded
     * @param guarded whether calls go through the policies
     * @param scenario gives callers and policies
     * @param server is ready
     * @param stopwatch the time
     */
    Run(String name, boolean guarded, Scenario scenario, ServerProcess server, Stopwatch stopwatch) {
        this.name = name;
        Script script = scenario.script();
        pace = script.pace();
        this.server = server;
        this.stopwatch = stopwatch;
        recorder = new Recorder(script.total(), script.phases().size());
        client = new StockClient(server.uri(), StockClient.TIMEOUT, () -> recorder.requested(stopwatch.nanos()));
        control = new StockClient(server.uri(), StockClient.PATIENT, () -> {});
        BreakerLog log = new BreakerLog();
        breaker = guarded ? log : null;
        stocks = guarded
                ? scenario.guarded(client, state -> log.changed(stopwatch.nanos(), state))
                : scenario.bare(client);
    }

    /** From now on there are so many callers. Those who are too many still end the call that they are in. */
    void load(int number) {
        int missing = number - callers.size();
        long now = stopwatch.nanos();
        for (int i = 0; i < missing; i++) {
            // Evenly spread, so that it is a load and not a salvo.
            long first = now + pace.interval().toNanos() * i / missing;
            LoadClient caller = new LoadClient(stocks, recorder, stopwatch, pace, first, unexpected);
            Thread thread = new Thread(caller, name + "-" + callers.size());
            thread.setDaemon(true);
            callers.add(caller);
            threads.add(thread);
            thread.start();
        }
        while (callers.size() > number) {
            callers.remove(callers.size() - 1).stop();
        }
    }

    /** Begins a fault or ends the one before; {@link #await} waits until that is done. */
    void apply(Fault next) {
        switch (next) {
            case HEALTHY -> heal();
            case FLAKY -> control.control(0, 4);
            case SLOW -> control.control(400, 0);
            case ERRORS -> control.control(0, 1);
            case FROZEN -> server.freeze();
            case KILLED -> server.kill();
            // The callers' doing: nothing is wrong with the service itself.
            case OVERLOADED -> {}
        }
        fault = next;
    }

    private void heal() {
        switch (fault) {
            case FROZEN -> server.thaw();
            case KILLED -> server.launch();
            case OVERLOADED -> {}
            default -> control.control(0, 0);
        }
    }

    void await() {
        if (fault != Fault.KILLED) {
            server.awaitReady();
        }
    }

    /** A run in which something else went wrong than the script says proves nothing. */
    void check() {
        if (fault != Fault.KILLED && !server.alive()) {
            throw new DemoException("the stock service " + name + " has died, and not by the script");
        }
        Throwable found = unexpected.get();
        if (found != null) {
            throw new DemoException("a caller of the " + name + " run failed: " + found, found);
        }
    }

    /** Stops the callers in bounded time, even if the service does not answer. */
    void stop() throws InterruptedException {
        load(0);
        long deadline = stopwatch.nanos() + JOIN_MILLIS * 1_000_000;
        for (Thread thread : threads) {
            thread.join(Math.max(1, (deadline - stopwatch.nanos()) / 1_000_000));
        }
        threads.forEach(Thread::interrupt);
    }

    String name() {
        return name;
    }

    Recorder recorder() {
        return recorder;
    }

    /** The breaker's states, or {@code null} for a bare run. */
    @Nullable BreakerLog breaker() {
        return breaker;
    }

    /** The policies, in words. */
    String policies() {
        return stocks.toString();
    }

    @Override
    public void close() {
        client.close();
        control.close();
        server.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import dev.holdfast.micrometer.HoldfastMeters;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** One set of callers, the service that they call, and what became of their calls. */
final class Run implements AutoCloseable {
    private static final long JOIN_MILLIS = 3_000;

    private final Callers callers;
    private final Side side;
    private final Stopwatch stopwatch;
    private final Pace pace;
    private final Recorder recorder;
    private final StockClient client;
    private final StockClient control;
    private final Stocks stocks;
    private final Watch watch;
    private final ServerProcess server;
    private final AtomicReference<Throwable> unexpected = new AtomicReference<>();
    private final List<LoadClient> clients = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private Fault fault = Fault.HEALTHY;

    /**
     * Nobody calls yet.
     *
     * @param callers who will
     * @param scenario gives callers and policies
     * @param server is ready
     * @param stopwatch the time
     * @param meters where the numbers of their policies are shown, until this is closed
     */
    Run(Callers callers, Scenario scenario, ServerProcess server, Stopwatch stopwatch, HoldfastMeters meters) {
        this.callers = callers;
        Script script = scenario.script();
        pace = script.pace();
        this.server = server;
        this.stopwatch = stopwatch;
        recorder = new Recorder(script.total(), script.phases().size());
        client = new StockClient(server.uri(), StockClient.TIMEOUT, () -> recorder.requested(stopwatch.nanos()));
        control = new StockClient(server.uri(), StockClient.PATIENT, () -> {});
        BreakerLog breaker = new BreakerLog();
        LimitLog limit = new LimitLog();
        stocks = switch (callers) {
            case BARE -> scenario.bare(client);
            case PIPELINE -> scenario.pipeline(client, state -> breaker.changed(stopwatch.nanos(), state));
            case GUARD -> new GuardStocks(client, to -> limit.changed(stopwatch.nanos(), to));
        };
        watch = stocks.watched(meters);
        side = new Side(
                callers,
                recorder,
                callers == Callers.PIPELINE ? breaker : null,
                callers == Callers.GUARD ? limit : null,
                stocks.toString());
    }

    /** From now on there are so many callers. Those who are too many still end the call that they are in. */
    void load(int number) {
        int missing = number - clients.size();
        long now = stopwatch.nanos();
        for (int i = 0; i < missing; i++) {
            // Evenly spread, so that it is a load and not a salvo.
            long first = now + pace.interval().toNanos() * i / missing;
            LoadClient next = new LoadClient(stocks, recorder, stopwatch, pace, first, unexpected);
            Thread thread = new Thread(next, callers.label() + "-" + clients.size());
            thread.setDaemon(true);
            clients.add(next);
            threads.add(thread);
            thread.start();
        }
        while (clients.size() > number) {
            clients.remove(clients.size() - 1).stop();
        }
    }

    /** Begins a fault or ends the one before; {@link #await} waits until that is done. */
    void apply(Fault next) {
        switch (next) {
            case HEALTHY -> heal();
            case FLAKY -> control.control(0, 4);
            case SLOW -> control.control(90, 0);
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
            throw new DemoException("the stock service " + callers.label() + " has died, and not by the script");
        }
        Throwable found = unexpected.get();
        if (found != null) {
            throw new DemoException("a caller of the " + callers.label() + " run failed: " + found, found);
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

    Recorder recorder() {
        return recorder;
    }

    Side side() {
        return side;
    }

    @Override
    public void close() {
        watch.close();
        client.close();
        control.close();
        server.close();
    }
}

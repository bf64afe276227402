// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.chaos;

import dev.holdfast.Policy;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** Customers who order, each of whom asks the stock service once, and what they get. */
final class Orders implements AutoCloseable {
    private final LongAdder answered = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(Orders::daemon);
    private final ExecutorService customers = Executors.newCachedThreadPool(Orders::daemon);
    private final Policy<Object> policies;
    private final StockService service;

    Orders(Policy<Object> policies, StockService service, int perSecond) {
        this.policies = policies;
        this.service = service;
        clock.scheduleAtFixedRate(
                () -> customers.execute(this::order), 0, 1_000_000_000L / perSecond, TimeUnit.NANOSECONDS);
    }

    private void order() {
        try {
            policies.<Object, IOException>callInterruptibly(service::stock);
            answered.increment();
        } catch (IOException | RuntimeException e) {
            failed.increment();
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    long answered() {
        return answered.sum();
    }

    long failed() {
        return failed.sum();
    }

    @Override
    public void close() {
        clock.shutdownNow();
        customers.shutdownNow();
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "orders");
        thread.setDaemon(true);
        return thread;
    }
}

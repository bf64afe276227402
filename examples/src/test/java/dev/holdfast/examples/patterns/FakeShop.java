// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A shop that answers, fails and takes its time as a test says. */
final class FakeShop implements Shop {
    /** Thrown by the next calls, one by each. */
    final Deque<RuntimeException> failures = new ArrayDeque<>();
    /** When each call began, since the clock's first reading. */
    final List<Duration> calls = new ArrayList<>();
    /** Who was asked for. */
    final List<String> users = new ArrayList<>();
    /** How often the money was taken, by order. */
    final Map<Order, Integer> paid = new HashMap<>();

    private final Map<String, Order> keys = new HashMap<>();
    private final VirtualTime time;
    Stock answer = new Stock(1, true);
    int status = 200;
    /** How long each call takes. */
    Duration takes = Duration.ZERO;
    /** Thrown when there are no other failures. */
    RuntimeException always;
    /** Thrown once by a payment that has done its work. */
    RuntimeException lostAnswer;
    /** Runs in the middle of each call. */
    Runnable meanwhile = () -> {};

    FakeShop(VirtualTime time) {
        this.time = time;
    }

    private void work() {
        calls.add(Duration.ofNanos(time.nanoTime()));
        try {
            time.sleep(takes);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException("interrupted", interrupted);
        }
        meanwhile.run();
        if (!failures.isEmpty()) {
            throw failures.remove();
        }
        if (always != null) {
            throw always;
        }
    }

    @Override
    public Stock stock(Sku sku) {
        work();
        return answer;
    }

    @Override
    public Stock stock(Sku sku, Duration timeout) {
        return stock(sku);
    }

    @Override
    public CompletableFuture<Stock> stockAsync(Sku sku) {
        return new CompletableFuture<>();
    }

    /** Hears no interrupt, and takes an hour unless it is aborted. */
    @Override
    public Request request(Sku sku) {
        return new Request() {
            private boolean aborted;

            @Override
            public Stock send() {
                long end = time.nanoTime() + Duration.ofHours(1).toNanos();
                while (!aborted && time.nanoTime() < end) {
                    try {
                        time.await(() -> aborted, end - time.nanoTime());
                    } catch (InterruptedException notHeard) {
                        // Deaf.
                    }
                }
                work();
                return answer;
            }

            @Override
            public void abort() {
                aborted = true;
            }
        };
    }

    @Override
    public Reply fetch(Sku sku) {
        work();
        return new Reply() {
            @Override
            public int status() {
                return status;
            }

            @Override
            public String header(String name) {
                return null;
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void pay(Order order) {
        pay(order, order + " " + calls.size());
    }

    @Override
    public void pay(Order order, String key) {
        work();
        if (keys.put(key, order) == null) {
            paid.merge(order, 1, Integer::sum);
        }
        RuntimeException lost = lostAnswer;
        if (lost != null) {
            lostAnswer = null;
            throw lost;
        }
    }

    @Override
    public Price price(Sku sku) {
        work();
        return new Price(99);
    }

    @Override
    public Profile profile(String user) {
        users.add(user);
        work();
        return new Profile(user);
    }
}

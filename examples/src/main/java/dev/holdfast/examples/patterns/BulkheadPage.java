// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Every Java block of the page on the bulkhead. */
final class BulkheadPage {
    private final Shop client;

    BulkheadPage(Shop client) {
        this.client = client;
    }

    Bulkhead smallest(Sku sku) {
        // tag: bulkhead-smallest
        Bulkhead bulkhead = Bulkhead.of("inventory", 10);

        Stock stock = bulkhead.call(() -> client.stock(sku));
        // end
        return stock.complete() ? bulkhead : Bulkhead.of("incomplete", 0);
    }

    Bulkhead reckoned() {
        // tag: bulkhead-guess-do
        Bulkhead bulkhead = Bulkhead.of("inventory", 10); // 100 a second, 50 ms each: 5, and as many to spare
        // end
        return bulkhead;
    }

    Bulkhead adaptive() {
        // tag: bulkhead-guess-do

        Bulkhead adaptive = Bulkhead.builder("inventory")
                .adaptive(Limits.between(1, 50).evidence())
                .build();
        // end
        return adaptive;
    }

    Bulkhead shortQueue() {
        // tag: bulkhead-queue-do
        Bulkhead bulkhead = Bulkhead.builder("inventory")
                .limit(10)
                .queue(20)
                .waitUpTo(Duration.ofMillis(100)) // less than the caller's own deadline leaves
                .lifo()
                .build();
        // end
        return bulkhead;
    }

    Bulkhead withThreads() {
        // tag: bulkhead-async-do
        Bulkhead bulkhead = Bulkhead.builder("inventory").limit(10).ownThreads().build();
        // end
        return bulkhead;
    }

    CompletableFuture<Stock> onItsThreads(Bulkhead bulkhead, Sku sku) {
        // tag: bulkhead-async-do

        CompletableFuture<Stock> stock = bulkhead.callAsync(() -> CompletableFuture.completedFuture(client.stock(sku)));
        // end
        return stock;
    }
}

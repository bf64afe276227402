// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.Budget;
import dev.holdfast.examples.patterns.Shop.Order;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.retry.Retry;
import java.util.List;
import java.util.UUID;

/** Every Java block of the page on the retry. */
final class RetryPage {
    private final Shop client;

    RetryPage(Shop client) {
        this.client = client;
    }

    Stock smallest(Sku sku) {
        // tag: retry-smallest
        Retry<Object> retry = Retry.ofDefaults("inventory");

        Stock stock = retry.call(() -> client.stock(sku));
        // end
        return stock;
    }

    void paysOnce(Order order) {
        // tag: retry-twice-do
        Retry<Object> retry = Retry.ofDefaults("bank");

        String key = UUID.randomUUID().toString(); // made once a payment, and not once an attempt
        retry.run(() -> client.pay(order, key));
        // end
    }

    List<Retry<Object>> withBudget() {
        // tag: retry-budget-do
        Budget budget = Budget.of(100, 0.1, 1); // one for all retries of this dependency

        Retry<Object> reads =
                Retry.builder("inventory reads").maxAttempts(5).budget(budget).build();
        Retry<Object> writes = Retry.builder("inventory writes").budget(budget).build();
        // end
        return List.of(reads, writes);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.Pipeline;
import dev.holdfast.examples.patterns.Shop.Order;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.failover.Failover;
import dev.holdfast.failover.Replicas;
import dev.holdfast.timeout.Timeout;
import java.net.http.HttpConnectTimeoutException;

/** Every Java block of the page on the failover. */
final class FailoverPage {
    private final Replicas<Shop> stocks;

    FailoverPage(Replicas<Shop> stocks) {
        this.stocks = stocks;
    }

    Stock smallest(Sku sku) {
        // tag: failover-smallest
        Failover<Object> failover =
                Failover.builder("inventory").over(stocks).repeatable().build(); // reads

        Stock stock = stocks.through(failover).call(node -> node.stock(sku));
        // end
        return stock;
    }

    void writes(Order order) {
        // tag: failover-writes
        Failover<Object> writes = Failover.builder("orders")
                .over(stocks)
                .notSent(failure -> failure instanceof HttpConnectTimeoutException)
                .build();

        stocks.through(writes).run(node -> node.pay(order));
        // end
    }

    Stock pipeline(Timeout total, Failover<Object> failover, Timeout each, Sku sku) {
        // tag: failover-pipeline
        Pipeline<Object> pipeline = Pipeline.of(total, failover, each);
        Stock stock = stocks.through(pipeline).call(node -> node.stock(sku));
        // end
        return stock;
    }
}

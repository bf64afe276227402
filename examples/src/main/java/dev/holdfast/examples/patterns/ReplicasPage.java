// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.Detector;
import dev.holdfast.Pipeline;
import dev.holdfast.Subscription;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.examples.readme.Inventory;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.failover.Ejection;
import dev.holdfast.failover.Failover;
import dev.holdfast.failover.Replicas;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/** Every Java block of the page on replicas. */
final class ReplicasPage {
    private final Inventory berlin;
    private final Inventory paris;
    private final Inventory dublin;

    ReplicasPage(Inventory berlin, Inventory paris, Inventory dublin) {
        this.berlin = berlin;
        this.paris = paris;
        this.dublin = dublin;
    }

    Stock smallest(Sku sku) {
        // tag: replicas-smallest
        Replicas<Inventory> stocks = Replicas.<Inventory>builder("inventory")
                .node("berlin", berlin)
                .node("paris", paris)
                .node("dublin", dublin)
                .build();

        Stock stock = stocks.call(node -> node.stock(sku));
        // end
        return stock;
    }

    Function<Sku, Stock> through(Replicas<Inventory> stocks, Timeout total, Timeout each) {
        // tag: replicas-through
        Failover<Object> failover =
                Failover.builder("inventory").over(stocks).repeatable().build();
        Function<Sku, Stock> stock =
                stocks.through(Pipeline.of(total, failover, each)).function(Inventory::stock);
        // end
        return stock;
    }

    Ejection ejection() {
        // tag: replicas-ejection
        Ejection eject = Ejection.afterFailures(5) // in a row
                .orWorseThanOthers(1.9, 0.05) // standard deviations below the mean of all nodes, and by 5 % at least
                .below(0.5) // or less than half of its calls succeed, whatever the others do
                .lasting(
                        Duration.ofSeconds(10),
                        Duration.ofMinutes(5)) // 10 s, 20 s, 30 s, ... each time that it is out again
                .atMost(0.5); // of the nodes: one at least, and never all
        // end
        return eject;
    }

    Pipeline<Object> timeouts(Replicas<Inventory> stocks, Timeout total, Timeout each) {
        // tag: replicas-timeouts
        Pipeline<Object> pipeline = Pipeline.of(total, stocks.balancer(), each); // each: the timeout of one attempt
        // end
        return pipeline;
    }

    Replicas<Inventory> standby(Detector<Inventory> detector, Inventory madrid) {
        // tag: replicas-standby
        Replicas<Inventory> stocks = Replicas.<Inventory>builder("inventory")
                .nodes(List.of(berlin, paris))
                .standby()
                .nodes(List.of(dublin))
                .guard(node ->
                        Bulkhead.builder("inventory at " + node).limit(20).build())
                .build();
        Subscription following = stocks.follow(detector);
        boolean changed = stocks.replace(List.of(berlin, madrid)); // who stays keeps statistics and policies
        // end
        following.cancel();
        return changed ? stocks : standby(detector, madrid);
    }

    Replicas<Inventory> named(Function<Inventory, String> addresses) {
        // tag: replicas-named
        Replicas<Inventory> stocks =
                Replicas.<Inventory>builder("inventory").nameOf(addresses).build();
        // end
        return stocks;
    }
}

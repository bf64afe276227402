// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.Lease;
import dev.holdfast.Pipeline;
import dev.holdfast.Targets;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.examples.readme.Inventory;
import dev.holdfast.examples.readme.Inventory.Reply;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.hedge.Hedge;
import java.util.List;

/** Every Java block of the page on the hedge. */
final class HedgePage {
    private final Shop client;

    HedgePage(Shop client) {
        this.client = client;
    }

    Stock smallest(Sku sku) {
        // tag: hedge-smallest
        Hedge<Object> hedge = Hedge.ofRepeatable("inventory"); // reads, which may be made twice

        Stock stock = hedge.call(() -> client.stock(sku));
        // end
        return stock;
    }

    Stock replicas(
            Inventory berlin, CircuitBreaker berlinBreaker, Inventory paris, CircuitBreaker parisBreaker, Sku sku) {
        // tag: hedge-replicas
        Targets<Inventory> replicas =
                Targets.inTurn(List.of(Lease.of(berlin, berlinBreaker), Lease.of(paris, parisBreaker)));
        Hedge<Object> hedge =
                Hedge.builder("inventory").repeatable().over(replicas).build();

        Stock stock = replicas.call(hedge, node -> node.stock(sku));
        // end
        return stock;
    }

    Hedge<Object> onlyReads() {
        // tag: hedge-only-reads
        Hedge<Object> hedge = Hedge.builder("shop")
                .repeatableIf(call -> call.argument().orElseThrow() instanceof Sku) // only reads are called with one
                .build();
        // end
        return hedge;
    }

    Pipeline<Reply> closing(Hedge<Object> hedge) {
        // tag: hedge-closing
        Pipeline<Reply> replies = Pipeline.of(hedge).discarding(Reply::close);
        // end
        return replies;
    }
}

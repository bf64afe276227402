// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.Lease;
import dev.holdfast.examples.patterns.Shop.Order;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.quorum.Vote;
import java.util.List;
import java.util.function.Function;

/** Every Java block of the page on the vote. */
final class VotePage {
    /** Says what something costs. */
    interface Feed {
        /** What it costs now. */
        Price quote(Sku item);
    }

    /** What something costs, and when that was. */
    record Price(long amount, long at) {}

    /** A way to somewhere. */
    record Route(List<String> stops) {
        boolean isFeasible() {
            return !stops.isEmpty();
        }
    }

    /** Finds a way. */
    interface Planner {
        /** A way for an order. */
        Route plan(Order order);
    }

    Price smallest(Feed first, Feed second, Feed third, Sku item) {
        // tag: vote-smallest
        Vote<Feed, Price> vote = Vote.builder("price", Price.class)
                .over(List.of( // three: one may lie
                        Lease.of(first).named("first"),
                        Lease.of(second).named("second"),
                        Lease.of(third).named("third")))
                .sameBy(Price::amount) // not by the time at which it was quoted
                .build();

        Price price = vote.call(feed -> feed.quote(item));
        // end
        return price;
    }

    Route versions(Planner fast, Planner exact, Planner old, Order order) {
        // tag: vote-versions
        Vote<Function<Order, Route>, Route> plan =
                Vote.versions("plan", fast::plan, exact::plan, old::plan).build();

        Route route = plan.call(version -> version.apply(order));
        // end
        return route;
    }
}

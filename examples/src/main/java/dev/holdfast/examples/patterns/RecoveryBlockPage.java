// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.examples.patterns.Shop.Order;
import dev.holdfast.examples.patterns.VotePage.Planner;
import dev.holdfast.examples.patterns.VotePage.Route;
import dev.holdfast.quorum.RecoveryBlock;
import java.util.function.Function;

/** Every Java block of the page on the recovery block. */
final class RecoveryBlockPage {
    /** Takes orders. */
    interface Booking {
        /** Takes one. */
        Receipt book(Order order);

        /** Takes it back, if there is one. */
        void cancel(Order order);
    }

    /** What was taken. */
    record Receipt(long fee, boolean isComplete) {}

    Route smallest(Planner fast, Planner exact, Order order) {
        // tag: block-smallest
        RecoveryBlock<Function<Order, Route>, Route> plan =
                RecoveryBlock.of("plan", Route::isFeasible, fast::plan, exact::plan);

        Route route = plan.call(way -> way.apply(order));
        // end
        return route;
    }

    RecoveryBlock<Booking, Receipt> undoing(Booking direct, Booking agency, Order order) {
        // tag: block-undoing
        RecoveryBlock<Booking, Receipt> booking = RecoveryBlock.<Booking, Receipt>builder("booking")
                .accept(Receipt::isComplete)
                .alternative("direct", direct)
                .alternative("agency", agency, receipt -> receipt.isComplete() && receipt.fee() < 10)
                .rollback((way, outcome) -> way.cancel(order))
                .build();
        // end
        return booking;
    }

    Route within(
            RecoveryBlock<Function<Order, Route>, Route> plan, Policy<Object> whole, Policy<Object> each, Order order) {
        // tag: block-within
        Pipeline<Route> pipeline = Pipeline.of(whole, plan, each); // a timeout around, and one for each way

        Route route = plan.call(pipeline, way -> way.apply(order));
        // end
        return route;
    }
}

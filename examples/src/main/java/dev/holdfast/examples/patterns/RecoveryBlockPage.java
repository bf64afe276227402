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
    Route smallest(Planner fast, Planner exact, Order order) {
        // tag: block-smallest
        RecoveryBlock<Function<Order, Route>, Route> plan =
                RecoveryBlock.of("plan", Route::isFeasible, fast::plan, exact::plan);

        Route route = plan.call(way -> way.apply(order));
        // end
        return route;
    }

    RecoveryBlock<Planner, Route> named(Planner fast, Planner exact) {
        // tag: block-named
        RecoveryBlock<Planner, Route> plan = RecoveryBlock.<Planner, Route>builder("plan")
                .accept(Route::isFeasible)
                .alternative(
                        "fast",
                        fast,
                        route -> route.isFeasible() && route.stops().size() < 10)
                .alternative("exact", exact)
                .build();
        // end
        return plan;
    }

    Route within(
            RecoveryBlock<Function<Order, Route>, Route> plan, Policy<Object> whole, Policy<Object> each, Order order) {
        // tag: block-within
        Pipeline<Route> pipeline = Pipeline.of(whole, plan, each); // a timeout around, and one for each way

        Route route = plan.call(pipeline, way -> way.apply(order));
        // end
        return route;
    }

    record Trip(String id) {}

    record Booking(String number) {}

    interface Airline {
        Booking book(Trip trip);

        void cancel(String id);
    }

    Booking changes(RecoveryBlock<Airline, Booking> flights, Trip trip) {
        // tag: block-rollback
        Booking booking = flights.call(
                airline -> airline.book(trip), // may fail, or give a booking that is not accepted
                airline -> airline.cancel(trip.id()));
        // end
        return booking;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import dev.holdfast.Checked;
import dev.holdfast.RejectedException;
import dev.holdfast.availability.Availability;
import dev.holdfast.availability.Evidence;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.guard.Guard;
import dev.holdfast.micrometer.HoldfastMeters;
import java.io.IOException;
import java.util.function.IntConsumer;

/** The same calls through a guard of which nothing is set. It knows no other answer: what is not let in fails. */
final class GuardStocks implements Stocks {
    private final Guard guard = Guard.of("stock");
    private final Bulkhead limit = guard.limit().orElseThrow();
    private final Checked.Function<String, Integer, IOException> stock;

    /**
     * Calls nobody yet.
     *
     * @param client who asks the service
     * @param limits takes the limit of calls in flight, and every new one
     */
    GuardStocks(StockClient client, IntConsumer limits) {
        limits.accept(limit.report().limit());
        limit.on(Bulkhead.LimitChanged.class, change -> limits.accept(change.to()));
        stock = guard.checkedFunction(client::stock);
    }

    @Override
    public Answer stock(String sku) throws IOException {
        try {
            return new Answer(stock.apply(sku), false);
        } catch (RejectedException e) {
            throw new IOException("not let in", e);
        }
    }

    @Override
    public Watch watched(HoldfastMeters meters) {
        return Watch.of(meters, guard, Availability.of(limit), () -> Evidence.ofCallers(limit));
    }

    @Override
    public String toString() {
        return guard.toString();
    }
}

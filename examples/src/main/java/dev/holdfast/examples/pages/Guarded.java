// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.pages;

import dev.holdfast.Criticality;
import dev.holdfast.Pipeline;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.examples.readme.Inventory;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.guard.Guard;
import java.time.Duration;
import java.util.Map;

/** The code of {@code docs/guard.md}. */
final class Guarded {
    private Guarded() {}

    static Stock smallest(Inventory client, Sku sku) {
        // tag: guard-smallest
        Guard inventory = Guard.of("inventory"); // in a field: what it learns belongs to it

        Stock stock = inventory.call(() -> client.stock(sku));
        // end
        return stock;
    }

    static Guard settings() {
        // tag: guard-settings
        Guard payments = Guard.builder("payments")
                .deadline(Duration.ofSeconds(2)) // the whole call
                .attemptTimeout(Duration.ofMillis(500)) // each attempt
                .withoutRetry() // a payment is made once
                .limit(limit -> limit.adaptive(Limits.between(1, 50).evidence())) // never more than 50 in flight
                .build();
        // end
        return payments;
    }

    static Guard lessCritical(Guard inventory) {
        // tag: guard-criticality
        Guard reports = inventory.withCriticality(Criticality.SHEDDABLE); // may be left out
        // end
        return reports;
    }

    static String learned(Guard inventory) {
        // tag: guard-learned
        Bulkhead limit = inventory.limit().orElseThrow();
        Bulkhead.Report now = limit.report(); // calls in flight, calls that wait, and how many may be in flight
        Map<String, Double> learned = limit.learned(); // usual, fails-after (seconds), bad-share
        // end
        return now + " " + learned;
    }

    static Pipeline<Stock> withFallback(Fallback<Stock> fallback, Guard inventory) {
        // tag: guard-fallback
        Pipeline<Stock> pipeline = Pipeline.of(fallback, inventory);
        // end
        return pipeline;
    }
}

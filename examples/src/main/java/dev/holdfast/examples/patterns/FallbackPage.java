// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.Pipeline;
import dev.holdfast.examples.patterns.Shop.Profile;
import dev.holdfast.examples.readme.Inventory;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.fallback.Fallback;
import java.time.Duration;
import java.util.function.Function;

/** Every Java block of the page on the fallback. */
final class FallbackPage {
    private final Shop client;

    FallbackPage(Shop client) {
        this.client = client;
    }

    Function<Sku, Stock> smallest() {
        // tag: fallback-smallest
        Fallback<Stock> fallback = Fallback.builder("inventory", Stock.class)
                .lastGoodPerArgument(Duration.ofMinutes(1), 1_000)
                .build();

        Function<Sku, Stock> stock = fallback.function(client::stock);
        // end
        return stock;
    }

    Fallback<Stock> otherDependency(Inventory backup, Pipeline<Object> guarded) {
        // tag: fallback-same-do
        Fallback<Stock> fallback = Fallback.builder("inventory", Stock.class)
                .callWith(call ->
                        guarded.call(() -> backup.stock((Sku) call.argument().orElseThrow())))
                .value(new Stock(0, false)) // in case that the backup fails, too
                .build();
        // end
        return fallback;
    }

    Fallback<Profile> forEverybody() {
        // tag: fallback-user-dont
        Fallback<Profile> fallback = Fallback.builder("profiles", Profile.class)
                .lastGood(Duration.ofMinutes(1))
                .build();
        // end
        return fallback;
    }

    Profile forEverybody(Fallback<Profile> fallback, String user) {
        // tag: fallback-user-dont

        Profile profile = fallback.call(() -> client.profile(user)); // may be the profile of the user before
        // end
        return profile;
    }

    Function<String, Profile> forEachUser() {
        // tag: fallback-user-do
        Fallback<Profile> fallback = Fallback.builder("profiles", Profile.class)
                .lastGoodPerArgument(Duration.ofMinutes(1), 1_000)
                .build();

        Function<String, Profile> profile = fallback.function(client::profile); // the user is the argument
        // end
        return profile;
    }
}

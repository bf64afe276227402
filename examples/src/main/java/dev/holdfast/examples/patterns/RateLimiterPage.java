// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.Pipeline;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.ratelimiter.KeyedRateLimiter;
import dev.holdfast.ratelimiter.RateLimiter;
import java.time.Duration;

/** Every Java block of the page on the rate limiter. */
final class RateLimiterPage {
    private final Shop client;

    RateLimiterPage(Shop client) {
        this.client = client;
    }

    RateLimiter smallest(Sku sku) {
        // tag: limiter-smallest
        RateLimiter limiter = RateLimiter.builder("inventory")
                .limit(100, Duration.ofSeconds(1))
                .build();

        Stock stock = limiter.call(() -> client.stock(sku));
        // end
        return stock.complete() ? limiter : limiter.permits(2);
    }

    RateLimiter withinAQuota() {
        // tag: limiter-quota
        RateLimiter limiter = RateLimiter.builder("inventory")
                .limit(90, Duration.ofSeconds(1))
                .burst(10) // 90 and 10: in no second more than 100
                .build();
        // end
        return limiter;
    }

    RateLimiter severalLimits() {
        // tag: limiter-and
        RateLimiter limiter = RateLimiter.builder("inventory")
                .limit(10, Duration.ofSeconds(1))
                .and(1_000, Duration.ofHours(1))
                .build();
        // end
        return limiter;
    }

    RateLimiter boundedBurst() {
        // tag: limiter-window-do
        RateLimiter limiter = RateLimiter.builder("inventory")
                .limit(100, Duration.ofSeconds(1))
                .burst(10) // at most 110 in any second
                .build();
        // end
        return limiter;
    }

    RateLimiter impatient() {
        // tag: limiter-wait-do
        RateLimiter limiter = RateLimiter.builder("inventory")
                .limit(100, Duration.ofSeconds(1))
                .waitUpTo(Duration.ofMillis(50))
                .build();
        // end
        return limiter;
    }

    KeyedRateLimiter<String> keyed() {
        // tag: limiter-keys-do
        KeyedRateLimiter<String> users =
                RateLimiter.builder("users").limit(5, Duration.ofSeconds(1)).keyed(100_000);
        // end
        return users;
    }

    Stock keyed(KeyedRateLimiter<String> users, Pipeline<Object> pipeline, String user, Sku sku) {
        // tag: limiter-keys-do

        Stock stock = users.get(user).call(() -> pipeline.call(() -> client.stock(sku)));
        // end
        return stock;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.Pipeline;
import dev.holdfast.examples.readme.Inventory.Request;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;

/** Every Java block of the page on the timeout. */
final class TimeoutPage {
    private final Shop client;

    TimeoutPage(Shop client) {
        this.client = client;
    }

    Stock smallest(Sku sku) {
        // tag: timeout-smallest
        Timeout timeout = Timeout.of("inventory", Duration.ofMillis(400));

        Stock stock = timeout.call(() -> client.stock(sku));
        // end
        return stock;
    }

    Stock aborted(Timeout timeout, Sku sku) {
        // tag: timeout-deaf-do
        Stock stock = timeout.callWith(call -> {
            Request request = client.request(sku);
            call.onAbandon(request::abort); // at the deadline; or let the client know the time: call.timeLeft()
            return request.send();
        });
        // end
        return stock;
    }

    Pipeline<Object> equal(Retry<Object> retry) {
        // tag: timeout-equal-dont
        Timeout whole = Timeout.of("inventory", Duration.ofSeconds(2));
        Timeout attempt = Timeout.of("inventory attempt", Duration.ofSeconds(2));

        Pipeline<Object> pipeline = Pipeline.of(whole, retry, attempt); // no time left for a second attempt
        // end
        return pipeline;
    }

    Pipeline<Object> fitting(Retry<Object> retry) {
        // tag: timeout-equal-do
        Timeout whole = Timeout.of("inventory", Duration.ofSeconds(2));
        Timeout attempt =
                Timeout.of("inventory attempt", Duration.ofMillis(500)); // 3 attempts, and 2 waits between them

        Pipeline<Object> pipeline = Pipeline.of(whole, retry, attempt);
        // end
        return pipeline;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.readme;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The service that the README's examples call. */
public interface Inventory {
    /** A product's number. */
    record Sku(String number) {}

    /** What is in stock. */
    record Stock(int pieces, boolean complete) {}

    /** What goes over a wire that cannot be wrapped. */
    interface Connection {
        void send(Sku sku) throws IOException;
    }

    /** What is on its way, and hears no interrupt. */
    interface Request {
        Stock send();

        /** Ends it, from any thread. */
        void abort();
    }

    /** An answer as a client of HTTP gives it. */
    interface Reply extends AutoCloseable {
        int status();

        /** A header, or {@code null}. */
        @Nullable String header(String name);

        @Override
        void close();
    }

    /** A server that says when to come back. */
    final class BusyException extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final Duration retryAfter;

        /** A server asked to come back after this time. */
        public BusyException(Duration retryAfter) {
            super("busy, retry after " + retryAfter);
            this.retryAfter = retryAfter;
        }

        /** When to come back. */
        public Duration retryAfter() {
            return retryAfter;
        }
    }

    /** An answer that shows a healthy service. */
    final class UnknownSkuException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    Stock stock(Sku sku);

    Stock stock(Sku sku, Duration timeout);

    CompletableFuture<Stock> stockAsync(Sku sku);

    Request request(Sku sku);
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.io.IOException;

/** Calls as they are often written by hand: what fails is tried again, at once. */
final class BareStocks implements Stocks {
    private final StockClient client;
    private final int attempts;

    /**
     * Calls nobody yet.
     *
     * @param client who asks the service
     * @param attempts how often at most, the first one included
     */
    BareStocks(StockClient client, int attempts) {
        this.client = client;
        this.attempts = attempts;
    }

    @Override
    public Answer stock(String sku) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return new Answer(client.stock(sku), false);
            } catch (IOException e) {
                if (attempt == attempts) {
                    throw e;
                }
            }
        }
    }
}

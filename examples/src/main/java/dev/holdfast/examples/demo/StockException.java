// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.io.IOException;

/** The stock service answered, but not with a stock. */
final class StockException extends IOException {
    private static final long serialVersionUID = 1L;

    StockException(int status) {
        super("HTTP " + status);
    }
}

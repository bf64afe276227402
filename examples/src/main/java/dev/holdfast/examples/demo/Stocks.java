// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.io.IOException;

/** What all kinds of callers call. */
interface Stocks {
    Answer stock(String sku) throws IOException;
}

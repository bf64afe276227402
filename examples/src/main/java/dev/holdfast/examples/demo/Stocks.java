// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import dev.holdfast.micrometer.HoldfastMeters;
import java.io.IOException;

/** What all kinds of callers call. */
interface Stocks {
    Answer stock(String sku) throws IOException;

    /**
     * Shows the numbers of what they call through; those who call through nothing have none.
     *
     * @param meters where
     * @return takes them away again
     */
    default Watch watched(HoldfastMeters meters) {
        return Watch.NONE;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import java.io.IOException;

/** A client as an application wraps it. */
interface Client extends AutoCloseable {
    /**
     * Makes one guarded call, and waits for it if it is asynchronous.
     *
     * @param number tells the plan what happens to the call
     * @return {@code "answer NUMBER"}
     */
    String get(int number) throws Exception;

    /** How many connections are out, as far as the client tells. */
    default int busy() {
        return 0;
    }

    @Override
    void close() throws IOException;
}

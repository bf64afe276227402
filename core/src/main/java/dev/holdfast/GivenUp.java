// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.CancellationException;

/** What gates hear of a call that nobody waits for any more. It says all with its type. */
final class GivenUp extends CancellationException {
    private static final long serialVersionUID = 1L;

    GivenUp() {
        super("nobody waits for this call any more");
    }

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // Nothing is filled in.
    public Throwable fillInStackTrace() {
        return this;
    }
}

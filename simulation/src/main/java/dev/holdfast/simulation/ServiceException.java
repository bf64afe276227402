// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import java.io.IOException;

/** A simulated service has answered by an error. Has no stack trace: there would be a hundred thousand of the same. */
public final class ServiceException extends IOException {
    private static final long serialVersionUID = 1L;

    /** The kind of error, as HTTP has them. */
    private final int status;

    ServiceException(String service, int status) {
        super(service + " answered " + status);
        this.status = status;
    }

    /**
     * The kind of error, as HTTP has them.
     *
     * @return 500: it could not; 502: what it called could not; 503: its line is full
     */
    public int status() {
        return status;
    }

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // It does nothing that needs a lock.
    public Throwable fillInStackTrace() {
        return this;
    }
}

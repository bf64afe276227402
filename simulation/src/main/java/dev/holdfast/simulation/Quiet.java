// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;

/** The exceptions of a network as clients know them, without stack traces: there would be a hundred thousand of the same. */
final class Quiet {
    private Quiet() {}

    /** Nobody listens. */
    static final class Refused extends ConnectException {
        private static final long serialVersionUID = 1L;

        Refused(String service) {
            super(service + ": connection refused");
        }

        @Override
        @SuppressWarnings("UnsynchronizedOverridesSynchronized") // It does nothing that needs a lock.
        public Throwable fillInStackTrace() {
            return this;
        }
    }

    /** Who listened is gone. */
    static final class Reset extends SocketException {
        private static final long serialVersionUID = 1L;

        Reset(String service) {
            super(service + ": connection reset");
        }

        @Override
        @SuppressWarnings("UnsynchronizedOverridesSynchronized") // It does nothing that needs a lock.
        public Throwable fillInStackTrace() {
            return this;
        }
    }

    /** Nothing came in time. */
    static final class NoAnswer extends SocketTimeoutException {
        private static final long serialVersionUID = 1L;

        NoAnswer(String service) {
            super(service + ": no answer in time");
        }

        @Override
        @SuppressWarnings("UnsynchronizedOverridesSynchronized") // It does nothing that needs a lock.
        public Throwable fillInStackTrace() {
            return this;
        }
    }
}

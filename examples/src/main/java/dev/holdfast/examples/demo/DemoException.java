// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

/** The demo cannot go on, for a reason that one line explains. */
final class DemoException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DemoException(String message) {
        super(message);
    }

    DemoException(String message, Throwable cause) {
        super(message, cause);
    }
}

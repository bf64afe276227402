// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

/** This machine has not what a drill needs: no fault of anything that is drilled. */
final class CannotRunException extends Exception {
    private static final long serialVersionUID = 1L;

    CannotRunException(String message, Throwable cause) {
        super(message, cause);
    }
}

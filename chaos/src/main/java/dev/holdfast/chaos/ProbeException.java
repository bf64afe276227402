// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

/** A probe gave what is none of what it may give. */
final class ProbeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ProbeException(String message) {
        super(message, null, false, false);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import org.jspecify.annotations.Nullable;

/** A law that does not hold, and why. */
final class BrokenLaw extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final Law law;

    BrokenLaw(Law law, String details) {
        this(law, details, null);
    }

    BrokenLaw(Law law, String details, @Nullable Throwable cause) {
        super(details, cause, false, false);
        this.law = law;
    }
}

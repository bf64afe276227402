// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import dev.holdfast.RejectedException;

/** Another policy's refusal. */
final class Refusal extends RejectedException {
    private static final long serialVersionUID = 1L;

    Refusal() {
        super("breaker", UNKNOWN);
    }
}

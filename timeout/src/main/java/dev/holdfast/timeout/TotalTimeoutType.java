// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

/** What can be set of a {@link Timeout} for a whole call, with all its attempts and waits, without code. */
public final class TotalTimeoutType extends AnyTimeoutType {
    /** For the service loader. */
    public TotalTimeoutType() {
        super("total-timeout", 200);
    }
}

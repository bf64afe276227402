// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

/** What can be set of a {@link Timeout} for each attempt without code. */
public final class TimeoutType extends AnyTimeoutType {
    /** For the service loader. */
    public TimeoutType() {
        super("timeout", 600);
    }
}

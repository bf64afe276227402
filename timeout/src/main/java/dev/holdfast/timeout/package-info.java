/** Timeouts: see {@link dev.holdfast.timeout.Timeout}. */
@NullMarked
package dev.holdfast.timeout;

import org.jspecify.annotations.NullMarked;

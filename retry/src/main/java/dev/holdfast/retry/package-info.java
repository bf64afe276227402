/** Retries: see {@link dev.holdfast.retry.Retry}. */
@NullMarked
package dev.holdfast.retry;

import org.jspecify.annotations.NullMarked;

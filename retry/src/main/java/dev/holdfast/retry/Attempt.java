// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import org.jspecify.annotations.Nullable;

/**
 * An attempt that has failed, for rules that look at more than its outcome.
 *
 * @param <R> the results that are looked at
 * @param number counted from 1
 * @param value the result, if nothing was thrown
 * @param failure what was thrown, or {@code null} when there is a result
 */
public record Attempt<R extends @Nullable Object>(int number, @Nullable R value, @Nullable Throwable failure) {}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import org.jspecify.annotations.Nullable;

/**
 * What a fallback replaces.
 *
 * @param <R> the call's results
 * @param value the result, if nothing was thrown
 * @param failure what was thrown, or {@code null} when there is a result
 */
public record Failed<R extends @Nullable Object>(@Nullable R value, @Nullable Throwable failure) {}

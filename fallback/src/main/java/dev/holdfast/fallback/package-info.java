/** Fallbacks: see {@link dev.holdfast.fallback.Fallback}. */
@NullMarked
package dev.holdfast.fallback;

import org.jspecify.annotations.NullMarked;

/** The bulkhead: see {@link dev.holdfast.bulkhead.Bulkhead}. */
@NullMarked
package dev.holdfast.bulkhead;

import org.jspecify.annotations.NullMarked;

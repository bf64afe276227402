/**
 * Not part of the API: what the modules of Holdfast share and nobody else is to use. Only they can read this package, and it changes
 * in any version without notice. It knows nothing of the rest of Holdfast.
 */
@NullMarked
package dev.holdfast.internal;

import org.jspecify.annotations.NullMarked;

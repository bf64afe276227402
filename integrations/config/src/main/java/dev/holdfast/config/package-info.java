/** Pipelines from settings: see {@link dev.holdfast.config.Guards}. */
@NullMarked
package dev.holdfast.config;

import org.jspecify.annotations.NullMarked;

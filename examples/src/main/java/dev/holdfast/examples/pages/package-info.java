/** The examples of pages that are about no single pattern. */
@NullMarked
package dev.holdfast.examples.pages;

import org.jspecify.annotations.NullMarked;

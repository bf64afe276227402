/** Virtual time, for tests of code that uses Holdfast. */
@NullMarked
package dev.holdfast.testkit;

import org.jspecify.annotations.NullMarked;

/** A client for HTTP, as an application has one: see {@code docs/http.md}. */
@NullMarked
package dev.holdfast.examples.http;

import org.jspecify.annotations.NullMarked;

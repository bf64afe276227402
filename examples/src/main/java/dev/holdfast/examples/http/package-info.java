/** A client for HTTP, as an application has one: see {@code docs/http.md}. */
package dev.holdfast.examples.http;

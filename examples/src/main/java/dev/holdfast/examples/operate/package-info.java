// SPDX-License-Identifier: Apache-2.0
/** A program whose policies Prometheus watches: what {@code docs/operate} shows, and what the dashboard and the alerts are tried on. */
@NullMarked
package dev.holdfast.examples.operate;

import org.jspecify.annotations.NullMarked;

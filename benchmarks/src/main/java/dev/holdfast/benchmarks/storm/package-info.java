// SPDX-License-Identifier: Apache-2.0
/** What a service still does during an outage, and how soon it is back, on real processes: Holdfast beside its peers. */
@NullMarked
package dev.holdfast.benchmarks.storm;

import org.jspecify.annotations.NullMarked;

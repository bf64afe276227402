// SPDX-License-Identifier: Apache-2.0
/**
 * Failover and balancing: see {@link dev.holdfast.failover.Replicas} for which node gets a call, and {@link dev.holdfast.failover.Failover}
 * for the next one when it fails.
 */
@NullMarked
package dev.holdfast.failover;

import org.jspecify.annotations.NullMarked;

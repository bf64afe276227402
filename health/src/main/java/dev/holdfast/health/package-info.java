// SPDX-License-Identifier: Apache-2.0
/**
 * Who is up: see {@link dev.holdfast.health.Heartbeats} and {@link dev.holdfast.health.Probes} for the nodes that a process calls,
 * {@link dev.holdfast.health.Healing} for those that stay away, and {@link dev.holdfast.health.Health} for the process itself.
 */
@NullMarked
package dev.holdfast.health;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0
/**
 * What policies do to a service in an outage. A {@link dev.holdfast.simulation.World} of servers, networks, clients and faults is
 * modelled; the policies in it are the real ones, on virtual time.
 */
@NullMarked
package dev.holdfast.simulation;

import org.jspecify.annotations.NullMarked;

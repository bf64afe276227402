// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.Policy;
import org.jspecify.annotations.Nullable;

/**
 * Makes the policies of each client: one of {@link Clients}, or a node of a service that calls another. Those that it makes need no
 * environment said, they get the simulation's.
 *
 * <pre>{@code
 * Policies ours = (caller, service) -> Pipeline.of(Retry.ofDefaults(service), CircuitBreaker.ofDefaults(service));
 * }</pre>
 */
@FunctionalInterface
public interface Policies {
    /** No policy: each call is one request. */
    Policies NONE = (caller, service) -> null;

    /**
     * Makes the policies of one client for one service. Runs once for each, and in each run again.
     *
     * @param caller who calls: {@code "client 0"} and so on, or {@code "stock 0"} for a node of a service
     * @param service whom
     * @return new policies, or {@code null} for none
     */
    @Nullable Policy<? super Reply> of(String caller, String service);
}

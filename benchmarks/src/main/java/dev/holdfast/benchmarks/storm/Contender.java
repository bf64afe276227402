// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import dev.holdfast.simulation.Policies;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** A way to make calls: policies of a library, with certain settings. */
interface Contender {
    /** What its row is called. */
    String name();

    /** How it was configured, in one line. */
    String settings();

    /** Makes a client, with policies that it shares with nobody. */
    Client client();

    /** The same policies for a simulation; empty for libraries that know no time but the machine's. */
    default Optional<Policies> simulated() {
        return Optional.empty();
    }

    /** The name as it is written in arguments: lower case, with hyphens. */
    default String id() {
        return name().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    }

    /** One client's policies. They are used by many threads at once. */
    @FunctionalInterface
    interface Client {
        /**
         * Makes a call: sends the request as often as the policies say, none included.
         *
         * @return the request's result
         * @throws Exception the last failure of the request, or the refusal of a policy
         */
        Integer call(Callable<Integer> request) throws Exception;
    }

    /** A contender of which everything is said here. */
    static Contender of(String name, String settings, Supplier<Client> clients) {
        return of(name, settings, clients, Optional.empty());
    }

    /** One that can be simulated. */
    static Contender of(String name, String settings, Supplier<Client> clients, Optional<Policies> simulated) {
        record Given(String name, String settings, Supplier<Client> clients, Optional<Policies> simulated)
                implements Contender {
            @Override
            public Client client() {
                return clients.get();
            }
        }
        return new Given(name, settings, clients, simulated);
    }
}

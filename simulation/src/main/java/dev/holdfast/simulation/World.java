// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.Policy;
import dev.holdfast.internal.Durations;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What policies are tried in: services, who calls them, and what goes wrong. Immutable, and safe to use from several threads at once.
 *
 * <pre>{@code
 * World world = World.of(
 *                 Service.of("stock", 8, Times.constant(Duration.ofMillis(20))),
 *                 Clients.poisson("stock", 280).count(40))
 *         .with(Fault.stall("stock").from(Duration.ofSeconds(10)).lasting(Duration.ofSeconds(30)))
 *         .lasting(Duration.ofSeconds(60));
 *
 * Run run = world.run(1, () -> Pipeline.of(retry.build(), breaker.build()));
 * assert run.recovery().get().compareTo(Duration.ofSeconds(1)) <= 0;
 * }</pre>
 *
 * <p>A run with the same seed and the same policies is the same in each of its numbers. Policies run on one thread on virtual time, by
 * their asynchronous forms, so bulkheads and timeouts in it must have no threads of their own.
 */
public final class World {
    private static final Duration USUAL_LENGTH = Duration.ofSeconds(40);

    private final List<Service> services;
    private final List<Clients> clients;
    private final List<Fault> faults;
    private final Duration length;

    private World(List<Service> services, List<Clients> clients, List<Fault> faults, Duration length) {
        this.services = List.copyOf(services);
        this.clients = List.copyOf(clients);
        this.faults = List.copyOf(faults);
        this.length = length;
    }

    /**
     * A world of one service, where nothing goes wrong, for 40 seconds.
     *
     * @param service what is called
     * @param clients who calls it
     * @return a world
     * @throws IllegalArgumentException if the clients call another service
     */
    public static World of(Service service, Clients clients) {
        return new World(List.of(service), List.of(), List.of(), USUAL_LENGTH).with(clients);
    }

    /**
     * One service more.
     *
     * @param service with a name that no other has
     * @return another world
     */
    public World with(Service service) {
        Require.nonNull(service, "service");
        if (find(service.name()) != null) {
            throw new IllegalArgumentException(
                    "service: " + service.name() + " (expected: a name that is not there yet)");
        }
        return new World(plus(services, service), clients, faults, length);
    }

    /**
     * More clients.
     *
     * @param more of a service of this world
     * @return another world
     */
    public World with(Clients more) {
        requireKnown(more.service());
        return new World(services, plus(clients, more), faults, length);
    }

    /**
     * One fault more.
     *
     * @param fault of a service of this world
     * @return another world
     */
    public World with(Fault fault) {
        Service service = requireKnown(fault.service());
        Require.range(fault.node(), -1, service.nodes() - 1, "node of " + fault);
        return new World(services, clients, plus(faults, fault), length);
    }

    /**
     * How long clients go on calling. Calls that are under way then are waited for.
     *
     * @param time a second or longer; default: 40 seconds
     * @return another world
     */
    public World lasting(Duration time) {
        Require.nanosAtLeast(time, Duration.ofSeconds(1), "lasting");
        return new World(services, clients, faults, time);
    }

    /**
     * Lets it happen.
     *
     * @param seed which of all runs; the same seed draws the same calls and times
     * @param policies asked once for each client, and for each node that calls another service
     * @return what happened
     */
    public Run run(long seed, Policies policies) {
        return new Simulation(this, seed, Require.nonNull(policies, "policies")).run();
    }

    /**
     * Lets it happen, with policies that are made alike for all clients.
     *
     * @param seed which of all runs
     * @param policies makes those of one client
     * @return what happened
     */
    public Run run(long seed, Supplier<? extends Policy<? super Reply>> policies) {
        Require.nonNull(policies, "policies");
        return run(seed, (caller, service) -> policies.get());
    }

    /**
     * The share of calls that could be answered by somebody who knows all in advance: as many in each second as come, or as workers can
     * answer. Of services behind others it is the least that counts. Nobody reaches it, since calls do not come evenly.
     *
     * @return 0 to 1
     */
    public double ceiling() {
        double offered = 0;
        double possible = 0;
        int steps = (int) Math.min(100_000, length.toMillis() / 10);
        for (int i = 0; i < steps; i++) {
            long now = i * 10_000_000L;
            double load = loadAt(now);
            offered += load;
            possible += Math.min(load, capacityAt(now));
        }
        return offered == 0 ? 1 : possible / offered;
    }

    private double loadAt(long now) {
        double load = 0;
        for (Clients each : clients) {
            load += rate(each, now);
        }
        return load;
    }

    private double capacityAt(long now) {
        double least = Double.MAX_VALUE;
        for (Service service : services) {
            double capacity = 0;
            for (int node = 0; node < service.nodes(); node++) {
                double left = service.capacity() / service.nodes();
                for (Fault fault : faults) {
                    if (fault.service().equals(service.name()) && fault.happensTo(node) && fault.isOn(now)) {
                        left *= fault.whatIsLeft();
                    }
                }
                capacity += left;
            }
            least = Math.min(least, capacity);
        }
        return least;
    }

    /** Calls a second that open-loop clients make at a time. */
    double rate(Clients of, long now) {
        double rate = of.isClosed() ? of.count() : of.rate();
        for (Fault fault : faults) {
            if (fault.service().equals(of.service()) && fault.isOn(now)) {
                rate *= fault.load();
            }
        }
        return rate;
    }

    private Service requireKnown(String name) {
        Service found = find(name);
        if (found == null) {
            throw new IllegalArgumentException("service: " + name + " (expected: one of "
                    + services.stream().map(Service::name).toList() + ")");
        }
        return found;
    }

    private @Nullable Service find(String name) {
        return services.stream()
                .filter(service -> service.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    private static <T> List<T> plus(List<T> some, T more) {
        List<T> all = new ArrayList<>(some);
        all.add(Require.nonNull(more, "what is added"));
        return all;
    }

    List<Service> services() {
        return services;
    }

    List<Clients> clients() {
        return clients;
    }

    List<Fault> faults() {
        return faults;
    }

    long lengthNanos() {
        return length.toNanos();
    }

    @Override
    public String toString() {
        return String.join(
                        "; ",
                        Stream.of(services, clients, faults)
                                .flatMap(List::stream)
                                .map(Object::toString)
                                .toList())
                + "; " + Durations.write(length);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.Policy;
import dev.holdfast.internal.Durations;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
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
    private static final Duration LONGEST = Duration.ofDays(1);

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
        return new World(List.of(Require.nonNull(service, "service")), List.of(), List.of(), USUAL_LENGTH)
                .with(clients);
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
        requireKnown(Require.nonNull(more, "clients").service());
        return new World(services, plus(clients, more), faults, length);
    }

    /**
     * One fault more.
     *
     * @param fault of a service of this world
     * @return another world
     */
    public World with(Fault fault) {
        Service service = requireKnown(Require.nonNull(fault, "fault").service());
        if (fault.node() >= 0) {
            Require.range(fault.node(), 0, service.nodes() - 1, "node of " + fault);
        }
        return new World(services, clients, plus(faults, fault), length);
    }

    /**
     * How long clients go on calling. Calls that are under way then are waited for.
     *
     * @param time a second to a day; default: 40 seconds
     * @return another world
     */
    public World lasting(Duration time) {
        Require.nanosAtLeast(time, Duration.ofSeconds(1), "lasting");
        if (time.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("lasting: " + time + " (expected: at most " + LONGEST + ")");
        }
        return new World(services, clients, faults, time);
    }

    /**
     * Lets it happen.
     *
     * @param seed which of all runs; the same seed draws the same calls and times
     * @param policies asked once for each client, and for each node that calls another service
     * @return what happened
     * @throws IllegalArgumentException if a service calls one that is not there, or itself, or if policies have another environment
     * @throws IllegalStateException if a policy waits on the thread of the simulation, or calls from another
     */
    public Run run(long seed, Policies policies) {
        Require.nonNull(policies, "policies");
        return run(simulation -> simulation.through(policies), seed);
    }

    /**
     * Lets it happen, with clients that choose themselves which node they call.
     *
     * @param seed which of all runs; the same seed draws the same calls and times
     * @param balancers asked once for each client, and for each node that calls another service
     * @return what happened, without meters
     * @throws IllegalArgumentException if a service calls one that is not there, or itself
     * @throws IllegalStateException if somebody waits on the thread of the simulation, or calls from another
     */
    public Run run(long seed, Balancers balancers) {
        Require.nonNull(balancers, "balancers");
        return run(simulation -> simulation.by(balancers), seed);
    }

    private Run run(Function<Simulation, Simulation.Ways> ways, long seed) {
        services.forEach(service -> chain(service.name()));
        return new Simulation(this, seed, ways).run();
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
     * The share of calls that could be answered by somebody who knows all in advance: as many at each moment as come, or as workers can
     * answer, who are busy until what they call has ended. Of services behind others it is the least that counts. Hardly anybody reaches it, since calls do not come evenly; calls that
     * outlast a fault, because they are repeated until it is over, are not in it.
     *
     * @return 0 to 1
     */
    public double ceiling() {
        return ceiling(Duration.ZERO, length);
    }

    /**
     * {@link #ceiling()} of the calls made in a part of the run.
     *
     * @param from the beginning of the part
     * @param to its end
     * @return 0 to 1; 1 where no call is made
     */
    public double ceiling(Duration from, Duration to) {
        return new Ceiling(this)
                .between(Require.nanosAtLeast(from, Duration.ZERO, "from"), Require.nanosAtLeast(to, from, "to"));
    }

    /** The ceiling of one second. */
    double ceilingOf(int second) {
        return ceiling(Duration.ofSeconds(second), Duration.ofSeconds(second + 1L));
    }

    /** Calls a second that clients of an open loop make at a time. */
    double rate(Clients of, long now) {
        double rate = of.rate();
        for (Fault fault : faults) {
            if (fault.service().equals(of.service()) && fault.isOn(now)) {
                rate *= fault.load();
            }
        }
        return rate;
    }

    /** A service, the one that it calls, the one that this calls, and so on. */
    List<Service> chain(String name) {
        List<Service> chain = new ArrayList<>();
        for (String next = name;
                next != null;
                next = chain.get(chain.size() - 1).next()) {
            Service service = requireKnown(next);
            if (chain.contains(service)) {
                throw new IllegalArgumentException("service: " + name + " calls itself through "
                        + chain.stream().map(Service::name).toList() + " (expected: a chain with an end)");
            }
            chain.add(service);
        }
        return chain;
    }

    Service requireKnown(String name) {
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

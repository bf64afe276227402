// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One run of a {@link World}. */
final class Simulation {
    private static final long SECOND = 1_000_000_000L;
    /** How long calls that are under way at the end are waited for. */
    private static final long GRACE = 120 * SECOND;
    /** Between a call of a user that ended at once, and the same user's next. */
    private static final long A_MOMENT = 1_000_000;

    private final World world;
    private final Ways ways;
    private final SplittableRandom random;
    private final SimulatedTime time;
    private final Tally tally;
    private final Map<String, Link> links = new LinkedHashMap<>();
    private final Watched watched;

    /** How a client calls a service. */
    interface Ways {
        Supplier<CompletableFuture<Reply>> of(String caller, Link link, long patience);
    }

    /** By a function, because what makes ways needs the simulation. */
    Simulation(World world, long seed, Function<Simulation, Ways> ways) {
        this.world = world;
        this.random = new SplittableRandom(seed);
        this.time = new SimulatedTime(random.split());
        this.tally = new Tally(world.lengthNanos());
        this.watched = new Watched(tally.seconds());
        this.ways = ways.apply(this);
    }

    Run run() {
        for (Service service : world.services()) {
            links.put(service.name(), new Link(service, time, random.split(), now -> tally.sent(service.name(), now)));
        }
        links.values().forEach(this::connect);
        world.faults().forEach(this::plan);
        int first = 0;
        for (Clients clients : world.clients()) {
            start(clients, first);
            first += clients.count();
        }
        for (int second = 0; second < tally.seconds(); second++) {
            int now = second;
            time.at((second + 1) * SECOND - 1, () -> watched.read(now));
        }
        time.runUntil(world.lengthNanos() + GRACE);
        if (tally.open() > 0 && time.isIdle()) {
            throw new IllegalStateException(tally.open() + " calls that never end, although nothing is left to happen,"
                    + SimulatedTime.ONE_THREAD);
        }
        time.close();
        return new Run(world, tally, watched);
    }

    private void plan(Fault fault) {
        List<Node> nodes = link(fault.service()).nodes();
        for (int i = 0; i < nodes.size(); i++) {
            if (fault.happensTo(i)) {
                Node node = nodes.get(i);
                time.at(fault.startNanos(), () -> fault.begin(node));
                time.at(fault.endNanos(), () -> fault.end(node));
            }
        }
    }

    /** Lets the nodes of a service call the next one. */
    private void connect(Link from) {
        String next = from.service().next();
        if (next == null) {
            return;
        }
        Link to = link(next);
        long patience = patience();
        for (int i = 0; i < from.nodes().size(); i++) {
            Supplier<CompletableFuture<Reply>> own = ways.of(from.service().name() + " " + i, to, patience);
            from.nodes()
                    .get(i)
                    .calls(whenEnded -> call(own, (reply, failure) -> {
                        boolean isEmpty = reply == null && failure == null;
                        whenEnded.accept(isEmpty ? new ServiceException(next, 502) : failure);
                    }));
        }
    }

    /** As patient as the clients are: services that call each other mostly have the same limits in their configuration. */
    private long patience() {
        return world.clients().stream().mapToLong(Clients::patienceNanos).max().orElse(Long.MAX_VALUE);
    }

    private Link link(String service) {
        return Require.nonNull(links.get(service), service);
    }

    /** Clients that call through policies; which node it is they leave to the link. */
    Ways through(Policies policies) {
        return (caller, link, patience) -> {
            Policy<? super Reply> policy = make(policies, caller, link.service().name());
            return policy == null ? () -> link.send(patience) : () -> policy.callAsync(() -> link.send(patience));
        };
    }

    /** Clients that choose a node. */
    Ways by(Balancers balancers) {
        return (caller, link, patience) -> {
            List<Server> servers = IntStream.range(0, link.nodes().size())
                    .mapToObj(number -> new Server(link, number, patience))
                    .toList();
            return Require.nonNull(time.building(() -> balancers.of(servers)), "what the balancers give");
        };
    }

    private @Nullable Policy<? super Reply> make(Policies policies, String caller, String service) {
        Policy<? super Reply> made = time.building(() -> policies.of(caller, service));
        if (made != null) {
            if (made.environment() != time) {
                throw new IllegalArgumentException(
                        "environment of " + made + ": " + made.environment()
                                + " (expected: that of the simulation, which builders get that run inside of the Policies and are told no other)");
            }
            watched.add(made instanceof Pipeline<?> pipeline ? pipeline.policies() : List.of(made));
        }
        return made;
    }

    // ---- Calls ----------------------------------------------------------------------------------------------------

    private void start(Clients clients, int first) {
        List<Caller> callers = new ArrayList<>();
        for (int i = 0; i < clients.count(); i++) {
            callers.add(new Caller(
                    clients,
                    ways.of("client " + (first + i), link(clients.service()), clients.patienceNanos()),
                    random.split()));
        }
        if (clients.isClosed()) {
            callers.forEach(Caller::think);
        } else {
            new Arrivals(clients, callers, random.split()).next();
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // What came of the call is told.
    private static void call(
            Supplier<CompletableFuture<Reply>> way,
            BiConsumer<? super @Nullable Reply, ? super @Nullable Throwable> whenEnded) {
        way.get().whenComplete(whenEnded);
    }

    /** One client. */
    private final class Caller {
        private final Clients clients;
        private final Supplier<CompletableFuture<Reply>> way;
        private final SplittableRandom random;

        Caller(Clients clients, Supplier<CompletableFuture<Reply>> way, SplittableRandom random) {
            this.clients = clients;
            this.way = way;
            this.random = random;
        }

        void call(Runnable then) {
            long start = time.nanoTime();
            tally.offered(start);
            Simulation.call(way, (reply, failure) -> {
                tally.ended(start, time.nanoTime(), reply, failure);
                then.run();
            });
        }

        /** In a closed loop: the next call is made after the one before has ended. */
        void think() {
            think(0);
        }

        private void think(long atLeast) {
            time.schedule(
                    this::callAndThink, Math.max(atLeast, (long) (clients.thinkNanos() * random.nextExponential())));
        }

        private void callAndThink() {
            long start = time.nanoTime();
            if (start < world.lengthNanos()) {
                // Whoever fails in no time and calls again in no time would stop the time for all.
                call(() -> think(time.nanoTime() == start ? A_MOMENT : 0));
            }
        }
    }

    /** When the calls of an open loop come, and whose they are. */
    private final class Arrivals {
        private final Clients clients;
        private final List<Caller> callers;
        private final SplittableRandom random;

        Arrivals(Clients clients, List<Caller> callers, SplittableRandom random) {
            this.clients = clients;
            this.callers = callers;
            this.random = random;
        }

        void next() {
            double perSecond = world.rate(clients, time.nanoTime()) / atOnce();
            double gap = clients.burst() == 0 ? random.nextExponential() : 1;
            time.schedule(this::arrive, (long) (gap * SECOND / perSecond));
        }

        private int atOnce() {
            return Math.max(1, clients.burst());
        }

        private void arrive() {
            if (time.nanoTime() < world.lengthNanos()) {
                for (int i = 0; i < atOnce(); i++) {
                    callers.get(random.nextInt(callers.size())).call(() -> {});
                }
                next();
            }
        }
    }
}

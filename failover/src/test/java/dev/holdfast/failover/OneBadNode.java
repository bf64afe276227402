// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Environment;
import dev.holdfast.simulation.Clients;
import dev.holdfast.simulation.Fault;
import dev.holdfast.simulation.Reply;
import dev.holdfast.simulation.Run;
import dev.holdfast.simulation.Server;
import dev.holdfast.simulation.Service;
import dev.holdfast.simulation.Times;
import dev.holdfast.simulation.World;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A service of several nodes, of which the first is bad for a time, and what becomes of the calls. Each node has two workers that take 20 ms for a call, exponentially
 * distributed, and so can answer 100 a second. A request is waited for 250 ms; nodes know nothing of that, and work on what nobody waits for any more.
 */
final class OneBadNode {
    /** The table of the page, and not only what shows that it is true still. */
    private static final boolean WHOLE = Boolean.getBoolean("holdfast.long");

    private static final int FROM = 10;
    private static final int TO = WHOLE ? 70 : 25;
    private static final int LENGTH = WHOLE ? 190 : 100;
    private static final int SECOND = 1_000_000_000;

    private static final String ALL = "0.1 % fail, at all";
    private static final Map<String, Fault> FAULTS = new LinkedHashMap<>();

    static {
        FAULTS.put("all are well", Fault.brownout("stock", 1));
        FAULTS.put(ALL, Fault.errors("stock", 0.001));
        FAULTS.put("slow x 10", Fault.brownout("stock", 10));
        FAULTS.put("fails in 1 ms", Fault.errors("stock", 1));
        FAULTS.put("half fail in 1 ms", Fault.errors("stock", 0.5));
        FAULTS.put("hangs", Fault.stall("stock"));
        FAULTS.put("down, back cold", Fault.crash("stock", 5, Duration.ofSeconds(30)));
    }

    /** What divides the calls of a client. */
    interface Contender {
        Supplier<CompletableFuture<Reply>> of(List<Counted> servers);
    }

    private static final Map<String, Contender> CONTENDERS = new LinkedHashMap<>();

    static {
        CONTENDERS.put("round robin", servers -> new Rule.RoundRobin(servers.size()).over(servers));
        CONTENDERS.put("Finagle's rules", servers -> new Rule.Finagle(servers.size()).over(servers));
        CONTENDERS.put("Envoy's rules", servers -> new Rule.Envoy(servers.size()).over(servers));
        CONTENDERS.put("replicas", servers -> {
            Replicas<Counted> stocks = Replicas.of("stock", servers);
            return () -> stocks.callAsync(Counted::send);
        });
        CONTENDERS.put("failover", servers -> {
            Replicas<Counted> stocks = Replicas.of("stock", servers);
            Through<Counted, Object> through = stocks.through(
                    Failover.builder("stock").over(stocks).repeatable().build());
            return () -> through.<Reply>callAsync(Counted::send);
        });
    }

    private final int[] sent = new int[LENGTH + 1];
    private final int[] sentToBad = new int[LENGTH + 1];
    private final List<Long> latencies = new ArrayList<>();
    private final int nodes;
    private final Run run;

    /** With what comes after it is well again, or without. */
    OneBadNode(int nodes, double load, String fault, String contender, long seed, boolean goesOn) {
        this.nodes = nodes;
        Service service = Service.of("stock", 2, Times.exponential(Duration.ofMillis(20)))
                .nodes(nodes)
                .network(Times.constant(Duration.ofNanos(500_000)), 0);
        Fault happens = FAULTS.get(fault).from(Duration.ofSeconds(FROM)).lasting(Duration.ofSeconds(TO - FROM));
        World world = World.of(
                        service,
                        Clients.poisson("stock", load * service.capacity()).patience(Duration.ofMillis(250)))
                .with(fault.equals(ALL) ? happens : happens.ofNode(0))
                .lasting(Duration.ofSeconds(goesOn ? LENGTH : TO));
        this.run = world.run(seed, servers -> {
            Environment environment = Environment.standard();
            List<Counted> counted = servers.stream()
                    .map(server -> new Counted(server, server == servers.get(0), this, environment))
                    .toList();
            Supplier<CompletableFuture<Reply>> way = CONTENDERS.get(contender).of(counted);
            return () -> timed(way, environment);
        });
    }

    static Set<String> faults() {
        return FAULTS.keySet();
    }

    static Set<String> contenders() {
        return CONTENDERS.keySet();
    }

    /** A node, and how often it is called. */
    record Counted(Server server, boolean isBad, OneBadNode in, Environment environment) {
        CompletableFuture<Reply> send() {
            int second = (int) Math.min(LENGTH, environment.nanoTime() / SECOND);
            in.sent[second]++;
            in.sentToBad[second] += isBad ? 1 : 0;
            return server.send();
        }

        @Override
        public String toString() {
            return server.name();
        }
    }

    private CompletableFuture<Reply> timed(Supplier<CompletableFuture<Reply>> way, Environment environment) {
        long start = environment.nanoTime();
        return way.get().whenComplete((reply, failure) -> {
            if (failure == null && start >= (long) FROM * SECOND && start < (long) TO * SECOND) {
                latencies.add(environment.nanoTime() - start);
            }
        });
    }

    /** While it is bad. */
    double goodput() {
        return run.goodput(Duration.ofSeconds(FROM), Duration.ofSeconds(TO));
    }

    double goodputAfterwards() {
        return run.goodput(Duration.ofSeconds(TO), Duration.ofSeconds(LENGTH));
    }

    /** Of good answers to calls that were made while it was bad, in milliseconds. */
    double p99() {
        long[] sorted = latencies.stream().mapToLong(Long::longValue).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[(int) (sorted.length * 0.99)] / 1e6;
    }

    /** What the bad node gets while it is bad, in parts of an equal share. */
    double share() {
        return share(FROM, TO);
    }

    private double share(int from, int to) {
        long all = Arrays.stream(sent, from, to).sum();
        return all == 0
                ? 0
                : (double) nodes * Arrays.stream(sentToBad, from, to).sum() / all;
    }

    /** The same, in the last ten seconds. */
    double shareAtTheEnd() {
        return share(LENGTH - 10, LENGTH);
    }

    /** By the end of which second it got less than a tenth of an equal share for the first time; -1 for never. */
    int leftAfter() {
        for (int second = FROM; second < TO; second++) {
            if (share(second, second + 1) < 0.1) {
                return second + 1 - FROM;
            }
        }
        return -1;
    }

    /** How many seconds after its end it got four fifths of an equal share, as the mean of five seconds; -1 for never. */
    int backAfter() {
        for (int second = TO; second + 5 <= LENGTH; second++) {
            if (share(second, second + 5) >= 0.8) {
                return second - TO;
            }
        }
        return -1;
    }
}

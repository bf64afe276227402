// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Worlds that differ in everything: policies that do well in one may do harm in another, and nobody knows in which he lives.
 *
 * <p>One service of 1 to 64 workers (several nodes where one of them is bad), with service times of 1 to 500 ms that are constant, exponential, or of
 * two kinds of calls; 1 to 200 clients with a load of 10 to 95 % of what it can do, who wait for five service times and for 500 ms at least; and one fault of 1 to 60 s, or none: a
 * stall, a brownout of 2 to 10 times, a crash with a cold start, refused connections, quick or late errors of some or all calls, one bad node, a flood.
 */
public final class Matrix {
    private static final Duration BEFORE = Duration.ofSeconds(10);
    private static final Duration AFTER = Duration.ofSeconds(20);
    private static final String SERVICE = "service";
    private static final double MOST_PER_SECOND = 1_500;
    private static final int SHORTEST_PATIENCE = 500;

    private final SplittableRandom random;

    private Matrix(SplittableRandom random) {
        this.random = random;
    }

    /**
     * Draws worlds.
     *
     * @param count how many: 1 to 100,000; kinds of faults take turns
     * @param seed which; the same seed draws the same worlds, of which more begin with fewer
     * @return worlds of 30 s to 90 s
     */
    public static List<World> draw(int count, long seed) {
        Require.range(count, 1, 100_000, "count");
        Matrix matrix = new Matrix(new SplittableRandom(seed));
        List<World> worlds = new ArrayList<>();
        Kind[] kinds = Kind.values();
        while (worlds.size() < count) {
            World drawn = matrix.world(kinds[worlds.size() % kinds.length]);
            if (drawn.rate(drawn.clients().get(0), 0) <= MOST_PER_SECOND) {
                worlds.add(drawn);
            }
        }
        return worlds;
    }

    private World world(Kind kind) {
        int workers = oneOf(1, 2, 8, 24, 64);
        int millis = oneOf(1, 5, 20, 80, 200, 500);
        Service service = Service.of(SERVICE, workers, times(millis));
        if (kind == Kind.BAD_NODE) {
            service = service.nodes(oneOf(2, 4));
        }
        Clients clients = Clients.poisson(SERVICE, service.capacity() * oneOf(10, 30, 50, 70, 85, 95) / 100)
                .count(oneOf(1, 3, 10, 40, 100, 200))
                .patience(Duration.ofMillis(Math.max(SHORTEST_PATIENCE, millis * 5)));
        World calm = World.of(service, clients);
        if (kind == Kind.NONE) {
            return calm.lasting(BEFORE.plus(AFTER));
        }
        Duration length = Duration.ofSeconds(oneOf(1, 3, 10, 30, 60));
        Fault fault = fault(kind).from(BEFORE).lasting(length);
        return calm.with(fault).lasting(BEFORE.plus(length).plus(AFTER));
    }

    private Times times(int millis) {
        Duration mean = Duration.ofMillis(millis);
        return switch (oneOf(0, 1, 2)) {
            case 0 -> Times.constant(mean);
            case 1 -> Times.exponential(mean);
            default -> Times.mixed(0.8, Times.exponential(mean.dividedBy(4)), Times.exponential(mean.multipliedBy(4)));
        };
    }

    private Fault fault(Kind kind) {
        return switch (kind) {
            case STALL -> Fault.stall(SERVICE);
            case BROWNOUT -> Fault.brownout(SERVICE, oneOf(2, 4, 10));
            case CRASH -> Fault.crash(SERVICE, oneOf(3, 10), Duration.ofSeconds(5));
            case REFUSED -> Fault.refused(SERVICE);
            case ERRORS -> Fault.errors(SERVICE, oneOf(10, 30, 50, 80, 100) / 100.0);
            case LATE_ERRORS -> Fault.lateErrors(SERVICE, oneOf(10, 50, 100) / 100.0);
            case BAD_NODE -> badNode();
            default -> Fault.flood(SERVICE, oneOf(2, 5));
        };
    }

    private Fault badNode() {
        return switch (oneOf(0, 1, 2)) {
            case 0 -> Fault.stall(SERVICE).ofNode(0);
            case 1 -> Fault.errors(SERVICE, 1).ofNode(0);
            default -> Fault.brownout(SERVICE, 10).ofNode(0);
        };
    }

    private int oneOf(int... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private enum Kind {
        STALL,
        BROWNOUT,
        CRASH,
        REFUSED,
        ERRORS,
        LATE_ERRORS,
        BAD_NODE,
        FLOOD,
        NONE
    }
}

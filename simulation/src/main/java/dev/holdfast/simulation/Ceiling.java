// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;

/**
 * What somebody could answer who knows all in advance. Loads and capacities change only where a fault begins or ends, so it is reckoned from
 * each such moment to the next.
 */
final class Ceiling {
    private static final double SECOND = 1e9;

    /** When no fault is on. */
    private static final long WELL = -1;

    private final World world;

    Ceiling(World world) {
        this.world = world;
    }

    double between(long from, long to) {
        TreeSet<Long> moments = new TreeSet<>(List.of(from, to));
        for (Fault fault : world.faults()) {
            moments.add(fault.startNanos());
            moments.add(fault.endNanos());
        }
        double offered = 0;
        double possible = 0;
        long at = from;
        for (long next : moments.subSet(from, false, to, true)) {
            double length = (next - at) / SECOND;
            Map<Service, Double> loads = new HashMap<>();
            for (Clients clients : world.clients()) {
                double load = load(clients, at);
                offered += load * length;
                world.chain(clients.service()).forEach(service -> loads.merge(service, load, Double::sum));
            }
            for (Clients clients : world.clients()) {
                possible += share(clients, loads, at) * load(clients, at) * length;
            }
            at = next;
        }
        return offered == 0 ? 1 : Math.min(1, possible / offered);
    }

    /** Of a chain of services the one that can do least decides. */
    private double share(Clients clients, Map<Service, Double> loads, long now) {
        double least = 1;
        for (Service service : world.chain(clients.service())) {
            double load = loads.getOrDefault(service, 0.0);
            least = load == 0 ? least : Math.min(least, capacity(service, now) / load);
        }
        return least;
    }

    private double load(Clients clients, long now) {
        if (!clients.isClosed()) {
            return world.rate(clients, now);
        }
        // Users who are answered at once call again after they have thought, and never faster than workers answer.
        double round = clients.thinkNanos();
        double most = Double.MAX_VALUE;
        for (Service service : world.chain(clients.service())) {
            round += service.times().meanNanos() + 2 * service.delay().meanNanos();
            most = Math.min(most, capacity(service, WELL));
        }
        return Math.min(most, clients.count() * SECOND / Math.max(1, round));
    }

    /** A worker is busy with its own work, and until what it calls has ended. */
    private double capacity(Service service, long now) {
        double behind = 0;
        for (Service next : world.chain(service.name())) {
            double fastest = Double.MAX_VALUE;
            for (int node = 0; node < next.nodes() && next != service; node++) {
                fastest = Math.min(fastest, next.times().meanNanos() * product(next, node, now, Fault::slowness));
            }
            behind += next == service ? 0 : fastest + 2 * next.delay().meanNanos();
        }
        double capacity = 0;
        for (int node = 0; node < service.nodes(); node++) {
            double own = service.times().meanNanos() * product(service, node, now, Fault::slowness);
            double left = product(service, node, now, Fault::whatIsLeft);
            capacity += left * service.workers() * SECOND / Math.max(1, own + behind);
        }
        return capacity;
    }

    /** Of the faults that a node has at a time. */
    private double product(Service service, int node, long now, ToDoubleFunction<Fault> factor) {
        double product = 1;
        for (Fault fault : world.faults()) {
            if (fault.service().equals(service.name()) && fault.happensTo(node) && fault.isOn(now)) {
                product *= factor.applyAsDouble(fault);
            }
        }
        return product;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;

/** The way to a service: its network and its nodes, which are called in turns where nobody chooses. */
final class Link {
    private final Service service;
    private final SimulatedTime time;
    private final SplittableRandom random;
    private final LongConsumer sent;
    private final List<Node> nodes = new ArrayList<>();
    private int turn;

    /**
     * Creates all nodes of a service.
     *
     * @param sent told the time at each request
     */
    Link(Service service, SimulatedTime time, SplittableRandom random, LongConsumer sent) {
        this.service = service;
        this.time = time;
        this.random = random;
        this.sent = sent;
        for (int i = 0; i < service.nodes(); i++) {
            nodes.add(new Node(service, time, random.split()));
        }
    }

    Service service() {
        return service;
    }

    SimulatedTime time() {
        return time;
    }

    List<Node> nodes() {
        return nodes;
    }

    /** To the one whose turn it is. */
    Request send(long patienceNanos) {
        int number = turn;
        turn = (turn + 1) % nodes.size();
        return send(number, patienceNanos);
    }

    Request send(int number, long patienceNanos) {
        sent.accept(time.nanoTime());
        Request request = new Request(this, patienceNanos);
        Node node = nodes.get(number);
        if (service.loss() == 0 || random.nextDouble() >= service.loss()) {
            later(() -> node.accept(request));
        }
        return request;
    }

    void back(Runnable arrives) {
        later(arrives);
    }

    private void later(Runnable task) {
        long nanos = service.delay().next(random);
        if (nanos == 0) {
            task.run();
        } else {
            time.schedule(task, nanos);
        }
    }
}

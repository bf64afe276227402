// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Lease;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Asynchronous nodes, called by numbers, that answer when a test says so: in exactly the order that it wants. */
final class Stages<R> {
    /** Without a trace, because there are millions. */
    static final class Down extends Exception {
        private static final long serialVersionUID = 1L;

        Down(int node) {
            super("n" + node + " is down", null, false, false);
        }
    }

    private final Map<Integer, CompletableFuture<R>> stages = new HashMap<>();
    private final List<Integer> asked = new ArrayList<>();

    /** The nodes 0 to n - 1. */
    static List<Lease<Integer>> nodes(int n) {
        List<Lease<Integer>> nodes = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            nodes.add(Lease.of(i).named("n" + i));
        }
        return nodes;
    }

    /** All orders of the numbers 0 to n - 1. */
    static List<List<Integer>> orders(int n) {
        List<List<Integer>> orders = new ArrayList<>();
        permute(n, new ArrayList<>(), orders::add);
        return orders;
    }

    private static void permute(int n, List<Integer> begun, Consumer<List<Integer>> each) {
        if (begun.size() == n) {
            each.accept(List.copyOf(begun));
            return;
        }
        for (int i = 0; i < n; i++) {
            if (!begun.contains(i)) {
                begun.add(i);
                permute(n, begun, each);
                begun.remove(begun.size() - 1);
            }
        }
    }

    /** The work of one node. */
    CompletableFuture<R> ask(int node) {
        asked.add(node);
        return stage(node);
    }

    private CompletableFuture<R> stage(int node) {
        return stages.computeIfAbsent(node, it -> new CompletableFuture<>());
    }

    /** In the order in which they were asked. */
    List<Integer> asked() {
        return asked;
    }

    void gives(int node, R answer) {
        stage(node).complete(answer);
    }

    void fails(int node) {
        stage(node).completeExceptionally(new Down(node));
    }

    boolean isCalledOff(int node) {
        return stage(node).isCancelled();
    }

    boolean isUnderWay(int node) {
        return asked.contains(node) && !stage(node).isDone();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Outcome;
import dev.holdfast.Policy;
import dev.holdfast.testkit.Script;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Nodes in virtual time that are their names, each with a script of what it does now. */
final class Fleet {
    final VirtualTime time;
    private final Map<String, Script<String>> scripts = new LinkedHashMap<>();
    /** Which nodes were asked, in order. */
    final List<String> asked = new ArrayList<>();

    Fleet(String names) {
        this(names, VirtualTime.create());
    }

    Fleet(String names, VirtualTime time) {
        this.time = time;
        for (char name : names.toCharArray()) {
            works(String.valueOf(name), Duration.ofMillis(10));
        }
    }

    List<String> names() {
        return List.copyOf(scripts.keySet());
    }

    ReplicasBuilder<String> builder() {
        return Replicas.<String>builder("fleet").environment(time);
    }

    /** Nodes that come round and round, so that who is next is known. */
    ReplicasBuilder<String> inTurn() {
        return builder().pick(Pick.roundRobin()).nodes(names());
    }

    void is(String name, Script<String> script) {
        scripts.put(name, script);
    }

    void works(String name, Duration time) {
        is(name, Script.<String>of(this.time).gives(name).after(time));
    }

    void fails(String name) {
        fails(name, new IOException(name));
    }

    void fails(String name, Throwable failure) {
        is(name, Script.<String>of(time).fails(failure));
    }

    void hangs(String name) {
        is(name, Script.<String>of(time).hangs());
    }

    Script<String> at(String name) {
        return scripts.get(name);
    }

    String ask(String node) throws Exception {
        asked.add(node);
        return at(node).call();
    }

    /** Calls through policies, or alone; gives what came of it. */
    Outcome<String> call(Replicas<String> replicas, Policy<Object> policies) {
        return call(false, replicas, policies);
    }

    Outcome<String> call(boolean async, Replicas<String> replicas, Policy<Object> policies) {
        if (async) {
            CompletableFuture<String> future = replicas.through(policies).callAsync(node -> {
                asked.add(node);
                return at(node).stage();
            });
            return time.join(future.handle(
                    (value, failure) -> failure == null ? Outcome.ofResult(value) : Outcome.ofFailure(failure)));
        }
        try {
            return Outcome.ofResult(replicas.through(policies).call(this::ask));
        } catch (Throwable thrown) {
            return Outcome.ofFailure(thrown);
        }
    }

    Outcome<String> call(Replicas<String> replicas) {
        return call(replicas, replicas.balancer());
    }

    /** How often each node was asked in so many calls. */
    Map<String, Integer> shares(Replicas<String> replicas, int calls) {
        asked.clear();
        for (int i = 0; i < calls; i++) {
            call(replicas);
        }
        Map<String, Integer> shares = new LinkedHashMap<>();
        names().forEach(name -> shares.put(name, 0));
        asked.forEach(name -> shares.merge(name, 1, Integer::sum));
        return shares;
    }

    /** What belongs to the call is called off on another thread. */
    void cancel(CompletableFuture<?> call) {
        call.cancel(true);
        time.advance(Duration.ZERO);
    }

    void advance(Duration duration) {
        time.advance(duration);
    }

    NodeStatus<String> status(Replicas<String> replicas, String name) {
        return replicas.nodes().stream()
                .filter(status -> status.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    NodeState state(Replicas<String> replicas, String name) {
        return status(replicas, name).state();
    }
}

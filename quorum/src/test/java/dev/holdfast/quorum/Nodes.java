// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Lease;
import dev.holdfast.Outcome;
import dev.holdfast.Policy;
import dev.holdfast.testkit.Script;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Nodes in virtual time, each with a door around it and a script of what it does. */
final class Nodes<R> {
    final VirtualTime time = VirtualTime.create();
    final Map<String, Script<R>> scripts = new LinkedHashMap<>();
    final Map<String, Door> doors = new LinkedHashMap<>();

    static <R> Nodes<R> of(int size) {
        Nodes<R> nodes = new Nodes<>();
        for (int i = 0; i < size; i++) {
            String name = String.valueOf((char) ('a' + i));
            nodes.scripts.put(name, Script.of(nodes.time));
            nodes.doors.put(name, new Door("door of " + name, nodes.time));
        }
        return nodes;
    }

    List<Lease<String>> leases() {
        return leases("");
    }

    /** Those of them that are named; without names, all. */
    List<Lease<String>> leases(String names) {
        List<Lease<String>> leases = new ArrayList<>();
        for (String name : scripts.keySet()) {
            if (names.isEmpty() || names.contains(name)) {
                leases.add(Lease.of(name, doors.get(name)));
            }
        }
        return leases;
    }

    Script<R> at(String name) {
        return scripts.get(name);
    }

    /** When each node was asked for the first time, in milliseconds; without those that were not. */
    Map<String, Long> asked() {
        Map<String, Long> asked = new LinkedHashMap<>();
        scripts.forEach((name, script) -> {
            if (script.calls() > 0) {
                asked.put(name, script.starts().get(0).toMillis());
            }
        });
        return asked;
    }

    int calls(String name) {
        return at(name).calls();
    }

    Outcome<R> ask(boolean async, Poll<String, R, ?> poll) {
        return ask(async, poll, poll);
    }

    Outcome<R> ask(boolean async, Poll<String, R, ?> poll, Policy<? super R> through) {
        if (async) {
            return outcome(poll.callAsync(through, node -> at(node).stage()));
        }
        try {
            return Outcome.ofResult(poll.call(through, node -> at(node).call()));
        } catch (Throwable thrown) {
            return Outcome.ofFailure(thrown);
        }
    }

    Outcome<Tally<String, R>> tally(boolean async, Poll<String, R, ?> poll) {
        if (async) {
            return outcome(poll.tallyAsync(node -> at(node).stage()));
        }
        try {
            return Outcome.ofResult(poll.tally(node -> at(node).call()));
        } catch (Throwable thrown) {
            return Outcome.ofFailure(thrown);
        }
    }

    <V> Outcome<V> outcome(CompletableFuture<V> future) {
        return time.join(future.handle(
                (value, failure) -> failure == null ? Outcome.ofResult(value) : Outcome.ofFailure(failure)));
    }

    /** What became of the nodes, as a text: {@code a ACCEPTED, b ABSENT}. */
    static String states(Tally<?, ?> tally) {
        return String.join(
                ", ",
                tally.parts().stream()
                        .map(part -> part.name() + " " + part.state())
                        .toList());
    }

    long millis() {
        return time.nanoTime() / 1_000_000;
    }

    int underWay() {
        return scripts.values().stream().mapToInt(Script::underWay).sum();
    }

    /** Nodes that are called off have to notice it; then nothing is left behind. */
    void untilQuiet() throws InterruptedException {
        for (int i = 0; i < 2_000 && !isQuiet(); i++) {
            time.advance(Duration.ZERO);
            Thread.sleep(1);
        }
        assertThat(underWay()).as("nodes under way").isZero();
        assertThat(time.pendingTimers()).as("timers").isZero();
        doors.values().forEach(door -> assertThat(door.inside).as(door.name()).hasValue(0));
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    private boolean isQuiet() {
        return underWay() == 0
                && time.pendingTimers() == 0
                && doors.values().stream().allMatch(door -> door.inside.get() == 0);
    }
}

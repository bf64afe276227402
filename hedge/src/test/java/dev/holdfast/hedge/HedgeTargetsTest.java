// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.hedge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Lease;
import dev.holdfast.Policy;
import dev.holdfast.Targets;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HedgeTargetsTest {
    private final VirtualTime time = VirtualTime.create();
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
    private final Map<String, Duration> takes = new HashMap<>();
    private final Map<String, Exception> fails = new HashMap<>();
    private final Map<String, Door> doors = new HashMap<>();

    private Targets<String> nodes(String... names) {
        List<Lease<String>> leases = new ArrayList<>();
        for (String name : names) {
            Door door = new Door(name, time);
            doors.put(name, door);
            leases.add(Lease.of(name, door));
        }
        return Targets.inTurn(leases);
    }

    private Hedge<Object> hedge(Targets<String> nodes, int extras) {
        return Hedge.builder("h")
                .environment(time)
                .repeatable()
                .after(Duration.ofMillis(30))
                .extras(extras)
                .runOn(time.threads())
                .over(nodes)
                .build();
    }

    private String ask(boolean async, Targets<String> nodes, Policy<Object> through) throws Exception {
        if (!async) {
            return nodes.<String, Exception>call(through, node -> {
                asked.add(node);
                time.sleep(takes.getOrDefault(node, Duration.ZERO));
                if (fails.containsKey(node)) {
                    throw fails.get(node);
                }
                return "from " + node;
            });
        }
        CompletableFuture<String> future = nodes.callAsync(through, node -> {
            asked.add(node);
            CompletableFuture<String> stage = new CompletableFuture<>();
            time.schedule(
                    () -> {
                        if (fails.containsKey(node)) {
                            stage.completeExceptionally(fails.get(node));
                        } else {
                            stage.complete("from " + node);
                        }
                    },
                    takes.getOrDefault(node, Duration.ZERO).toNanos());
            return stage;
        });
        return time.join(future);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("HG-11 the extra attempt goes to another target; the first turns from call to call")
    void another(boolean async) throws Exception {
        Targets<String> nodes = nodes("a", "b");
        Hedge<Object> hedge = hedge(nodes, 1);
        takes.put("a", Duration.ofSeconds(1));

        assertThat(ask(async, nodes, hedge)).isEqualTo("from b");
        assertThat(ask(async, nodes, hedge)).isEqualTo("from b");

        assertThat(asked).containsExactly("a", "b", "b");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("a target that refuses is passed over at once; when all were tried no other attempt starts")
    void refused(boolean async) throws Exception {
        Targets<String> nodes = nodes("a", "b", "c");
        Hedge<Object> hedge = hedge(nodes, 5);
        doors.get("a").shut = true;
        fails.put("b", new IOException("b is down"));

        assertThat(ask(async, nodes, hedge)).isEqualTo("from c");
        assertThat(asked).containsExactly("b", "c");

        doors.get("b").shut = true;
        doors.get("c").shut = true;
        assertThatThrownBy(() -> ask(async, nodes, hedge)).hasMessageContaining("is shut");
        assertThat(asked).containsExactly("b", "c");
        assertThat(hedge.counts().afterFailure()).isEqualTo(1);
        assertThat(hedge.counts().afterRefusal()).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("an attempt that a target has refused was none: its successor costs nothing of the budget")
    void refusalsAreFree(boolean async) throws Exception {
        Targets<String> nodes = nodes("a", "b");
        Hedge<Object> hedge = hedge(nodes, 1);
        doors.get("a").shut = true;

        for (int call = 0; call < 100; call++) {
            assertThat(ask(async, nodes, hedge)).isEqualTo("from b");
        }

        assertThat(hedge.counts()).isEqualTo(new Hedge.Counts(50, 50, 0, 0, 0, 0, 50, 0, 0));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("what targets have refused is none of the extras: one more is still there for the first that is late")
    void refusalsAreNoExtras(boolean async) throws Exception {
        Targets<String> nodes = nodes("a", "b", "c", "d");
        Hedge<Object> hedge = hedge(nodes, 1);
        doors.get("a").shut = true;
        doors.get("b").shut = true;
        takes.put("c", Duration.ofSeconds(1));

        assertThat(ask(async, nodes, hedge)).isEqualTo("from d");

        assertThat(asked).containsExactly("c", "d");
        assertThat(hedge.counts()).isEqualTo(new Hedge.Counts(0, 1, 0, 0, 1, 0, 2, 0, 0));
    }

    @Test
    @DisplayName("targets in turn: none twice for one call, each first as often as any other")
    void inTurn() {
        Targets<String> nodes = nodes("a", "b", "c");
        List<String> firsts = new ArrayList<>();
        for (int call = 0; call < 6; call++) {
            List<Lease<?>> tried = new ArrayList<>();
            List<String> names = new ArrayList<>();
            for (Lease<String> next = nodes.pick(null, tried); next != null; next = nodes.pick(null, tried)) {
                tried.add(next);
                names.add(next.target());
            }
            assertThat(names).containsExactlyInAnyOrder("a", "b", "c");
            firsts.add(names.get(0));
        }
        assertThat(firsts).containsExactly("a", "b", "c", "a", "b", "c");
        assertThatThrownBy(() -> Targets.inTurn(List.of())).hasMessageContaining("number of targets: 0");
        assertThatThrownBy(() -> Targets.inTurn(List.of(Lease.of("a"), Lease.of("a"))))
                .hasMessageContaining("targets: a twice");
    }
}

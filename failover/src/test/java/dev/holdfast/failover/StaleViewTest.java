// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Detector;
import dev.holdfast.Readiness;
import dev.holdfast.Subscription;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What was said of nodes holds for the next call, whatever becomes of the views that others make. */
@Timeout(60)
class StaleViewTest {
    /** A client whose comparison with others may be held up, or may do as it likes. */
    private record Client(String name, int made, AtomicReference<Runnable> compares) {
        static Client of(String name) {
            return new Client(name, 0, new AtomicReference<>(() -> {}));
        }

        Client again() {
            return new Client(name, made + 1, new AtomicReference<>(() -> {}));
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Client client && client.name.equals(name) && client.made == made;
        }

        @Override
        public int hashCode() {
            compares.get().run();
            return name.hashCode();
        }
    }

    private static ReplicasBuilder<Client> replicas(List<Client> clients) {
        return Replicas.<Client>builder("r").nameOf(Client::name).nodes(clients).pick(Pick.inOrder());
    }

    private static String asked(Replicas<Client> replicas) {
        return replicas.call(client -> client.name + client.made);
    }

    @Test
    @DisplayName(
            "who has drained or replaced a node never meets it again, also while another thread makes the view of that")
    void heldUp() throws Exception {
        List<Client> clients = List.of(Client.of("a"), Client.of("b"), Client.of("c"));
        Replicas<Client> replicas =
                replicas(clients).follow(watcher -> () -> {}).build();
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Thread other = new Thread(() -> replicas.drain("c"));
        clients.get(2).compares.set(() -> {
            if (Thread.currentThread() == other) {
                held.countDown();
                awaits(goOn);
            }
        });
        other.start();
        awaits(held);

        replicas.drain("a");
        assertThat(asked(replicas)).isEqualTo("b0");
        assertThat(replicas.pick(null, List.of(Objects.requireNonNull(replicas.pick(null, List.of())))))
                .as("neither is drained")
                .isNull();
        replicas.undrain("a");
        Client anew = clients.get(1).again();
        replicas.replace(List.of(anew));
        assertThat(asked(replicas)).isEqualTo("b1");

        goOn.countDown();
        other.join();
        assertThat(asked(replicas)).isEqualTo("b1");
    }

    private static void awaits(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException unexpected) {
            throw new AssertionError(unexpected);
        }
    }

    @Test
    @DisplayName(
            "a node that is made anew under its name is another one for who follows: the old one is told up, the new one as it is")
    void madeAnew() {
        Client first = Client.of("a");
        Client other = Client.of("b");
        Replicas<Client> replicas = replicas(List.of(first, other)).build();
        List<String> told = new ArrayList<>();
        replicas.follow((client, isUp, why) -> told.add(client.name + client.made + (isUp ? " up" : " down")));
        replicas.drain("a");
        Client second = first.again();
        replicas.replace(List.of(second, other));
        replicas.undrain("a");

        assertThat(told).containsExactly("a0 down", "a0 up", "a1 down", "a1 up");
    }

    @Test
    @DisplayName("replicas whose only node is on trial are ready: without a call it would stay as it is")
    void readyForTrial() {
        VirtualTime time = VirtualTime.create();
        Client a = Client.of("a");
        Replicas<Client> replicas =
                replicas(List.of(a, Client.of("b"))).environment(time).build();
        for (int i = 0; i < 5; i++) {
            assertThatThrownBy(() -> replicas.run(client -> {
                        throw new IOException(client.name);
                    }))
                    .hasMessage("a");
        }
        replicas.drain("b");
        assertThat(replicas.readiness().state()).isEqualTo(Readiness.State.DOWN);
        time.advance(Duration.ofHours(1));
        assertThat(replicas.readiness())
                .isEqualTo(new Readiness.Condition(Readiness.State.UP, "0 of 2 nodes up, 1 on trial"));
        assertThat(asked(replicas)).isEqualTo("a0");
        assertThat(replicas.readiness().reason()).isEqualTo("1 of 2 nodes up");
    }

    @Test
    @DisplayName("FO-8 a standby of which a single one of many is up gets the calls where nothing before it is up")
    void oneOfMany() {
        List<String> names =
                IntStream.range(0, 400).mapToObj(i -> (i < 200 ? "p" : "s") + i).toList();
        Replicas<String> replicas = Replicas.<String>builder("r")
                .nodes(names)
                .tierOf(name -> name.startsWith("p") ? 0 : 1)
                .panicBelow(0)
                .build();
        names.stream().filter(name -> !name.equals("s300")).forEach(replicas::drain);
        Map<String, Integer> asked = new TreeMap<>();
        for (int i = 0; i < 20; i++) {
            asked.merge(replicas.call(name -> name), 1, Integer::sum);
        }
        assertThat(asked).isEqualTo(Map.of("s300", 20));
    }

    @Test
    @DisplayName("a detector that speaks and then throws is not followed, and what it said is forgotten")
    void throwsAfterwards() {
        Replicas<Client> replicas =
                replicas(List.of(Client.of("a"), Client.of("b"))).build();
        IllegalStateException broken = new IllegalStateException("broken");
        Detector<Client> detector = new Detector<>() {
            @Override
            public Subscription follow(Watcher<? super Client> watcher) {
                watcher.changed(Client.of("a"), false, "seems so");
                throw broken;
            }
        };
        assertThatThrownBy(() -> replicas.follow(detector)).isSameAs(broken);
        assertThat(replicas.nodes()).allMatch(node -> node.state() == NodeState.UP);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RegistryTest {
    private static Registry<Object> registry(int capacity) {
        return Registry.of(capacity, name -> new Object());
    }

    @Test
    @DisplayName("A name has one entry, made when it is first asked for")
    void onePerName() {
        List<String> made = new ArrayList<>();
        Registry<String> registry = Registry.of(2, name -> {
            made.add(name);
            return "policy " + name;
        });

        assertThat(registry.find("a")).isEmpty();
        assertThat(registry.get("a")).isEqualTo("policy a").isSameAs(registry.get("a"));
        assertThat(registry.find("a")).contains("policy a");
        assertThat(made).containsExactly("a");
        assertThat(registry.all()).containsExactly("policy a");
        assertThat(registry).hasToString("Registry[1 of 2]");
    }

    @Test
    @DisplayName("P19 a full registry refuses new names, keeps the old ones, and says so on one line")
    void bounded() {
        Registry<Object> registry = registry(2);
        Object a = registry.get("a");
        registry.get("b");

        assertThatThrownBy(() -> registry.get("c\nd"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("registry: full with 2 entries (expected: room for 'c\\nd')");
        assertThat(registry.get("a")).isSameAs(a);
        assertThat(registry.all()).hasSize(2);
    }

    @Test
    @DisplayName("Removing an entry makes room, once")
    void removeFreesRoom() {
        Registry<Object> registry = registry(1);
        Object a = registry.get("a");

        assertThat(registry.remove("a")).containsSame(a);
        assertThat(registry.remove("a")).isEmpty();
        assertThat(registry.get("a")).isNotSameAs(a);
        assertThatThrownBy(() -> registry.get("b")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    @DisplayName("A factory that throws or gives null leaves the name and its room free")
    void failingFactory() {
        AtomicReference<Function<String, Object>> behaviour = new AtomicReference<>();
        Registry<Object> registry = Registry.of(1, name -> behaviour.get().apply(name));
        Error broken = new AssertionError("factory");

        for (int i = 0; i < 3; i++) {
            behaviour.set(name -> {
                throw broken;
            });
            assertThatThrownBy(() -> registry.get("a")).isSameAs(broken);
            behaviour.set(name -> null);
            assertThatThrownBy(() -> registry.get("a"))
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage("what the factory made for 'a': null (expected: a value)");
        }
        behaviour.set(name -> name);
        assertThat(registry.get("b")).isEqualTo("b");
        assertThat(registry).hasToString("Registry[1 of 1]");
    }

    @Test
    @DisplayName("A factory may ask the registry for other names")
    void recursiveFactory() {
        AtomicReference<Registry<String>> self = new AtomicReference<>();
        self.set(Registry.of(3, name -> name.length() < 3 ? self.get().get(name + "x") + "!" : name));

        assertThat(self.get().get("a")).isEqualTo("axx!!");
        assertThat(self.get().all()).containsExactlyInAnyOrder("axx", "axx!", "axx!!");
    }

    @Test
    @DisplayName("A factory that asks for its own name gets an entry in the end, or an error, but no deadlock")
    void factoryThatAsksForItsOwnName() {
        AtomicReference<Registry<Object>> self = new AtomicReference<>();
        AtomicBoolean inside = new AtomicBoolean();
        self.set(Registry.of(
                2, name -> inside.compareAndSet(false, true) ? self.get().get(name) : new Object()));
        Object made = self.get().get("a");
        assertThat(self.get().get("a")).isSameAs(made);
        assertThat(self.get()).hasToString("Registry[1 of 2]");
        assertThat(self.get().get("b")).isNotNull();

        AtomicReference<Registry<Object>> endless = new AtomicReference<>();
        endless.set(Registry.of(10, name -> endless.get().get(name)));
        assertThatThrownBy(() -> endless.get().get("a")).isInstanceOf(Throwable.class);
        assertThat(endless.get()).hasToString("Registry[0 of 10]");
    }

    @Test
    @DisplayName("P19 names that compete for the last place: an entry that anybody was given stays")
    void lastPlace() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(3);
        try {
            CyclicBarrier together = new CyclicBarrier(3);
            for (int round = 0; round < 2_000; round++) {
                Registry<Object> registry = registry(1);
                List<Future<Optional<Object>>> got = new ArrayList<>();
                for (String name : List.of("a", "b", "b")) {
                    got.add(pool.submit(() -> {
                        together.await(10, TimeUnit.SECONDS);
                        try {
                            return Optional.of(registry.get(name));
                        } catch (IllegalStateException full) {
                            return Optional.empty();
                        }
                    }));
                }
                Set<Object> given = new HashSet<>();
                for (Future<Optional<Object>> each : got) {
                    each.get(10, TimeUnit.SECONDS).ifPresent(given::add);
                }
                assertThat(given).hasSize(1).isEqualTo(Set.copyOf(registry.all()));
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    @DisplayName("Threads that ask at once for one name get one instance; the registry never holds more than fit")
    void concurrentGet() throws Exception {
        int threads = 4;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            CyclicBarrier together = new CyclicBarrier(threads);
            for (int round = 0; round < 500; round++) {
                Registry<Object> registry = registry(threads);
                List<Future<Object>> got = new ArrayList<>();
                for (int t = 0; t < threads; t++) {
                    got.add(pool.submit(() -> {
                        together.await(10, TimeUnit.SECONDS);
                        return registry.get("name");
                    }));
                }
                Set<Object> distinct = ConcurrentHashMap.newKeySet();
                for (Future<Object> each : got) {
                    distinct.add(each.get(10, TimeUnit.SECONDS));
                }
                assertThat(distinct).hasSize(1);
                // What the losers of the race made has given its room back.
                for (int i = 1; i < threads; i++) {
                    registry.get("other" + i);
                }
                assertThatThrownBy(() -> registry.get("too many")).isInstanceOf(IllegalStateException.class);
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    @DisplayName("A thread that loses the race for the last room still gets the entry of its name")
    void concurrentGetInATightRegistry() throws Exception {
        int threads = 4;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            CyclicBarrier together = new CyclicBarrier(threads);
            for (int round = 0; round < 500; round++) {
                Registry<Object> registry = registry(1);
                List<Future<Object>> got = new ArrayList<>();
                for (int t = 0; t < threads; t++) {
                    got.add(pool.submit(() -> {
                        together.await(10, TimeUnit.SECONDS);
                        return registry.get("name");
                    }));
                }
                for (Future<Object> each : got) {
                    assertThat(each.get(10, TimeUnit.SECONDS)).isSameAs(registry.get("name"));
                }
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    @DisplayName("XC-7 bad arguments get an error that names them")
    void badArguments() {
        assertThatThrownBy(() -> registry(0)).hasMessage("capacity: 0 (expected: 1 to 2147483647)");
        assertThatThrownBy(() -> Registry.of(1, null)).hasMessage("factory: null (expected: a value)");
        assertThatThrownBy(() -> registry(1).get(" ")).hasMessageStartingWith("name: ' '");
        assertThatThrownBy(() -> registry(1).get(null)).hasMessage("name: null (expected: a value)");
        assertThatThrownBy(() -> registry(1).find(null)).hasMessage("name: null (expected: a value)");
        assertThatThrownBy(() -> registry(1).remove(null)).hasMessage("name: null (expected: a value)");
    }

    @Test
    @DisplayName("The copy of all entries does not change with the registry")
    void allIsACopy() {
        Registry<Object> registry = registry(2);
        registry.get("a");
        var before = registry.all();
        registry.get("b");

        assertThat(before).hasSize(1);
        assertThatThrownBy(() -> before.clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    @DisplayName(
            "who follows hears of each entry once when it comes, of those that are there at once, and once when it goes")
    void follows() {
        Registry<String> registry = Registry.of(10, name -> "entry " + name);
        registry.get("a");
        List<String> told = new ArrayList<>();
        Subscription following = registry.follow(entry -> told.add("+" + entry), entry -> told.add("-" + entry));
        registry.get("a");
        registry.get("b");
        registry.remove("a");
        registry.remove("a");
        registry.get("a");
        assertThat(told).containsExactly("+entry a", "+entry b", "-entry a", "+entry a");
        following.cancel();
        registry.get("c");
        registry.remove("b");
        assertThat(told).hasSize(4);
    }

    @Test
    @DisplayName("who follows and throws is logged, and neither the registry nor others notice")
    void followerThrows() {
        Registry<String> registry = Registry.of(10, name -> name);
        List<String> told = new ArrayList<>();
        registry.follow(
                entry -> {
                    throw new IllegalStateException("broken");
                },
                entry -> {
                    throw new IllegalStateException("broken");
                });
        registry.follow(told::add, told::add);
        assertThat(registry.get("a")).isEqualTo("a");
        assertThat(registry.remove("a")).contains("a");
        assertThat(told).containsExactly("a", "a");
    }

    @Test
    @DisplayName("threads that add, remove and follow at the same time: each entry comes before it goes, each once")
    void followsManyThreads() throws Exception {
        Registry<AtomicInteger> registry = Registry.of(1_000, name -> new AtomicInteger());
        List<Throwable> broken = Collections.synchronizedList(new ArrayList<>());
        Thread[] threads = new Thread[4];
        for (int t = 0; t < threads.length; t++) {
            threads[t] = new Thread(() -> {
                for (int i = 0; i < 5_000; i++) {
                    registry.get("n" + i % 7);
                    registry.remove("n" + (i + 3) % 7);
                }
            });
        }
        Set<AtomicInteger> there = ConcurrentHashMap.newKeySet();
        Registry<AtomicInteger> followed = registry;
        Subscription following = followed.follow(
                entry -> {
                    if (!there.add(entry)) {
                        broken.add(new AssertionError("came twice"));
                    }
                },
                entry -> {
                    if (!there.remove(entry)) {
                        broken.add(new AssertionError("went before it came"));
                    }
                });
        for (Thread thread : threads) {
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(broken).isEmpty();
        assertThat(there).containsExactlyInAnyOrderElementsOf(registry.all());
        following.cancel();
    }
}

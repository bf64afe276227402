// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Keys whose hash codes others choose. */
class MapKeyTest {
    /** Counts how often it is compared, and so how often the key is that it comes first in. */
    private static final class Probe {
        private static long compared;

        @Override
        public boolean equals(Object other) {
            compared++;
            return other instanceof Probe;
        }

        @Override
        public int hashCode() {
            return 1;
        }
    }

    private record Key(Probe probe, String user) {}

    private record Nested(Probe probe, List<Optional<Map<String, Set<String>>>> users) {}

    private record Copies(int[] array) {
        @Override
        public int[] array() {
            return array.clone();
        }
    }

    private record OfItsOwn(String name) {
        @Override
        public boolean equals(Object other) {
            return other instanceof OfItsOwn that && name.equalsIgnoreCase(that.name);
        }

        @Override
        public int hashCode() {
            return 1;
        }
    }

    /** All have the same hash code. */
    private static List<String> colliding(int bits) {
        return IntStream.range(0, 1 << bits)
                .mapToObj(i -> IntStream.range(0, bits)
                        .mapToObj(j -> (i >> j & 1) == 0 ? "Aa" : "BB")
                        .collect(Collectors.joining()))
                .toList();
    }

    @Test
    @DisplayName("colliding records, lists and what is made of them are compared a few times each, not with all others")
    void collisions() {
        List<String> names = colliding(11);
        assertThat(names.stream().map(String::hashCode).distinct()).hasSize(1);
        List<Function<String, Object>> kinds = List.of(
                name -> new Key(new Probe(), name),
                name -> List.of(new Probe(), name),
                name -> List.of(new Probe(), List.of(1, name)),
                name -> new Nested(new Probe(), List.of(Optional.of(Map.of(name, Set.of(name))))));
        for (Function<String, Object> kind : kinds) {
            Map<Object, Integer> map = new HashMap<>();
            Probe.compared = 0;
            for (int i = 0; i < names.size(); i++) {
                map.put(MapKey.of(kind.apply(names.get(i))), i);
            }
            for (int i = 0; i < names.size(); i++) {
                assertThat(map.get(MapKey.of(kind.apply(names.get(i))))).isEqualTo(i);
            }
            assertThat(Probe.compared).isLessThan(4L * names.size());
        }
    }

    @Test
    void equalKeysAreEqualWhateverTheyAreMadeOf() {
        UUID id = UUID.randomUUID();
        List<Object> linked = new LinkedList<>(List.of("a", 1L, 2.5, id, Optional.empty()));
        linked.add(null);
        List<Object> array = new ArrayList<>(linked);
        Map<String, Integer> map = new LinkedHashMap<>();
        map.put("b", 2);
        map.put("a", 1);
        List<Object[]> pairs = List.of(
                new Object[] {linked, array},
                new Object[] {map, Map.of("a", 1, "b", 2)},
                new Object[] {
                    Map.entry("a", 1),
                    new HashMap<>(Map.of("a", 1)).entrySet().iterator().next()
                },
                new Object[] {new HashSet<>(List.of("Aa", "BB")), Set.of("BB", "Aa")},
                new Object[] {Optional.of("a"), Optional.of("a")},
                new Object[] {new Key(new Probe(), null), new Key(new Probe(), null)},
                new Object[] {List.of(), List.of()});
        for (Object[] pair : pairs) {
            assertThat(MapKey.of(pair[0]))
                    .isEqualTo(MapKey.of(pair[1]))
                    .hasSameHashCodeAs(MapKey.of(pair[1]))
                    .isInstanceOf(MapKey.class);
            assertThat(MapKey.hash(pair[0]))
                    .isEqualTo(MapKey.hash(MapKey.of(pair[1])))
                    .isBetween(0L, 1L << 61);
            assertThat(MapKey.of(pair[0])).hasToString(pair[0].toString()).isNotEqualTo(pair[0]);
        }
        assertThat(MapKey.of(List.of("a", "b")))
                .isNotEqualTo(MapKey.of(List.of("b", "a")))
                .isNotEqualTo(MapKey.of(List.of("a")));
    }

    @Test
    void whatIsComparableOrCannotBeTakenApartStaysAsItIs() {
        for (Object key : new Object[] {"text", 1, 5L, Thread.State.NEW, new Object(), new int[1], new OfItsOwn("a")}) {
            assertThat(MapKey.of(key)).isSameAs(key);
        }
        assertThat(MapKey.hash(new OfItsOwn("a"))).isEqualTo(MapKey.hash(new OfItsOwn("A")));
        assertThatThrownBy(() -> MapKey.of(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessageStartingWith("key");
    }

    @Test
    void theFieldsOfARecordCountAndNotWhatItsAccessorsGive() {
        int[] array = {1};
        assertThat(MapKey.of(new Copies(array))).isEqualTo(MapKey.of(new Copies(array)));
        assertThat(MapKey.of(new Copies(array))).isNotEqualTo(MapKey.of(new Copies(array.clone())));
    }

    @Test
    void numbersThatShareTheirHashCodeDoNotShareThis() {
        // Long and Double are folded to 32 bits.
        assertThat(IntStream.range(0, 1000)
                        .mapToObj(i ->
                                MapKey.hash(List.of((long) i << 32 | i, Double.longBitsToDouble((long) i << 32 | i))))
                        .distinct())
                .hasSize(1000);
        // A polynomial at any odd point modulo 2^64 gives these two the same.
        StringBuilder morse = new StringBuilder();
        StringBuilder inverse = new StringBuilder();
        for (int i = 0; i < 1 << 11; i++) {
            morse.append((char) ('a' + Integer.bitCount(i) % 2));
            inverse.append((char) ('b' - Integer.bitCount(i) % 2));
        }
        assertThat(MapKey.hash(morse.toString())).isNotEqualTo(MapKey.hash(inverse.toString()));
    }

    @Test
    void aListThatIsDeepIsTakenApartOnlySoFar() {
        Object deep = "a";
        for (int i = 0; i < 100; i++) {
            deep = List.of(deep);
        }
        Object again = "a";
        for (int i = 0; i < 100; i++) {
            again = List.of(again);
        }
        assertThat(MapKey.of(deep)).isEqualTo(MapKey.of(again));
    }
}

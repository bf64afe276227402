// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.Arrays;
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
import jdk.net.UnixDomainPrincipal;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    /** Whichever end {@code equals} begins at. */
    private record Key(Probe first, String user, Probe last) {}

    private record Nested(Probe first, List<Optional<Map<String, Set<String>>>> users, Probe last) {}

    private record Empty() {}

    private record Name(String text) {}

    private record Plain(String name, int number) {}

    private record Copies(int[] array) {
        @Override
        public int[] array() {
            return array.clone();
        }
    }

    private record EqualsOfItsOwn(String name) {
        @Override
        @SuppressWarnings("EqualsHashCode") // Its hash code is coarser than the compiler's, and that is all right.
        public boolean equals(Object other) {
            return other instanceof EqualsOfItsOwn that && name.equals(that.name);
        }
    }

    private record HashOfItsOwn(String name) {
        @Override
        public int hashCode() {
            return 1;
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
                name -> new Key(new Probe(), name, new Probe()),
                name -> List.of(new Probe(), name),
                name -> List.of(new Probe(), List.of(1, name)),
                name -> new Nested(new Probe(), List.of(Optional.of(Map.of(name, Set.of(name)))), new Probe()));
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
                new Object[] {new Key(new Probe(), null, null), new Key(new Probe(), null, null)},
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
        // There is nothing to take apart.
        assertThat(MapKey.of(new Empty())).isEqualTo(new Empty());
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

    @Test
    void aListIsTakenApartSixteenDeep() {
        assertThat(MapKey.hash(nested(15, "Aa"))).isNotEqualTo(MapKey.hash(nested(15, "BB")));
        assertThat(MapKey.hash(nested(16, List.of("Aa"))))
                .as("by its hash code from there on")
                .isEqualTo(MapKey.hash(nested(16, List.of("BB"))));
    }

    private static Object nested(int deep, Object innermost) {
        Object all = innermost;
        for (int i = 0; i < deep; i++) {
            all = List.of(all);
        }
        return all;
    }

    static List<Arguments> different() {
        return List.of(
                Arguments.of("short strings", "a", "b"),
                Arguments.of("a string and its beginning", "a\0", "a"),
                Arguments.of("the lower halves of numbers", 1L, 2L),
                Arguments.of("numbers with the same hash code", 1L, 1L << 32),
                Arguments.of("numbers that differ by the prime", 0L, (1L << 61) - 1),
                Arguments.of(
                        "doubles with the same hash code",
                        Double.longBitsToDouble(1),
                        Double.longBitsToDouble(1L << 32)),
                Arguments.of("UUIDs with the same hash code", new UUID(1, 2), new UUID(2, 1)),
                Arguments.of("anything else, by its hash code", 1, 2),
                Arguments.of("an element", List.of("Aa"), List.of("BB")),
                Arguments.of("an element of a set", Set.of("Aa"), Set.of("BB")),
                Arguments.of("the key of a map", Map.of("Aa", 1), Map.of("BB", 1)),
                Arguments.of("the value of a map", Map.of(1, "Aa"), Map.of(1, "BB")),
                Arguments.of("the key of an entry", Map.entry("Aa", 1), Map.entry("BB", 1)),
                Arguments.of("the value of an entry", Map.entry(1, "Aa"), Map.entry(1, "BB")),
                Arguments.of("an optional", Optional.of("Aa"), Optional.of("BB")),
                Arguments.of("the first component", new Plain("Aa", 1), new Plain("BB", 1)),
                Arguments.of("the last component", new Plain("a", 1), new Plain("a", 2)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    @DisplayName("keys that differ in one part have different hashes, most of which with the same hash code")
    void different(String part, Object one, Object other) {
        assertThat(MapKey.hash(one)).as(part).isNotEqualTo(MapKey.hash(other)).isEqualTo(MapKey.hash(MapKey.of(one)));
    }

    @Test
    void theHashCodeOfAWrapperTellsKeysApart() {
        assertThat(colliding(11).stream()
                        .map(name -> MapKey.of(List.of(name)).hashCode())
                        .distinct()
                        .count())
                .isGreaterThan(2_000);
    }

    @Test
    void wrappersAreInTheOrderOfTheirHashes() {
        MapKey[] keys = IntStream.range(0, 100)
                .mapToObj(i -> (MapKey) MapKey.of(List.of(i)))
                .sorted()
                .toArray(MapKey[]::new);

        assertThat(Arrays.stream(keys).map(MapKey::hash)).isSorted();
        MapKey one = (MapKey) MapKey.of(List.of(1));
        assertThat(one.compareTo((MapKey) MapKey.of(List.of(1)))).isZero();
    }

    // ---- Records, of classes that are loaded anew: what is known of a class stays known
    // ------------------------------

    private static Object loadedAnew(Class<?> type, String argument) throws Exception {
        String file = type.getName().substring(type.getPackageName().length() + 1) + ".class";
        byte[] code;
        try (InputStream in = MapKeyTest.class.getResourceAsStream(file)) {
            code = in.readAllBytes();
        }
        Class<?> loaded = new ClassLoader(MapKeyTest.class.getClassLoader()) {
            Class<?> define() {
                return defineClass(type.getName(), code, 0, code.length);
            }
        }.define();
        Constructor<?> constructor = loaded.getDeclaredConstructor(String.class);
        constructor.setAccessible(true);
        return constructor.newInstance(argument);
    }

    @Test
    void aRecordIsWrappedAndCountsByItsComponents() throws Exception {
        Object record = loadedAnew(Name.class, "Aa");

        assertThat(MapKey.of(record)).isInstanceOf(MapKey.class);
        assertThat(MapKey.hash(record))
                .isEqualTo(MapKey.hash(new Name("Aa")))
                .isNotEqualTo(MapKey.hash(loadedAnew(Name.class, "BB")));
    }

    @ParameterizedTest
    @ValueSource(classes = {EqualsOfItsOwn.class, HashOfItsOwn.class, OfItsOwn.class})
    void aRecordThatSaysItselfWhatItIsEqualToStaysAsItIs(Class<?> type) throws Exception {
        Object record = loadedAnew(type, "a");

        assertThat(MapKey.of(record)).isSameAs(record);
        assertThat(MapKey.hash(record)).isEqualTo(MapKey.hash(record));
    }

    @Test
    void aRecordWhoseFieldsCannotBeReadStaysAsItIs() {
        // Of a module that is not open to anybody.
        Object record = new UnixDomainPrincipal(() -> "user", () -> "group");

        assertThat(MapKey.of(record)).isSameAs(record);
    }
}

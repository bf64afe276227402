// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Checked;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LastGoodTest {
    private static final Duration AGE = Duration.ofMinutes(10);
    private static final Duration HUGE = Duration.ofSeconds(Long.MAX_VALUE);
    private static final long START = Long.MAX_VALUE - 1_000;

    /** The clock wraps around soon. */
    private final VirtualTime time = VirtualTime.create(START, 0);

    private final Map<Object, String> stock = new HashMap<>();
    private final IllegalStateException failure = new IllegalStateException("no");

    private FallbackBuilder<String> builder() {
        return Fallback.builder("f", String.class).environment(time);
    }

    private String stock(Object sku) {
        if (!stock.containsKey(sku)) {
            throw failure;
        }
        return stock.get(sku);
    }

    private String fails() throws IOException {
        throw new IOException("no");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("gives what the call last gave, up to the maximum age and not a nanosecond longer")
    void maximumAge(Way way) throws Throwable {
        Fallback<String> fallback = builder().lastGood(AGE).build();
        Duration wait = way == Way.LATER ? AGE.minusNanos(1_000) : AGE;

        assertThatThrownBy(() -> way.call(fallback, this::fails)).isInstanceOf(IOException.class);
        way.call(fallback, () -> "older");
        way.call(fallback, () -> "old");
        time.advance(wait);
        assertThat(way.call(fallback, this::fails)).isEqualTo("old");
        time.advance(Duration.ofNanos(1));
        assertThatThrownBy(() -> way.call(fallback, this::fails)).isInstanceOf(IOException.class);
        way.call(fallback, () -> "new");
        assertThat(way.call(fallback, this::fails)).isEqualTo("new");

        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(3, 2, 2, 2));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("null is as good a last result as any")
    void nullIsKept(Way way) throws Throwable {
        Fallback<String> fallback =
                builder().lastGood(AGE).value("nothing kept").build();

        way.<String>call(fallback, () -> null);

        assertThat(way.call(fallback, this::fails)).isNull();
        assertThat(fallback.counts().stale()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a result that was replaced, and what a step gave, is not kept as good")
    void onlyGoodOnes(Way way) throws Throwable {
        Fallback<String> fallback = builder()
                .onResult(String::isEmpty)
                .lastGood(AGE)
                .value("the step's")
                .build();

        assertThat(way.call(fallback, () -> "")).isEqualTo("the step's");
        assertThat(way.call(fallback, this::fails)).isEqualTo("the step's");
        way.call(fallback, () -> "good");
        assertThat(way.call(fallback, () -> "")).isEqualTo("good");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("listeners learn that a result is stale, how old it is and for which call")
    void staleServed(Way way) throws Throwable {
        Fallback<String> fallback = builder().lastGood(AGE).build();
        List<Fallback.StaleServed> told = new ArrayList<>();
        fallback.on(Fallback.StaleServed.class, told::add);

        way.call(fallback, () -> "old");
        time.advance(Duration.ofSeconds(3));
        way.call(fallback, this::fails);

        Duration age = Duration.ofSeconds(3).plusNanos(way == Way.LATER ? 1_000 : 0);
        assertThat(told).singleElement().satisfies(event -> {
            assertThat(event.policy()).isEqualTo("f");
            assertThat(event.age()).isEqualTo(age);
            assertThat(event.call().name()).isEqualTo("f");
        });
    }

    @Test
    @DisplayName("steps of different ages: a fresh one first, then another call, then an old one")
    void severalAges() {
        List<String> calls = new ArrayList<>();
        Fallback<String> fallback = builder()
                .lastGood(Duration.ofSeconds(10))
                .call(() -> {
                    calls.add("backup");
                    throw failure;
                })
                .lastGood(AGE)
                .build();
        fallback.call(() -> "good");

        time.advance(Duration.ofSeconds(10));
        assertThat(fallback.call(() -> stock("none"))).isEqualTo("good");
        assertThat(calls).isEmpty();
        time.advance(Duration.ofNanos(1));
        assertThat(fallback.call(() -> stock("none"))).isEqualTo("good");
        assertThat(calls).containsExactly("backup");
    }

    @Test
    @DisplayName("ages of zero and of forever are taken; a negative one is not")
    void ages() {
        Fallback<String> zero = builder().lastGood(Duration.ZERO).build();
        Fallback<String> forever = builder().lastGood(HUGE).build();

        zero.call(() -> "now");
        forever.call(() -> "once");
        assertThat(zero.call(() -> stock("none"))).isEqualTo("now");
        time.advance(Duration.ofNanos(1));
        assertThatThrownBy(() -> zero.call(() -> stock("none"))).isSameAs(failure);
        time.advance(Duration.ofDays(100 * 365));
        assertThat(forever.call(() -> stock("none"))).isEqualTo("once");

        assertThatThrownBy(() -> builder().lastGood(Duration.ofNanos(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("age: PT-0.000000001S (expected: at least PT0S)");
        assertThatThrownBy(() -> builder().lastGoodPerArgument(AGE, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("arguments: 0 (expected: 1 to ");
    }

    @Test
    @DisplayName("per argument: each gets its own last result, at its own age; functions, blocking and async")
    void perArgument() throws Throwable {
        Fallback<String> fallback = builder().lastGoodPerArgument(AGE, 100).build();
        Function<Integer, String> blocking = fallback.function(this::stock);
        Function<Integer, CompletableFuture<String>> async =
                fallback.asyncFunction((Integer sku) -> CompletableFuture.supplyAsync(() -> stock(sku), Runnable::run));

        stock.put(1, "one");
        assertThat(blocking.apply(1)).isEqualTo("one");
        time.advance(Duration.ofMinutes(6));
        stock.put(2, "two");
        assertThat(async.apply(2).join()).isEqualTo("two");
        stock.clear();

        assertThat(blocking.apply(1)).isEqualTo("one");
        assertThat(async.apply(2).join()).isEqualTo("two");
        assertThatThrownBy(() -> blocking.apply(2)).as("of another operation").isSameAs(failure);
        assertThat(async.apply(1)).as("of another operation").isCompletedExceptionally();
        assertThatThrownBy(() -> blocking.apply(3)).isSameAs(failure);
        time.advance(Duration.ofMinutes(6));
        assertThatThrownBy(() -> blocking.apply(1)).isSameAs(failure);
        assertThat(Way.join(time, async.apply(2))).isEqualTo("two");
    }

    @Test
    @DisplayName("per argument: two operations that are called with the same do not get each other's results")
    void twoOperations() {
        Fallback<Object> both = Fallback.builder("f", Object.class)
                .environment(time)
                .lastGoodPerArgument(AGE, 100)
                .build();
        Function<Integer, Object> stocks = both.function((Integer sku) -> (Object) stock(sku));
        Checked.Function<Integer, Object, RuntimeException> prices = both.checkedFunctionWith((call, sku) -> {
            throw failure;
        });
        Function<Integer, Object> names = both.functionWith((call, sku) -> {
            throw failure;
        });
        stock.put(1, "one");
        assertThat(stocks.apply(1)).isEqualTo("one");
        stock.clear();
        assertThat(stocks.apply(1)).isEqualTo("one");
        assertThatThrownBy(() -> prices.apply(1)).isSameAs(failure);
        assertThatThrownBy(() -> names.apply(1)).isSameAs(failure);
    }

    @Test
    @DisplayName("per argument: a function of two has both as its argument")
    void twoArguments() {
        Fallback<String> fallback = builder().lastGoodPerArgument(AGE, 100).build();
        BiFunction<String, Integer, String> function = fallback.biFunction((shop, sku) -> stock(List.of(shop, sku)));

        stock.put(List.of("Bonn", 1), "in Bonn");
        stock.put(List.of("Ulm", 1), "in Ulm");
        function.apply("Bonn", 1);
        function.apply("Ulm", 1);
        stock.clear();

        assertThat(function.apply("Bonn", 1)).isEqualTo("in Bonn");
        assertThat(function.apply("Ulm", 1)).isEqualTo("in Ulm");
        assertThatThrownBy(() -> function.apply("Bonn", 2)).isSameAs(failure);
    }

    @Test
    @DisplayName("per argument: a call without one, or with null, never gets another's result")
    void noArgument() {
        Fallback<String> fallback =
                builder().lastGoodPerArgument(AGE, 100).value("nothing kept").build();
        Function<Object, String> function = fallback.function(this::stock);
        stock.put(null, "of null");
        stock.put(1, "of one");

        assertThat(fallback.call(() -> "of none")).isEqualTo("of none");
        assertThat(function.apply(null)).isEqualTo("of null");
        assertThat(function.apply(1)).isEqualTo("of one");
        stock.clear();

        assertThat(fallback.call(() -> stock(1))).isEqualTo("nothing kept");
        assertThat(function.apply(null)).isEqualTo("nothing kept");
        assertThat(function.apply(1)).isEqualTo("of one");
    }

    @Test
    @DisplayName("XC-9 per argument: no more than that many are kept, whatever comes")
    void bounded() {
        Fallback<String> fallback =
                builder().lastGoodPerArgument(AGE, 10).value("gone").build();
        Function<Integer, String> function = fallback.function(this::stock);
        for (int sku = 0; sku < 1_000; sku++) {
            stock.put(sku, "good");
            function.apply(sku);
        }
        stock.clear();

        long kept = 0;
        for (int sku = 0; sku < 1_000; sku++) {
            kept += function.apply(sku).equals("good") ? 1 : 0;
        }

        assertThat(kept).isBetween(1L, 10L);
        assertThat(fallback.counts().stale()).isEqualTo(kept);
    }

    @Test
    @DisplayName("two fallbacks of one builder share no results")
    void builtTwice() {
        FallbackBuilder<String> builder =
                builder().lastGood(AGE).lastGoodPerArgument(AGE, 10).value("nothing kept");
        Fallback<String> first = builder.build();
        Fallback<String> second = builder.build();

        first.call(() -> "first");
        first.function((Integer sku) -> "first").apply(1);

        assertThat(second.call(() -> stock(1))).isEqualTo("nothing kept");
        assertThat(second.<Integer, String>function(this::stock).apply(1)).isEqualTo("nothing kept");
    }

    @Test
    @DisplayName("XC-19 calls without a result keep none, and get none: their failures are not taken for recovered")
    void withoutResult() {
        Fallback<String> fallback = builder()
                .lastGood(AGE)
                .lastGoodOfAnyCall(AGE)
                .lastGoodPerArgument(AGE, 10)
                .build();
        Consumer<Integer> consumer = fallback.consumer(this::stock);
        stock.put(1, "one");

        consumer.accept(1);
        fallback.run(() -> stock(1));
        assertThat(fallback.runAsync(() -> CompletableFuture.completedFuture("nobody's business"))
                        .join())
                .isNull();
        assertThatThrownBy(() -> fallback.call(() -> stock(2)))
                .as("nothing is kept")
                .isSameAs(failure);
        assertThat(fallback.function(this::stock).apply(1)).isEqualTo("one");
        assertThat(fallback.call(() -> stock(1))).isEqualTo("one");
        stock.clear();

        assertThatThrownBy(() -> consumer.accept(1)).isSameAs(failure);
        assertThatThrownBy(() -> fallback.run(() -> stock(1))).isSameAs(failure);
        assertThat(fallback.runAsync(() -> CompletableFuture.failedFuture(failure)))
                .isCompletedExceptionally();
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(5, 0, 0, 4));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("FB-4 the last good result never goes to another argument, unless it is asked for of any call")
    void notToAnotherArgument(boolean watched) {
        Fallback<String> fallback =
                builder().lastGood(AGE).value("nothing kept").build();
        Fallback<String> ofAny =
                builder().lastGoodOfAnyCall(AGE).value("nothing kept").build();
        if (watched) {
            // Then each call has a context, whatever it was called with.
            fallback.on(Fallback.StaleServed.class, event -> {});
        }
        stock.put("a", "stock of a");
        Function<String, String> function = fallback.function(this::stock);
        Function<String, CompletableFuture<String>> async =
                fallback.asyncFunction(sku -> CompletableFuture.completedFuture(stock(sku)));

        function.apply("a");
        ofAny.function(this::stock).apply("a");
        assertThat(fallback.call(() -> stock("b"))).isEqualTo("nothing kept");
        fallback.call(() -> "without an argument");

        assertThat(function.apply("b")).isEqualTo("nothing kept");
        assertThat(async.apply("b").join()).isEqualTo("nothing kept");
        assertThat(function.apply(null)).isEqualTo("nothing kept");
        assertThat(fallback.biFunction((x, y) -> stock("b")).apply(1, 2)).isEqualTo("nothing kept");
        assertThat(fallback.call(() -> stock("b"))).isEqualTo("without an argument");
        assertThat(fallback.<String>callWith(call -> stock("b"))).isEqualTo("without an argument");
        assertThat(ofAny.function(this::stock).apply("b")).isEqualTo("stock of a");
    }

    @Test
    @DisplayName("FB-4 by a key of one's own: of whatever the call knows, and of what is around it")
    void perKey() {
        String[] tenant = {"A"};
        Fallback<String> fallback = builder()
                .lastGood(
                        AGE,
                        10,
                        call -> tenant[0] == null
                                ? null
                                : List.of(tenant[0], call.argument().orElse("none")))
                .value("nothing kept")
                .build();
        Function<Integer, String> function = fallback.function(this::stock);
        stock.put(1, "one of A");

        assertThat(function.apply(1)).isEqualTo("one of A");
        assertThat(fallback.call(() -> "none of A")).isEqualTo("none of A");
        stock.clear();
        assertThat(function.apply(1)).isEqualTo("one of A");
        assertThat(fallback.call(() -> stock(1))).isEqualTo("none of A");
        for (String another : new String[] {"B", null}) {
            tenant[0] = another;
            assertThat(function.apply(1)).isEqualTo("nothing kept");
            assertThat(fallback.call(() -> stock(1))).isEqualTo("nothing kept");
        }
        assertThat(fallback).hasToString("Fallback['f' last good per key up to PT10M, value]");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "FB-4 XC-20 a key, or the function that gives it, that throws: the work's result stands, and the next step is tried")
    void keyThrows(Way way) throws Throwable {
        record Broken() {
            @Override
            public int hashCode() {
                throw new UnsupportedOperationException("hash");
            }
        }
        List<Fallback<String>> fallbacks = List.of(
                builder()
                        .lastGood(AGE, 10, call -> {
                            throw new StackOverflowError("key");
                        })
                        .value("next")
                        .build(),
                builder().lastGood(AGE, 10, call -> new Broken()).value("next").build());
        for (Fallback<String> fallback : fallbacks) {
            assertThat(way.call(fallback, () -> "result")).isEqualTo("result");
            assertThat(way.call(fallback, this::fails)).isEqualTo("next");
            assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(1, 1, 0, 0));
        }
    }

    @Test
    @DisplayName("FB-4 a step that has nothing to do with the calls that come is told of once, by name")
    void saidOnce() throws IOException {
        String name = "said once " + System.nanoTime();
        Fallback<String> perArgument = Fallback.builder(name, String.class)
                .environment(time)
                .lastGoodPerArgument(AGE, 1)
                .value("v")
                .build();
        Fallback<String> withoutArgument = Fallback.builder(name, String.class)
                .environment(time)
                .lastGood(AGE)
                .value("v")
                .build();
        Fallback<String> both = Fallback.builder("fine", String.class)
                .environment(time)
                .lastGoodPerArgument(AGE, 1)
                .value("v")
                .build();
        both.function(sku -> "good").apply(1);
        Fallback<String> ofNull = Fallback.builder("null " + name, String.class)
                .environment(time)
                .lastGoodPerArgument(AGE, 1)
                .value("v")
                .build();
        for (int i = 0; i < 3; i++) {
            perArgument.call(() -> stock("none"));
            withoutArgument.function(this::stock).apply("none");
            both.call(() -> stock("none"));
            ofNull.function(this::stock).apply(null);
        }
        assertThat(Files.readAllLines(Path.of("target", "test.log")))
                .filteredOn(line -> line.contains("Fallback 'fine'") || line.contains(name))
                .satisfiesExactlyInAnyOrder(
                        line -> assertThat(line)
                                .contains("WARN dev.holdfast.use", "has lastGoodPerArgument", "Use function"),
                        line -> assertThat(line)
                                .contains("WARN dev.holdfast.use", "has lastGood(age)", "Use lastGoodPer"),
                        line -> assertThat(line).contains("WARN dev.holdfast.use", "is called with the argument null"));
    }

    @Test
    @DisplayName("under two threads, a result and its age belong together, and every argument gets its own")
    void threads() throws Exception {
        Fallback<Integer> fallback = Fallback.builder("f", Integer.class)
                .environment(time)
                .lastGood(HUGE, 64, call -> call.argument().orElse(null))
                .build();
        Function<Integer, Integer> good = fallback.function((Integer n) -> n);
        Function<Integer, Integer> failing = fallback.function((Integer n) -> {
            throw failure;
        });
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try {
            List<Future<Integer>> wrong = new ArrayList<>();
            for (int thread = 0; thread < 2; thread++) {
                wrong.add(pool.submit(() -> {
                    int others = 0;
                    for (int i = 0; i < 20_000; i++) {
                        int key = i % 50;
                        good.apply(key);
                        others += failing.apply(key) == key ? 0 : 1;
                    }
                    return others;
                }));
            }
            for (Future<Integer> each : wrong) {
                assertThat(each.get(20, SECONDS)).isZero();
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(40_000, 40_000, 40_000, 0));
    }

    private record Key(String user, int shard) {}

    /** So many calls with arguments of their own, all of the same hash code or not; the quickest of some rounds. */
    private static long nanosOfKeys(boolean collide) {
        int bits = 12;
        long quickest = Long.MAX_VALUE;
        for (int round = 0; round < 5; round++) {
            Fallback<String> keyed = Fallback.<String>builder("keyed", String.class)
                    .lastGoodPerArgument(Duration.ofHours(1), 1 << bits)
                    .build();
            Function<Key, String> function = keyed.function(Key::user);
            long start = System.nanoTime();
            for (int i = 0; i < 1 << bits; i++) {
                StringBuilder name = new StringBuilder();
                for (int bit = 0; bit < bits; bit++) {
                    boolean one = (i >> bit & 1) == 1;
                    name.append(collide ? one ? "Aa" : "BB" : one ? "Xy" : "yX");
                }
                function.apply(new Key(name.toString(), 1));
            }
            quickest = Math.min(quickest, System.nanoTime() - start);
        }
        return quickest;
    }

    @Test
    @DisplayName("arguments that users have chosen for their hash code are told apart as quickly as others")
    void collidingArguments() {
        assertThat(new Key("AaBB", 1)).hasSameHashCodeAs(new Key("BBAa", 1));
        assertThat(nanosOfKeys(true) / (double) nanosOfKeys(false)).isLessThan(20);
    }

    @Test
    @DisplayName("FB-4 a fallback further in makes stale results good again: a last good one outside of it says so")
    void aroundAnotherFallback() {
        Fallback<String> other = builder().value("none").build();
        Fallback<String> last = builder().lastGood(AGE).build();
        assertThat(last.misplaced(List.of(), List.of(other)))
                .isEqualTo(
                        "keeps as last good results what Fallback 'f' inside of it has put in the place of failures: "
                                + "Fallback 'f' belongs outside of Fallback 'f'");
        assertThat(last.misplaced(List.of(), List.of(last))).startsWith("stands in this pipeline twice");
        assertThat(last.misplaced(List.of(other), List.of())).isNull();
        assertThat(other.misplaced(List.of(), List.of(last))).isNull();
    }
}

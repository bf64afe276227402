// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every way to make a call, with a lambda and with a method reference, through a policy that lets it in and counts. */
class FunctionalShapesTest {
    private final CountingGate gate = new CountingGate("gate");
    private final List<String> consumed = new ArrayList<>();

    // What a client looks like.
    private String stock() {
        return "stock";
    }

    private String stock(String sku) {
        return "stock of " + sku;
    }

    private String stock(String sku, Integer count) {
        return count + " of " + sku;
    }

    private String load() throws IOException {
        return "loaded";
    }

    private String load(String sku) throws IOException {
        return "loaded " + sku;
    }

    private String load(String sku, Integer count) throws IOException {
        return "loaded " + count + " of " + sku;
    }

    private void store() throws IOException {
        consumed.add("stored");
    }

    private void store(String sku) throws IOException {
        consumed.add("stored " + sku);
    }

    private void touch() {
        consumed.add("touched");
    }

    private CompletableFuture<String> stockAsync() {
        return CompletableFuture.completedFuture("stock");
    }

    private CompletionStage<String> stockAsync(String sku) {
        return CompletableFuture.completedStage("stock of " + sku);
    }

    private CompletionStage<String> stockAsync(String sku, Integer count) {
        return CompletableFuture.completedStage(count + " of " + sku);
    }

    @Test
    @DisplayName("Method references of every shape compile, get their arguments and give their results")
    void methodReferences() throws Exception {
        assertThat(gate.<String>call(this::stock)).isEqualTo("stock");
        assertThat(gate.<String>callWith(Call::name)).isEqualTo("gate");
        String loaded = gate.callChecked(this::load);
        assertThat(loaded).isEqualTo("loaded");
        gate.run(this::touch);
        gate.runChecked(this::store);

        Supplier<String> supplier = gate.supplier(this::stock);
        Callable<String> callable = gate.callable(this::load);
        Runnable runnable = gate.runnable(this::touch);
        Function<String, String> function = gate.function(this::stock);
        BiFunction<String, Integer, String> biFunction = gate.biFunction(this::stock);
        Consumer<String> consumer = gate.consumer(consumed::add);
        Checked.Supplier<String, IOException> checkedSupplier = gate.checkedSupplier(this::load);
        Checked.Runnable<IOException> checkedRunnable = gate.checkedRunnable(this::store);
        Checked.Function<String, String, IOException> checkedFunction = gate.checkedFunction(this::load);
        Checked.BiFunction<String, Integer, String, IOException> checkedBiFunction = gate.checkedBiFunction(this::load);
        Checked.Consumer<String, IOException> checkedConsumer = gate.checkedConsumer(this::store);

        assertThat(supplier.get()).isEqualTo("stock");
        assertThat(callable.call()).isEqualTo("loaded");
        runnable.run();
        assertThat(function.apply("a")).isEqualTo("stock of a");
        assertThat(biFunction.apply("a", 3)).isEqualTo("3 of a");
        consumer.accept("a");
        assertThat(checkedSupplier.get()).isEqualTo("loaded");
        checkedRunnable.run();
        assertThat(checkedFunction.apply("a")).isEqualTo("loaded a");
        assertThat(checkedBiFunction.apply("a", 3)).isEqualTo("loaded 3 of a");
        checkedConsumer.accept("a");

        CompletableFuture<String> future = gate.callAsync(this::stockAsync);
        Supplier<CompletableFuture<String>> asyncSupplier = gate.asyncSupplier(this::stockAsync);
        Function<String, CompletableFuture<String>> asyncFunction = gate.asyncFunction(this::stockAsync);
        BiFunction<String, Integer, CompletableFuture<String>> asyncBiFunction = gate.asyncBiFunction(this::stockAsync);
        assertThat(future.join()).isEqualTo("stock");
        assertThat(asyncSupplier.get().join()).isEqualTo("stock");
        assertThat(asyncFunction.apply("a").join()).isEqualTo("stock of a");
        assertThat(asyncBiFunction.apply("a", 3).join()).isEqualTo("3 of a");

        assertThat(consumed).containsExactly("touched", "stored", "touched", "a", "stored", "stored a");
        assertThat(gate.counts()).isEqualTo(new CallCounts(20, 0, 0, 0, 0));
        assertThat(gate.left).hasValue(20);
    }

    @Test
    @DisplayName("Lambdas of every shape compile without a cast")
    void lambdas() throws Exception {
        String supplied = gate.call(() -> "x");
        Integer withCall = gate.callWith(call -> call.attempt());
        String checked = gate.callChecked(() -> load());
        gate.run(() -> consumed.clear());
        gate.runChecked(() -> store());
        Function<String, Integer> function = gate.function(text -> text.length());
        BiFunction<Integer, Integer, Integer> biFunction = gate.biFunction((left, right) -> left + right);
        Consumer<String> consumer = gate.consumer(text -> consumed.add(text));
        Checked.Function<String, String, IOException> checkedFunction = gate.checkedFunction(sku -> load(sku));
        CompletableFuture<String> future = gate.callAsync(() -> stockAsync());
        CompletableFuture<Integer> futureWithCall =
                gate.callAsyncWith(call -> CompletableFuture.completedFuture(call.attempt()));
        CompletableFuture<Number> wider = gate.callAsync(() -> CompletableFuture.completedFuture(3));
        Number number = gate.<Number>call(() -> 3);
        consumer.accept("y");

        assertThat(List.of(supplied, checked, future.join(), checkedFunction.apply("a")))
                .containsExactly("x", "loaded", "stock", "loaded a");
        assertThat(List.of(withCall, futureWithCall.join(), function.apply("abc"), biFunction.apply(1, 2)))
                .containsExactly(1, 1, 3, 3);
        assertThat(List.of(number, wider.join())).containsExactly(3, 3);
        assertThat(consumed).containsExactly("stored", "y");
    }

    @Test
    @DisplayName("A decorated shape is made once and called often; nothing runs until it is called")
    void decoratedShapesAreReusable() {
        Function<String, String> function = gate.function(this::stock);
        gate.asyncSupplier(() -> {
            throw new AssertionError("not called");
        });
        assertThat(gate.entered).hasValue(0);
        assertThat(function.apply("a") + function.apply("b")).isEqualTo("stock of astock of b");
        assertThat(gate.entered).hasValue(2);
    }

    @Test
    @DisplayName("Null is a legal argument and a legal result")
    void nulls() throws Exception {
        assertThat(gate.<String>call(() -> null)).isNull();
        assertThat(gate.<String>callWith(call -> null)).isNull();
        String checked = gate.callChecked(() -> null);
        assertThat(checked).isNull();
        assertThat(gate.supplier(() -> null).get()).isNull();
        assertThat(gate.callable(() -> null).call()).isNull();
        assertThat(gate.function(argument -> argument).apply(null)).isNull();
        assertThat(gate.biFunction((first, second) -> first == null ? second : "not null")
                        .apply(null, null))
                .isNull();
        gate.consumer(argument -> assertThat(argument).isNull()).accept(null);
        assertThat(gate.checkedFunction(argument -> argument).apply(null)).isNull();
        assertThat(gate.callAsync(() -> CompletableFuture.completedFuture(null)).join())
                .isNull();
        assertThat(gate.asyncFunction(CompletableFuture::completedFuture)
                        .apply(null)
                        .join())
                .isNull();
        assertThat(gate.<Boolean>call(() -> true)).isTrue();
        assertThat(gate.counts().failures()).isZero();
    }

    /** Each shape as a call that throws, by name. */
    private Map<String, ThrowingCallable> throwing(Throwable thrown) {
        Map<String, ThrowingCallable> all = new LinkedHashMap<>();
        all.put("call", () -> gate.call(() -> sneak(thrown)));
        all.put("run", () -> gate.run(() -> sneak(thrown)));
        all.put("callWith", () -> gate.callWith(call -> sneak(thrown)));
        all.put("callChecked", () -> gate.callChecked(() -> sneak(thrown)));
        all.put("runChecked", () -> gate.runChecked(() -> sneak(thrown)));
        all.put("supplier", () -> gate.supplier(() -> sneak(thrown)).get());
        all.put("callable", () -> gate.callable(() -> sneak(thrown)).call());
        all.put("runnable", () -> gate.runnable(() -> sneak(thrown)).run());
        all.put("function", () -> gate.function(a -> sneak(thrown)).apply("a"));
        all.put("biFunction", () -> gate.biFunction((a, b) -> sneak(thrown)).apply("a", "b"));
        all.put("consumer", () -> gate.consumer(a -> sneak(thrown)).accept("a"));
        all.put(
                "checkedSupplier",
                () -> gate.checkedSupplier(() -> sneak(thrown)).get());
        all.put(
                "checkedRunnable",
                () -> gate.checkedRunnable(() -> sneak(thrown)).run());
        all.put(
                "checkedFunction",
                () -> gate.checkedFunction(a -> sneak(thrown)).apply("a"));
        all.put(
                "checkedBiFunction",
                () -> gate.checkedBiFunction((a, b) -> sneak(thrown)).apply("a", "b"));
        all.put(
                "checkedConsumer",
                () -> gate.checkedConsumer(a -> sneak(thrown)).accept("a"));
        return all;
    }

    /** Each asynchronous shape as a call that gives this stage, or throws, by name. */
    private Map<String, Supplier<CompletableFuture<Object>>> async(Supplier<CompletionStage<Object>> work) {
        Map<String, Supplier<CompletableFuture<Object>>> all = new LinkedHashMap<>();
        all.put("callAsync", () -> gate.callAsync(work));
        all.put("callAsyncWith", () -> gate.callAsyncWith(call -> work.get()));
        all.put("asyncSupplier", () -> gate.asyncSupplier(work).get());
        all.put("asyncFunction", () -> gate.asyncFunction(a -> work.get()).apply("a"));
        all.put(
                "asyncBiFunction",
                () -> gate.asyncBiFunction((a, b) -> work.get()).apply("a", "b"));
        return all;
    }

    @SuppressWarnings("unchecked")
    private static <T, X extends Throwable> T sneak(Throwable thrown) throws X {
        throw (X) thrown;
    }

    private static List<Throwable> throwables() {
        return List.of(
                new IllegalStateException(),
                new FileNotFoundException(),
                new Exception(),
                new CompletionException(new IOException()),
                new Throwable(),
                new Error(),
                new StackOverflowError());
    }

    @TestFactory
    @DisplayName("XC-2 a call throws what its work throws, as it is, and the gate is left")
    Stream<DynamicTest> throwsWhatTheWorkThrows() {
        return throwables().stream()
                .flatMap(thrown -> throwing(thrown).entrySet().stream()
                        .map(shape -> DynamicTest.dynamicTest(shape.getKey() + " throws " + thrown, () -> {
                            assertThatThrownBy(shape.getValue()).isSameAs(thrown);
                            assertThat(gate.left.get()).isEqualTo(gate.entered.get());
                        })));
    }

    @TestFactory
    @DisplayName("XC-2 an asynchronous call throws nothing: what its work throws, or its stage, is in the future")
    Stream<DynamicTest> asyncThrowsNothing() {
        return throwables().stream()
                .flatMap(thrown -> Stream.of(true, false).flatMap(fromStage -> {
                    Supplier<CompletionStage<Object>> work = () ->
                            fromStage ? CompletableFuture.failedFuture(thrown) : FunctionalShapesTest.sneakNow(thrown);
                    Throwable expected = thrown instanceof CompletionException ? thrown.getCause() : thrown;
                    return async(work).entrySet().stream()
                            .map(shape -> DynamicTest.dynamicTest(
                                    shape.getKey() + (fromStage ? " fails with " : " throws ") + thrown, () -> {
                                        CompletableFuture<Object> future =
                                                shape.getValue().get();
                                        assertThatThrownBy(future::get).hasCause(expected);
                                        assertThat(gate.left.get()).isEqualTo(gate.entered.get());
                                    }));
                }));
    }

    private static <T> T sneakNow(Throwable thrown) {
        return FunctionalShapesTest.<T, RuntimeException>sneak(thrown);
    }

    @TestFactory
    @DisplayName("XC-7 null work gets an error that names it, at once, and no gate is entered")
    Stream<DynamicTest> nullWork() {
        Map<String, ThrowingCallable> all = new LinkedHashMap<>();
        all.put("call", () -> gate.call(null));
        all.put("run", () -> gate.run(null));
        all.put("callWith", () -> gate.callWith(null));
        all.put("callChecked", () -> gate.callChecked(null));
        all.put("runChecked", () -> gate.runChecked(null));
        all.put("callAsync", () -> gate.callAsync(null));
        all.put("callAsyncWith", () -> gate.callAsyncWith(null));
        all.put("supplier", () -> gate.supplier(null));
        all.put("callable", () -> gate.callable(null));
        all.put("runnable", () -> gate.runnable(null));
        all.put("function", () -> gate.function(null));
        all.put("biFunction", () -> gate.biFunction(null));
        all.put("consumer", () -> gate.consumer(null));
        all.put("checkedSupplier", () -> gate.checkedSupplier(null));
        all.put("checkedRunnable", () -> gate.checkedRunnable(null));
        all.put("checkedFunction", () -> gate.checkedFunction(null));
        all.put("checkedBiFunction", () -> gate.checkedBiFunction(null));
        all.put("checkedConsumer", () -> gate.checkedConsumer(null));
        all.put("asyncSupplier", () -> gate.asyncSupplier(null));
        all.put("asyncFunction", () -> gate.asyncFunction(null));
        all.put("asyncBiFunction", () -> gate.asyncBiFunction(null));
        return all.entrySet().stream()
                .map(shape -> DynamicTest.dynamicTest(shape.getKey(), () -> {
                    assertThatThrownBy(shape.getValue())
                            .isInstanceOf(NullPointerException.class)
                            .hasMessage("work: null (expected: a value)");
                    assertThat(gate.entered).hasValue(0);
                }));
    }

    @Test
    @DisplayName("A null stage is an error of the work that says so, and the gate is left")
    void nullStage() {
        async(() -> null)
                .forEach((shape, call) -> assertThatThrownBy(call.get()::get)
                        .as(shape)
                        .hasCauseInstanceOf(NullPointerException.class)
                        .hasMessageContaining("stage: null (expected: the work to give a CompletionStage)"));
        assertThat(gate.left).hasValue(5);
    }

    @Test
    @DisplayName("A refused call throws the refusal, and its work does not run")
    void refused() {
        gate.shut = true;
        throwing(new AssertionError("the work ran"))
                .forEach((shape, call) -> assertThatThrownBy(call).as(shape).isInstanceOf(CountingGate.Refusal.class));
        async(() -> {
                    throw new AssertionError("the work ran");
                })
                .forEach((shape, call) ->
                        assertThatThrownBy(call.get()::get).as(shape).hasCauseInstanceOf(CountingGate.Refusal.class));
        assertThat(gate.counts()).isEqualTo(new CallCounts(0, 0, 0, 21, 0));
    }

    @Test
    @DisplayName("The call's context has the argument of functions and consumers, and both of functions of two")
    void argumentOfTheCall() {
        List<Object> arguments = new ArrayList<>();
        gate.on(
                Event.CallEnded.class,
                ended -> arguments.add(ended.call().argument().orElse("none")));
        assertThatCode(() -> {
                    gate.<String, String>function(this::stock).apply("f");
                    gate.<String>consumer(consumed::add).accept("c");
                    gate.<String, String, IOException>checkedFunction(this::load)
                            .apply("cf");
                    gate.<String, IOException>checkedConsumer(this::store).accept("cc");
                    gate.<String, String>asyncFunction(this::stockAsync)
                            .apply("af")
                            .join();
                    gate.<String, Integer, String>biFunction(this::stock).apply("bf", 2);
                    gate.<String, Integer, String, IOException>checkedBiFunction(this::load)
                            .apply(null, 2);
                    gate.<String, Integer, String>asyncBiFunction(this::stockAsync)
                            .apply("abf", null)
                            .join();
                    gate.function(argument -> "").apply(null);
                    gate.call(this::stock);
                })
                .doesNotThrowAnyException();
        assertThat(arguments)
                .containsExactly(
                        "f",
                        "c",
                        "cf",
                        "cc",
                        "af",
                        List.of("bf", 2),
                        Arrays.asList(null, 2),
                        Arrays.asList("abf", null),
                        "none",
                        "none");
    }
}

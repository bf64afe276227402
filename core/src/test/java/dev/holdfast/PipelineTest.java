// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PipelineTest {
    private final CountingGate a = new CountingGate("a");
    private final CountingGate b = new CountingGate("b");
    private final CountingGate c = new CountingGate("c");

    private static List<String> order(Policy<Object> pipeline) {
        List<String> order = new ArrayList<>();
        try (Subscription subscription = pipeline.on(Event.CallEnded.class, ended -> order.add(ended.policy()))) {
            pipeline.run(() -> assertThat(subscription).isNotNull());
        }
        return order;
    }

    @Test
    @DisplayName("Outermost first: the innermost is left first")
    void order() {
        assertThat(order(Pipeline.of(a, b, c))).containsExactly("c", "b", "a");
    }

    @Test
    @DisplayName("Law: nested pipelines are flattened, of(a, of(b, c)) is of(a, b, c) is of(of(a, b), c)")
    void flattening() {
        List<Policy<?>> flat = List.of(a, b, c);
        assertThat(Pipeline.of(a, b, c).policies()).isEqualTo(flat);
        assertThat(Pipeline.of(a, Pipeline.of(b, c)).policies()).isEqualTo(flat);
        assertThat(Pipeline.of(Pipeline.of(a, b), c).policies()).isEqualTo(flat);
        assertThat(Pipeline.of(Pipeline.of(Pipeline.of(a), b, Pipeline.of()), c).policies())
                .isEqualTo(flat);
        assertThat(order(Pipeline.of(a, Pipeline.of(b, c)))).containsExactly("c", "b", "a");
    }

    @Test
    @DisplayName("Law: of(a).then(b) is of(a, b)")
    void then() {
        assertThat(Pipeline.of(a).then(b, c).policies())
                .isEqualTo(Pipeline.of(a, b, c).policies());
        assertThat(Pipeline.of(a).then(b).then(c).policies())
                .isEqualTo(Pipeline.of(a, b, c).policies());
        assertThat(Pipeline.of(a).then(Pipeline.of(b, c)).name())
                .isEqualTo(Pipeline.of(a, b, c).name());
        assertThat(Pipeline.of(a).then().policies()).isEqualTo(Pipeline.of(a).policies());
    }

    @Test
    @DisplayName("Law: the empty pipeline only calls, and changes nothing beside others")
    void empty() {
        Pipeline<Object> empty = Pipeline.of();
        RuntimeException broken = new IllegalStateException();

        assertThat(empty.<String>call(() -> "result")).isEqualTo("result");
        assertThatThrownBy(() -> empty.run(() -> {
                    throw broken;
                }))
                .isSameAs(broken);
        assertThat(empty.callAsync(() -> new CompletableFuture<String>())).isNotDone();
        assertThat(empty.policies()).isEmpty();
        assertThat(empty.then(a, b).policies()).containsExactly(a, b);
        assertThat(Pipeline.of(empty, a, empty, b, empty).policies()).containsExactly(a, b);
        assertThat(empty.name()).isNotBlank();
    }

    @Test
    @DisplayName("Law: the same policy twice is entered and left twice")
    void samePolicyTwice() {
        Pipeline<Object> twice = Pipeline.of(a, a);
        assertThat(twice.policies()).containsExactly(a, a);
        twice.run(() -> {});
        assertThat(a.entered).hasValue(2);
        assertThat(a.left).hasValue(2);
    }

    @Test
    @DisplayName("then() and named() leave the pipeline that they were called on alone")
    void immutable() {
        Pipeline<Object> pipeline = Pipeline.of(a);
        pipeline.then(b);
        pipeline.named("other");
        assertThat(pipeline.policies()).containsExactly(a);
        assertThat(pipeline.name()).isEqualTo("a");
        assertThatThrownBy(() -> pipeline.policies().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    @DisplayName("An array that is changed later does not change the pipeline")
    void arrayIsCopied() {
        CountingGate[] gates = {a, b};
        Pipeline<Object> pipeline = Pipeline.of(gates);
        gates[0] = c;
        assertThat(pipeline.policies()).containsExactly(a, b);
    }

    @Test
    @DisplayName("A pipeline is named after its policies, or as one says, and its calls tell that name")
    void names() {
        assertThat(Pipeline.of(a, b).name()).isEqualTo("a > b");
        assertThat(Pipeline.of(a, b).<String>callWith(Call::name)).isEqualTo("a > b");
        assertThat(Pipeline.of(a, b).named("inventory").<String>callWith(Call::name))
                .isEqualTo("inventory");
        assertThat(Pipeline.of(Pipeline.of(a, b).named("inventory"), c).name()).isEqualTo("a > b > c");
        assertThat(a.<String>callWith(Call::name)).isEqualTo("a");
        assertThatThrownBy(() -> Pipeline.of(a).named(" ")).hasMessageStartingWith("name: ' '");
        assertThatThrownBy(() -> Pipeline.of(a).named(null)).hasMessage("name: null (expected: a value)");
    }

    @Test
    @DisplayName("A pipeline of many policies has a name that is a name, and makes its call")
    void longNames() {
        CountingGate[] many = IntStream.range(0, 300)
                .mapToObj(i -> new CountingGate("gate " + i))
                .toArray(CountingGate[]::new);
        Pipeline<Object> pipeline = Pipeline.of(many);
        assertThat(Require.name(pipeline.name()))
                .startsWith("gate 0 > gate 1 > ")
                .endsWith("...")
                .hasSize(256);
        assertThat(pipeline.<String>call(() -> "result")).isEqualTo("result");
        assertThat(pipeline.named("x").name()).isEqualTo("x");
        String fits = "x".repeat(126) + " > " + "y".repeat(127);
        assertThat(Pipeline.of(new CountingGate("x".repeat(126)), new CountingGate("y".repeat(127)))
                        .name())
                .isEqualTo(fits);
    }

    @Test
    @DisplayName("Policies of different environments are refused, with an error that names both")
    void differentEnvironments() {
        CountingGate other = new CountingGate("other", Environment.builder().build());
        assertThatThrownBy(() -> Pipeline.of(a, other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("environment of CountingGate['other'], beside CountingGate['a']: Environment[")
                .hasMessageEndingWith("(expected: Environment.system())");
        assertThatThrownBy(() -> Pipeline.of(a).then(other)).isInstanceOf(IllegalArgumentException.class);
        assertThat(Pipeline.of(other, Pipeline.of()).environment()).isSameAs(other.environment());
    }

    @Test
    @DisplayName("XC-7 a null policy gets an error that says so")
    void nullPolicies() {
        CountingGate none = null;
        assertThatThrownBy(() -> Pipeline.of(a, none)).hasMessage("policy: null (expected: a value)");
        assertThatThrownBy(() -> Pipeline.of(a).then(none)).hasMessage("policy: null (expected: a value)");
    }

    @Test
    @DisplayName("XC-5 calls that wait for nothing start no thread")
    void noThreads() {
        Pipeline<Object> pipeline = Pipeline.of(a, b, c);
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        pipeline.run(() -> {});
        pipeline.callAsync(() -> CompletableFuture.completedFuture("value")).join();
        CompletableFuture<String> later = new CompletableFuture<>();
        CompletableFuture<String> future = pipeline.callAsync(() -> later);
        later.complete("value");
        assertThat(future).isCompletedWithValue("value");
        assertThat(Thread.getAllStackTraces().keySet())
                .filteredOn(thread -> !before.contains(thread))
                .extracting(Thread::getName)
                .noneMatch(name -> name.contains("holdfast") || name.contains("ForkJoin"));
    }

    @Test
    @DisplayName("toString lists the policies on one line, whatever their names")
    void text() {
        assertThat(Pipeline.of(a, b)).hasToString("Pipeline[CountingGate['a'] > CountingGate['b']]");
        CountingGate odd = new CountingGate("two\nlines\u2028\u001b[2J");
        assertThat(Pipeline.of(odd).toString().lines()).hasSize(1);
        assertThat(Pipeline.of(odd).toString()).doesNotContain("\u2028", "\u001b");
        assertThat(Pipeline.of(odd).<String>callWith(Call::toString))
                .isEqualTo("Call['two\\nlines\\u2028\\u001b[2J' attempt 1]");
        assertThat(Pipeline.of().toString()).isEqualTo("Pipeline[]");
    }

    @Test
    @DisplayName("A refusal and an interrupted wait escape the policy's name in their messages")
    void namesInMessages() {
        CountingGate odd = new CountingGate("two\nlines");
        odd.shut = true;
        assertThatThrownBy(() -> odd.run(() -> {})).hasMessage("'two\\nlines' refused the call");
        assertThat(new CallInterruptedException("two\nlines", null))
                .hasMessage("interrupted while 'two\\nlines' made the caller wait");
    }
}

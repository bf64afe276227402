// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Work that has no result has none to judge: rules on results are not asked about it, and nobody sees what stands for it. */
class CallsWithoutResultTest {
    private final Lab lab = new Lab();
    private final AtomicInteger asked = new AtomicInteger();
    private final Classifier<Object> rules = Classifier.standard().failOnResult(value -> asked.incrementAndGet() > 0);

    /** Every way to make a call without a result. */
    private interface Shape {
        void call(Policy<Object> policy, Runnable work) throws Exception;
    }

    private Map<String, Shape> shapes() {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        shapes.put("run", Policy::run);
        shapes.put("runChecked", (policy, work) -> policy.runChecked(work::run));
        shapes.put("runnable", (policy, work) -> policy.runnable(work).run());
        shapes.put(
                "checkedRunnable",
                (policy, work) -> policy.checkedRunnable(work::run).run());
        shapes.put(
                "consumer",
                (policy, work) -> policy.consumer(argument -> work.run()).accept("argument"));
        shapes.put(
                "checkedConsumer",
                (policy, work) -> policy.checkedConsumer(a -> work.run()).accept("argument"));
        shapes.put("runAsync", (policy, work) -> await(policy.runAsync(() -> now(work))));
        shapes.put("runAsync, later", (policy, work) -> await(policy.runAsync(() -> later(work))));
        shapes.put(
                "asyncConsumer",
                (policy, work) -> await(policy.asyncConsumer(a -> now(work)).apply("argument")));
        shapes.put(
                "asyncConsumer, later",
                (policy, work) -> await(policy.asyncConsumer(a -> later(work)).apply("a")));
        return shapes;
    }

    private static CompletableFuture<String> now(Runnable work) {
        work.run();
        return CompletableFuture.completedFuture("nobody's business");
    }

    private CompletableFuture<String> later(Runnable work) {
        CompletableFuture<String> stage = new CompletableFuture<>();
        lab.time.schedule(
                () -> {
                    try {
                        now(work).thenAccept(stage::complete);
                    } catch (RuntimeException failed) {
                        stage.completeExceptionally(failed);
                    }
                },
                Lab.ms(5).toNanos());
        return stage;
    }

    private void await(CompletableFuture<Void> future) {
        lab.time.advance(Lab.ms(100));
        Object given = future.join();
        assertThat(given).isNull();
    }

    private Policy<Object> gate(String name, Executor executor) {
        class Judging extends CountingGate {
            Judging() {
                super(name, lab.environment);
                classifyBy(rules);
            }

            @Override
            protected Executor executor() {
                return executor;
            }
        }
        return new Judging();
    }

    private Map<String, Policy<Object>> policies() {
        Map<String, Policy<Object>> policies = new LinkedHashMap<>();
        policies.put("gate", gate("g", null));
        policies.put("two gates", Pipeline.of(gate("g", null), gate("h", null)));
        policies.put("gate with an executor", gate("g", Runnable::run));
        Lab.TracedLoop loop = lab.loop("r", 3, Lab.ms(1));
        loop.classifier = rules;
        policies.put("loop", loop);
        Lab.TracedRecovery recovery = lab.recovery("f", "instead");
        recovery.classifier = rules;
        policies.put("recovery", recovery);
        policies.put(
                "all of them",
                Pipeline.of(recovery, loop, gate("g", null), lab.deadline("d", Lab.ms(50)), gate("h", Runnable::run)));
        return policies;
    }

    @TestFactory
    @DisplayName(
            "XC-19 no rule on results is asked about a call without a result, at any policy, blocking and asynchronous")
    List<DynamicTest> notAsked() {
        List<DynamicTest> tests = new ArrayList<>();
        shapes().forEach((how, shape) -> policies()
                .forEach((where, policy) -> tests.add(DynamicTest.dynamicTest(how + " at a " + where, () -> {
                    AtomicInteger runs = new AtomicInteger();
                    List<Object> told = new ArrayList<>();
                    if (policy.events().contains(Event.CallEnded.class)) {
                        policy.on(
                                Event.CallEnded.class,
                                event -> told.add(event.outcome().result().orElse(null)));
                    }
                    shape.call(policy, runs::incrementAndGet);
                    assertThat(runs).hasValue(1);
                    assertThat(asked).hasValue(0);
                    assertThat(told).allSatisfy(value -> assertThat(value).isNull());
                }))));
        return tests;
    }

    @Test
    @DisplayName("XC-19 calls with a result are asked about, also where the result is null")
    void asked() {
        for (Policy<Object> policy : policies().values()) {
            asked.set(0);
            policy.call(() -> null);
            assertThat(asked.get()).as(policy.toString()).isPositive();
        }
    }

    @Test
    @DisplayName(
            "XC-19 failures of calls without a result are repeated and replaced as others are; what replaces them is no result")
    void failures() throws Exception {
        for (Shape shape : shapes().values()) {
            Lab.TracedRecovery recovery = lab.recovery("f", "instead");
            Lab.TracedLoop loop = lab.loop("r", 3, Lab.ms(1));
            AtomicInteger runs = new AtomicInteger();
            Policy<Object> policy = Pipeline.of(gate("g", null), recovery, loop);
            shape.call(policy, () -> {
                runs.incrementAndGet();
                throw new IllegalStateException("work");
            });
            assertThat(runs.get()).isPositive();
            assertThat(asked).as("what replaces a failure is no result").hasValue(0);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.CallCounts;
import dev.holdfast.CallInterruptedException;
import dev.holdfast.Event;
import dev.holdfast.Outcome;
import dev.holdfast.Permit;
import dev.holdfast.Pipeline;
import dev.holdfast.Subscription;
import dev.holdfast.testkit.Script;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.testkit.Way;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
@ExtendWith(Trial.class)
class ChaosTest {
    private final VirtualTime time = VirtualTime.create();
    private final Script<String> work = Script.<String>of(time).gives("stock");

    private static Duration ms(long millis) {
        return Duration.ofMillis(millis);
    }

    private Chaos.Builder chaos() {
        return Chaos.builder("inventory").environment(time);
    }

    private long millis() {
        return time.nanoTime() / 1_000_000;
    }

    private String text(Outcome<String> outcome) {
        return outcome.isFailure()
                ? outcome.failure().getMessage()
                : outcome.result().orElse("nothing");
    }

    private List<String> texts(Way way, Chaos chaos, int calls) {
        return IntStream.range(0, calls)
                .mapToObj(i -> text(way.call(chaos, work)))
                .toList();
    }

    private Chaos failing(double rate) {
        return chaos().fail(rate, () -> new ConnectException("injected")).build();
    }

    // ---- Off --------------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "CH-1 what no experiment has armed changes nothing: same result, same exception, no clock, no draw, no count")
    void off(Way way) {
        IOException failure = new IOException("own");
        Chaos chaos = chaos().fail(1, () -> new ConnectException("injected"))
                .delay(1, Delay.of(ms(100)))
                .hang(1)
                .only(call -> {
                    throw new AssertionError("asked");
                })
                .build();
        ChaosReply<String> reply = ChaosReply.<String>builder("reply")
                .environment(time)
                .lose(1, () -> new IOException("injected"))
                .build();
        String result = new String("stock");
        Script<String> own = Script.<String>of(time).gives(result).fails(failure);
        long reads = time.reads();
        Pipeline<String> pipeline = Pipeline.of(reply).then(chaos);
        assertThat(way.call(pipeline, own).result().orElseThrow()).isSameAs(result);
        assertThat(way.call(pipeline, own).failure()).isSameAs(failure);
        assertThat(failure.getSuppressed()).isEmpty();
        assertThat(own.calls()).isEqualTo(2);
        assertThat(time.reads() - reads).isEqualTo(own.starts().size());
        assertThat(chaos.counts()).isEqualTo(new CallCounts(0, 0, 0, 0, 0));
    }

    // ---- Faults before the work -------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    @DisplayName("CH-7 a failure or a result comes in place of the work, which is not done")
    void insteadOfWork(Way way) {
        Chaos failing = failing(1);
        Armed armed = Trial.terms(time).arm(failing);
        assertThat(way.call(failing, work).failure()).isInstanceOf(ConnectException.class);
        Chaos giving =
                Chaos.builder("other").environment(time).result(1, () -> "old").build();
        Trial.terms(time).arm(giving);
        assertThat(way.call(giving, work).result()).contains("old");
        assertThat(work.calls()).isZero();
        assertThat(armed.injected(Fault.FAIL)).isEqualTo(1);
        assertThat(failing.counts().failures()).isEqualTo(1);
        assertThat(giving.counts().successes()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CH-8 an injected delay takes exactly its time, and the work is done after it, once")
    void delayed(Way way) {
        Chaos chaos = chaos().delay(1, Delay.of(ms(250))).build();
        Armed armed = Trial.terms(time).arm(chaos);
        assertThat(way.call(chaos, work).result()).contains("stock");
        assertThat(millis()).isEqualTo(250);
        assertThat(work.calls()).isEqualTo(1);
        assertThat(armed.waiting()).isZero();
        assertThat(armed.terms.blast().active()).isZero();
    }

    @Test
    @DisplayName("CH-8 an asynchronous delay holds no thread, and cancelling the call ends it")
    void asyncDelay() {
        Chaos chaos = chaos().delay(1, Delay.of(ms(250))).build();
        Armed armed = Trial.terms(time).arm(chaos);
        List<CompletableFuture<String>> calls = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            calls.add(chaos.callAsync(work::stage));
        }
        assertThat(armed.waiting()).isEqualTo(1_000);
        calls.subList(0, 500).forEach(call -> call.cancel(true));
        assertThat(armed.waiting()).isEqualTo(500);
        assertThat(armed.terms.blast().active()).isEqualTo(500);
        time.advance(ms(250));
        time.advance(Duration.ZERO);
        assertThat(calls.subList(500, 1_000)).allMatch(CompletableFuture::isDone);
        assertThat(work.calls()).isEqualTo(500);
        assertThat(armed.terms.blast().active()).isZero();
    }

    @Test
    @DisplayName("CH-8 an interrupt ends a delay, and the work is not done")
    void interrupted() {
        Chaos chaos = chaos().delay(1, Delay.of(ms(250))).build();
        Armed armed = Trial.terms(time).arm(chaos);
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> chaos.call(work)).isInstanceOf(CallInterruptedException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(work.calls()).isZero();
        assertThat(armed.waiting()).isZero();
        assertThat(armed.terms.blast().active()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CH-2 a call that hangs goes on when its injection is disarmed, and none that comes later is injected")
    void hangs(Way way) {
        Chaos chaos = chaos().hang(1).build();
        Armed armed = Trial.terms(time).arm(chaos);
        time.schedule(armed::disarm, ms(70).toNanos());
        assertThat(way.call(chaos, work).result()).contains("stock");
        assertThat(millis()).isEqualTo(70);
        assertThat(way.call(chaos, work).result()).contains("stock");
        assertThat(millis()).isEqualTo(70);
        assertThat(armed.injected(Fault.HANG)).isEqualTo(1);
        assertThat(armed.terms.blast().active()).isZero();
        assertThat(time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CH-2 a delayed call whose experiment ends meanwhile gets no other fault either")
    void noFaultAfterTheEnd(Way way) {
        Chaos chaos = chaos().delay(1, Delay.of(ms(500))).result(1, () -> "old").build();
        Armed armed = Trial.terms(time).arm(chaos);
        assertThat(way.call(chaos, work).result()).contains("old");
        time.schedule(armed::disarm, ms(70).toNanos());
        assertThat(way.call(chaos, work).result()).contains("stock");
        assertThat(millis()).isEqualTo(570);
        assertThat(armed.injected(Fault.RESULT)).isEqualTo(1);
    }

    // ---- Which calls
    // --------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    @DisplayName("CH-9 the same seed and the same calls have the same faults; another seed has others")
    void seeded(Way way) {
        List<String> first = new ArrayList<>();
        for (long seed : List.of(1L, 1L, 2L)) {
            Chaos chaos = failing(0.5);
            Armed armed = Trial.seeded(time, seed).arm(chaos);
            first.add(String.join(" ", texts(way, chaos, 64)));
            armed.disarm();
        }
        assertThat(first.get(0)).isEqualTo(first.get(1)).isNotEqualTo(first.get(2));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CH-9 rate 0 injects nothing, rate 1 everything, and a stage of share 0 nothing")
    void extremes(Way way) {
        Chaos none = failing(0);
        Armed armed = Trial.terms(time).arm(none);
        assertThat(texts(way, none, 500)).containsOnly("stock");
        assertThat(armed.matched()).isEqualTo(500);
        assertThat(armed.injected()).isZero();
        Chaos all = Chaos.builder("all")
                .environment(time)
                .fail(1, () -> new ConnectException("injected"))
                .build();
        Armed whole = Trial.terms(time).arm(all);
        assertThat(texts(way, all, 500)).containsOnly("injected");
        whole.share(0);
        assertThat(texts(way, all, 500)).containsOnly("stock");
        assertThat(whole.injected()).isEqualTo(500);
    }

    @Test
    @DisplayName("CH-9 faults draw for what is left: 2 %, 49 %, 9.8 % and 0.882 % of the rates 0.02, 0.5, 0.1 and 0.01")
    void order() {
        Chaos chaos = chaos().fail(0.02, () -> new ConnectException("injected"))
                .delay(0.5, Delay.of(Duration.ofNanos(1)))
                .result(0.1, () -> "old")
                .hang(0.01)
                .build();
        // A hang ends with the experiment, so each one has an experiment of its own.
        long[] counts = new long[4];
        long calls = 100_000;
        Terms terms = Trial.terms(time);
        Armed armed = terms.arm(chaos);
        for (long i = 0; i < calls; i++) {
            chaos.callAsync(() -> CompletableFuture.completedFuture("stock"));
        }
        Fault[] faults = {Fault.FAIL, Fault.DELAY, Fault.RESULT, Fault.HANG};
        for (int i = 0; i < 4; i++) {
            counts[i] = armed.injected(faults[i]);
        }
        assertThat(counts[0]).isBetween(1_830L, 2_174L);
        assertThat(counts[1]).isBetween(48_384L, 49_616L);
        assertThat(counts[3]).isBetween(768L, 1_002L);
        time.advance(ms(1));
        time.advance(ms(1));
        assertThat(armed.injected(Fault.RESULT)).isBetween(9_436L, 10_167L);
        armed.disarm();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("only calls that match are counted as matched, draw, and are injected")
    void only(Way way) {
        Chaos chaos = chaos().fail(1, () -> new ConnectException("injected"))
                .only(call -> call.argument().filter("canary"::equals).isPresent())
                .build();
        assertThat(chaos.function(name -> name).apply("canary")).isEqualTo("canary");
        Armed armed = Trial.terms(time).arm(chaos);
        assertThat(chaos.function(name -> name).apply("other")).isEqualTo("other");
        assertThatThrownBy(() -> chaos.function(name -> name).apply("canary")).isInstanceOf(ConnectException.class);
        assertThat(way.call(chaos, work).result()).contains("stock");
        assertThat(armed.entered()).isEqualTo(3);
        assertThat(armed.matched()).isEqualTo(1);
        assertThat(armed.injected()).isEqualTo(1);
        armed.disarm();
        assertThat(chaos.function(name -> name).apply("canary")).isEqualTo("canary");
    }

    @Test
    @DisplayName("every n-th call that matches")
    void everyThird() {
        Chaos chaos =
                chaos().fail(1, () -> new ConnectException("injected")).every(3).build();
        Trial.terms(time).arm(chaos);
        assertThat(texts(Way.ASYNC, chaos, 6))
                .containsExactly("stock", "stock", "injected", "stock", "stock", "injected");
    }

    @Test
    @DisplayName("a sticky key decides once for all of its calls, and a larger share keeps the keys of a smaller one")
    void sticky() {
        Chaos chaos = chaos().fail(0.5, () -> new ConnectException("injected"))
                .stickyBy(call -> call.argument().orElse(null))
                .build();
        Armed armed = Trial.terms(time).arm(chaos);
        List<List<Integer>> hit = new ArrayList<>();
        for (double share : new double[] {0.4, 0.4, 1}) {
            armed.share(share);
            hit.add(IntStream.range(0, 1_000)
                    .filter(key -> !isServed(chaos, key))
                    .boxed()
                    .toList());
        }
        assertThat(hit.get(0)).isEqualTo(hit.get(1)).hasSizeBetween(150, 250);
        assertThat(hit.get(2)).containsAll(hit.get(0)).hasSizeBetween(430, 570);
    }

    private static boolean isServed(Chaos chaos, int key) {
        try {
            return chaos.<Integer, Integer>function(same -> same).apply(key) == key;
        } catch (Exception injected) {
            return false;
        }
    }

    @Test
    @DisplayName("calls of the control group, and those without a key, are left alone")
    void control() {
        Chaos chaos = failing(1);
        Terms.Control control = new Terms.Control(call -> call.argument().orElse(null), 0.5, 7);
        Terms plain = Trial.terms(time);
        Terms terms = new Terms("e", "o", "r", time, plain.end(), plain.seed(), plain.blast(), control);
        Armed armed = terms.arm(chaos);
        long served =
                IntStream.range(0, 1_000).filter(key -> isServed(chaos, key)).count();
        assertThat(served).isBetween(430L, 570L);
        assertThat(chaos.call(() -> "no key")).isEqualTo("no key");
        assertThat(armed.matched()).isEqualTo(1_000 - served);
        assertThat(armed.entered()).isEqualTo(1_001);
    }

    @Test
    @DisplayName("5.8 the numbers of injected calls lie in their 99.99 % intervals")
    void shares() {
        assertThat(injectedOf(100_000, 0.02)).isBetween(1_830L, 2_174L);
        assertThat(injectedOf(10_000, 0.01)).isBetween(64L, 141L);
        assertThat(injectedOf(100_000, 0.001)).isBetween(64L, 141L);
    }

    private long injectedOf(int calls, double rate) {
        Chaos chaos = chaos().result(rate, () -> "old").build();
        Armed armed = Trial.terms(time).arm(chaos);
        for (int i = 0; i < calls; i++) {
            chaos.call(() -> "stock");
        }
        armed.disarm();
        return armed.injected();
    }

    // ---- What users write, and what is told
    // --------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "what a rule, a supplier or a distribution of the user's throws injects nothing, and is nobody's failure")
    void throwingRules(Way way) {
        List<Chaos> broken = List.of(
                chaos().fail(1, () -> {
                            throw new IllegalStateException("supplier");
                        })
                        .build(),
                chaos().fail(1, () -> null).build(),
                chaos().result(1, () -> {
                            throw new IllegalStateException("supplier");
                        })
                        .build(),
                chaos().delay(1, Delay.distributed(share -> {
                            throw new IllegalStateException("quantiles");
                        }))
                        .build(),
                chaos().fail(1, () -> new ConnectException("injected"))
                        .only(call -> {
                            throw new IllegalStateException("rule");
                        })
                        .build());
        for (Chaos each : broken) {
            Armed armed = Trial.terms(time).arm(each);
            assertThat(way.call(each, work).result()).contains("stock");
            assertThat(armed.injected()).isZero();
            assertThat(armed.terms.blast().active()).isZero();
            armed.disarm();
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CH-18 injected exceptions are made afresh, and events, logs and callers can tell them from others")
    void recognisable(Way way) {
        Chaos chaos = failing(1);
        List<FaultInjected> told = new ArrayList<>();
        chaos.on(FaultInjected.class, told::add);
        Trial.terms(time).arm(chaos);
        Throwable one = way.call(chaos, work).failure();
        Throwable other = way.call(chaos, work).failure();
        assertThat(one).isNotSameAs(other).hasSameClassAs(new ConnectException());
        assertThat(Chaos.isInjected(one)).isTrue();
        assertThat(Chaos.isInjected(new IllegalStateException(one))).isTrue();
        assertThat(Chaos.isInjected(new ConnectException("own"))).isFalse();
        assertThat(one.getSuppressed()[0]).hasMessage("injected by Experiment 'slow stock', owner 'payments on call'");
        assertThat(told).extracting(FaultInjected::failure).containsExactly(one, other);
        assertThat(told.get(0).experiment()).isEqualTo("slow stock");
        assertThat(told.get(0).eventName()).isEqualTo("holdfast.chaos.fault_injected");
        assertThat(chaos.meters())
                .filteredOn(meter -> meter.name().equals("holdfast.chaos.injections")
                        && "fail".equals(meter.labels().get("holdfast.fault")))
                .singleElement()
                .satisfies(meter -> assertThat(meter.value()).isEqualTo(2));
    }

    @Test
    @DisplayName("CH-14 events tell whose an arming is, why, and what came of it")
    void told() {
        Chaos chaos = failing(1);
        List<Event.Change> told = new ArrayList<>();
        chaos.on(Event.Change.class, told::add);
        Armed armed = Trial.terms(time).arm(chaos);
        Way.BLOCKING.call(chaos, work);
        armed.disarm();
        armed.disarm();
        assertThat(told)
                .containsExactly(
                        new FaultsArmed(chaos, "slow stock", "payments on call", "before the sale"),
                        new FaultsDisarmed(chaos, "slow stock", 1, 1, 0));
        assertThat(chaos).hasToString("Chaos['inventory' off]");
    }

    @Test
    @DisplayName("a permit that is taken by hand meets no fault")
    void permit() {
        Chaos chaos = failing(1);
        Armed armed = Trial.terms(time).arm(chaos);
        try (Permit permit = chaos.acquire()) {
            assertThat(permit.succeeded()).isTrue();
        }
        assertThat(armed.entered()).isZero();
    }

    @Test
    @DisplayName("a retry around it meets its faults attempt by attempt, and a pipeline says when it is not innermost")
    void misplaced() {
        assertThat(failing(1).misplaced(List.of(), List.of(Pipeline.of()))).contains("is not innermost");
        assertThat(failing(1).misplaced(List.of(), List.of(failing(0)))).isNull();
    }

    @Test
    @DisplayName(
            "listening to its events costs calls no context, and arming it without rules about calls does not either")
    void noContext() {
        Chaos chaos = failing(0.5);
        Subscription listening = chaos.on(FaultInjected.class, event -> {});
        Armed armed = Trial.terms(time).arm(chaos);
        long reads = time.reads();
        for (int i = 0; i < 100; i++) {
            Way.BLOCKING.call(chaos, work);
        }
        // One for each fault, which looks whether its time is over; Script reads one for each start.
        assertThat(time.reads() - reads).isEqualTo(armed.injected() * 2 + work.calls());
        listening.cancel();
    }
}

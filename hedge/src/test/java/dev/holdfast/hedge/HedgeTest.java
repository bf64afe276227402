// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.hedge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Budget;
import dev.holdfast.Call;
import dev.holdfast.Event;
import dev.holdfast.Meter;
import dev.holdfast.Outcome;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.testkit.Script;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.testkit.Way;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class HedgeTest {
    private static final Duration DELAY = ms(30);

    private final VirtualTime time = VirtualTime.create();
    private final Script<String> work = Script.of(time);

    private static Duration ms(long millis) {
        return Duration.ofMillis(millis);
    }

    private HedgeBuilder<Object> hedge() {
        return Hedge.builder("h").environment(time).repeatable().after(DELAY).runOn(time.threads());
    }

    private List<Long> starts() {
        return work.starts().stream().map(Duration::toMillis).toList();
    }

    private long millis() {
        return time.nanoTime() / 1_000_000;
    }

    /** Attempts that are called off have to notice it. */
    private void untilQuiet() throws InterruptedException {
        for (int i = 0; i < 1_000 && work.underWay() > 0; i++) {
            time.advance(Duration.ZERO);
            Thread.sleep(1);
        }
        assertThat(work.underWay()).isZero();
        assertThat(time.pendingTimers()).isZero();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    // ---- Late -------------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    @DisplayName("HG-1 a first attempt that is in time is the only one, and leaves no timer")
    void inTime(Way way) {
        Hedge<Object> hedge = hedge().build();
        work.gives("a").after(ms(29));

        assertThat(way.call(hedge, work).result()).contains("a");

        assertThat(starts()).containsExactly(0L);
        assertThat(time.pendingTimers()).isZero();
        assertThat(hedge.counts()).isEqualTo(new Hedge.Counts(1, 0, 0, 0, 0, 0, 0, 0, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "HG-1 one that is late gets another beside it; the first success is the call's, the other is called off")
    void late(Way way) throws InterruptedException {
        Hedge<Object> hedge = hedge().build();
        work.gives("slow").after(ms(1_000)).gives("fast").after(ms(10));

        assertThat(way.call(hedge, work).result()).contains("fast");

        assertThat(millis()).isEqualTo(40);
        assertThat(starts()).containsExactly(0L, 30L);
        untilQuiet();
        assertThat(hedge.counts()).isEqualTo(new Hedge.Counts(0, 1, 0, 0, 1, 0, 0, 0, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("the first attempt may still win; then the extra is called off")
    void firstWins(Way way) throws InterruptedException {
        Hedge<Object> hedge = hedge().build();
        work.gives("slow").after(ms(50)).gives("slower").after(ms(1_000));

        assertThat(way.call(hedge, work).result()).contains("slow");

        assertThat(millis()).isEqualTo(50);
        untilQuiet();
        assertThat(hedge.counts()).isEqualTo(new Hedge.Counts(1, 0, 0, 0, 1, 0, 0, 0, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RC-1 extras start one after the other, each when the one before is late")
    void severalExtras(Way way) throws InterruptedException {
        Hedge<Object> hedge = hedge().extras(3).build();
        work.gives("x").after(ms(1_000)).times(3).gives("d").after(ms(5));

        assertThat(way.call(hedge, work).result()).contains("d");

        assertThat(starts()).containsExactly(0L, 30L, 60L, 90L);
        untilQuiet();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("HG-8 with a delay of zero all start at once; nobody gets that who has not asked for it")
    void atOnce(Way way) throws InterruptedException {
        work.gives("slow").after(ms(20)).gives("fast").after(ms(10));

        assertThat(way.call(hedge().after(Duration.ZERO).build(), work).result())
                .contains("fast");

        assertThat(starts()).containsExactly(0L, 0L);
        untilQuiet();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("the delay may depend on the call; null, less than zero and what it throws are none")
    void delayOfCall(Way way) throws InterruptedException {
        List<Duration> delays = new ArrayList<>();
        delays.add(ms(7));
        delays.add(null);
        delays.add(ms(-1));
        List<Object> asked = new ArrayList<>();
        Hedge<Object> hedge = hedge().after(call -> {
                    asked.add(call);
                    if (delays.isEmpty()) {
                        throw new IllegalStateException("no delay");
                    }
                    return delays.get(0);
                })
                .build();
        work.gives("slow").after(ms(1_000)).gives("fast").after(ms(1));

        assertThat(way.call(hedge, work).result()).contains("fast");
        assertThat(starts()).containsExactly(0L, 7L);
        untilQuiet();
        assertThat(asked).isNotEmpty().doesNotContainNull();

        work.gives("alone").after(ms(1_000));
        for (int i = 0; i < 3; i++) {
            delays.remove(0);
            assertThat(way.call(hedge, work).result()).contains("alone");
        }
        assertThat(work.calls()).isEqualTo(5);
        assertThat(hedge.delay()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("HG-8 there is no extra attempt where the call has no time left for it")
    void noTime(Way way) {
        Hedge<Object> hedge = hedge().build();
        work.gives("a").after(ms(25));

        assertThat(way.call(Pipeline.of(hedge).within(DELAY), work).result()).contains("a");
        assertThat(starts()).containsExactly(0L);
        assertThat(hedge.counts().late()).isZero();
    }

    // ---- Failed -----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    @DisplayName("RC-6 a failure starts the other attempt at once, and not after the delay")
    void failed(Way way) {
        Hedge<Object> hedge = hedge().build();
        work.fails(new IOException("1")).after(ms(10)).gives("b").after(ms(10));

        assertThat(way.call(hedge, work).result()).contains("b");

        assertThat(starts()).containsExactly(0L, 10L);
        assertThat(time.pendingTimers()).isZero();
        assertThat(hedge.counts()).isEqualTo(new Hedge.Counts(0, 1, 0, 0, 0, 1, 0, 0, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a failure does not win against an attempt that still runs")
    void extraFails(Way way) {
        Hedge<Object> hedge = hedge().build();
        work.gives("slow").after(ms(100)).fails(new IOException("2")).after(ms(10));

        assertThat(way.call(hedge, work).result()).contains("slow");

        assertThat(millis()).isEqualTo(100);
        assertThat(hedge.counts()).isEqualTo(new Hedge.Counts(1, 0, 0, 0, 1, 0, 0, 0, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RC-6 of several extras, each failure starts one more at once")
    void failuresBesides(Way way) throws InterruptedException {
        Hedge<Object> hedge = hedge().extras(3).build();
        work.gives("slow").after(ms(1_000)); // at 0
        work.fails(new IOException("2")).after(ms(5)); // at 30
        work.fails(new IOException("3")).after(ms(5)); // at 35
        work.gives("d").after(ms(1)); // at 40

        assertThat(way.call(hedge, work).result()).contains("d");

        assertThat(starts()).containsExactly(0L, 30L, 35L, 40L);
        untilQuiet();
        assertThat(hedge.counts()).isEqualTo(new Hedge.Counts(0, 1, 0, 0, 1, 2, 0, 0, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("when all have failed the caller gets the last failure, with the earlier ones suppressed")
    void allFail(Way way) {
        IOException first = new IOException("1");
        IOException second = new IOException("2");
        Hedge<Object> hedge = hedge().build();
        work.fails(first).after(ms(10)).fails(second).after(ms(10));

        assertThat(way.call(hedge, work).failure()).isSameAs(second);

        assertThat(second.getSuppressed()).containsExactly(first);
        assertThat(millis()).isEqualTo(20);
        assertThat(hedge.counts()).isEqualTo(new Hedge.Counts(0, 0, 1, 0, 0, 1, 0, 0, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "without afterFailure the failure of the first attempt is the call's; one that is late gets another all the same")
    void onlyLate(Way way) throws InterruptedException {
        Hedge<Object> hedge = hedge().afterFailure(false).build();
        IOException failure = new IOException("1");
        work.fails(failure).after(ms(10));
        assertThat(way.call(hedge, work).failure()).isSameAs(failure);
        assertThat(starts()).containsExactly(0L);

        Script<String> slow = Script.<String>of(time)
                .gives("slow")
                .after(ms(1_000))
                .gives("fast")
                .after(ms(1));
        assertThat(way.call(hedge, slow).result()).contains("fast");
        Thread.sleep(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("HG-9 what is ignored ends the call, also while another attempt runs")
    void ignored(Way way) throws InterruptedException {
        AssertionError bug = new AssertionError("bug");
        Hedge<Object> hedge = hedge().build();
        work.gives("slow").after(ms(1_000)).fails(bug).after(ms(10));

        assertThat(way.call(hedge, work).failure()).isSameAs(bug);

        assertThat(millis()).isEqualTo(40);
        untilQuiet();
        assertThat(hedge.counts().ignored()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("results may be failures; the last one is given if no attempt does better")
    void badResult(Way way) {
        Hedge<String> hedge =
                hedge().<String>classify(so -> so.failOnResult("bad"::equals)).build();
        work.gives("bad").after(ms(1)).gives("good").after(ms(1)).gives("bad").times(2);

        assertThat(way.call(hedge, work).result()).contains("good");
        assertThat(way.call(hedge, work).result()).contains("bad");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a refusal further in starts no other attempt, and ends none that runs")
    void refused(Way way) {
        Door door = new Door("inside", time);
        Hedge<Object> hedge = hedge().build();
        Pipeline<Object> pipeline = Pipeline.of(hedge, door);
        door.shut = true;
        assertThat(way.call(pipeline, work).failure()).hasMessageContaining("is shut");
        assertThat(work.calls()).isZero();
        assertThat(hedge.counts()).isEqualTo(new Hedge.Counts(0, 0, 1, 0, 0, 0, 0, 0, 0));

        door.shut = false;
        time.schedule(() -> door.shut = true, ms(10).toNanos());
        work.gives("slow").after(ms(100));
        assertThat(way.call(pipeline, work).result()).contains("slow");
        assertThat(work.calls()).isEqualTo(1);
        assertThat(door.inside).hasValue(0);
    }

    // ---- What it must not do ----------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    @DisplayName("HG-2 work that is not said to be repeatable is done once")
    void notRepeatable(Way way) {
        Hedge<Object> hedge = hedge().repeatableIf(call -> false).build();
        work.gives("slow").after(ms(1_000)).fails(new IOException("no")).after(ms(1));

        assertThat(way.call(hedge, work).result()).contains("slow");
        assertThat(way.call(hedge, work).failure()).hasMessage("no");
        assertThat(work.calls()).isEqualTo(2);
        assertThat(hedge.counts()).isEqualTo(new Hedge.Counts(1, 0, 1, 0, 0, 0, 0, 0, 0));
    }

    @Test
    @DisplayName("the argument says whether a call may be repeated; a rule that throws says no")
    void repeatableByArgument() {
        Hedge<Object> hedge = hedge().repeatableIf(
                        call -> call.argument().orElseThrow().equals("GET"))
                .build();
        AtomicInteger works = new AtomicInteger();
        for (String method : List.of("GET", "POST")) {
            assertThatThrownBy(() -> hedge.checkedFunction((String it) -> {
                                works.incrementAndGet();
                                throw new IOException(it);
                            })
                            .apply(method))
                    .hasMessage(method);
        }
        assertThat(works).hasValue(3);
        assertThatThrownBy(() -> hedge.callChecked(() -> {
                    works.incrementAndGet();
                    throw new IOException("without an argument");
                }))
                .hasMessage("without an argument");
        assertThat(works).hasValue(4);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a call that is committed gets no other attempt")
    void committed(Way way) {
        Hedge<Object> hedge = hedge().build();
        AtomicInteger works = new AtomicInteger();
        Policy<Object> pipeline = Pipeline.of(hedge);
        work.gives("slow").after(ms(1_000));
        if (way.isAsync()) {
            CompletableFuture<String> future = pipeline.callAsyncWith(call -> {
                call.commit();
                works.incrementAndGet();
                return work.stage();
            });
            assertThat(time.<String>join(future)).isEqualTo("slow");
        } else {
            assertThat(pipeline.<String>callWith(call -> {
                        call.commit();
                        works.incrementAndGet();
                        return work.get();
                    }))
                    .isEqualTo("slow");
        }
        assertThat(works).hasValue(1);
        assertThat(hedge.counts().late()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("HG-6 an empty budget starts no attempt, and leaves alone what runs; successes fill it up")
    void budget(Way way) throws InterruptedException {
        Budget budget = Budget.of(1, 0.5, 0);
        Hedge<Object> hedge = hedge().budget(budget).build();
        work.gives("slow").after(ms(100)).gives("fast").after(ms(1)); // uses it up, and fills up a half
        work.gives("slow").after(ms(100)); // has none
        work.gives("slow").after(ms(100)).gives("fast").after(ms(1)); // two halves

        assertThat(way.call(hedge, work).result()).contains("fast");
        assertThat(way.call(hedge, work).result()).contains("slow");
        assertThat(way.call(hedge, work).result()).contains("fast");

        untilQuiet();
        assertThat(hedge.counts()).isEqualTo(new Hedge.Counts(1, 2, 0, 0, 2, 0, 0, 1, 0));
        assertThat(meter(hedge, "holdfast.hedge.budget.available", null)).isZero();
    }

    @Test
    @DisplayName(
            "HG-3 an attempt for which there is no thread is not made: it is counted, costs nothing of the budget, and fails nothing")
    void noThread() {
        Budget budget = Budget.of(5, 0, 0);
        Hedge<Object> hedge = hedge().runOn(task -> {
                    throw new RejectedExecutionException("full");
                })
                .budget(budget)
                .build();
        work.gives("slow").after(ms(100));

        assertThat(Way.BLOCKING.call(hedge, work).result()).contains("slow");

        assertThat(work.calls()).isEqualTo(1);
        assertThat(budget.available()).isEqualTo(5);
        assertThat(hedge.counts()).isEqualTo(new Hedge.Counts(1, 0, 0, 0, 1, 0, 0, 0, 1));
    }

    @ParameterizedTest
    @EnumSource(names = "BLOCKING", mode = EnumSource.Mode.EXCLUDE)
    @DisplayName("RC-7 a call that is cancelled cancels all its attempts, and starts no other")
    void cancelled(Way way) throws InterruptedException {
        Hedge<Object> hedge = hedge().extras(2).build();
        work.hangs();
        CompletableFuture<String> future = way.start(hedge, work);
        time.advance(ms(40));
        assertThat(work.underWay()).isEqualTo(2);

        future.cancel(true);
        time.advance(Duration.ofSeconds(10));

        assertThat(work.calls()).isEqualTo(2);
        untilQuiet();
        assertThat(hedge.counts()).isEqualTo(new Hedge.Counts(0, 0, 0, 0, 1, 0, 0, 0, 0));
    }

    // ---- Settings, numbers, order -----------------------------------------------------------------------------------

    @Test
    @DisplayName("it has to be told which calls may be made twice")
    void mustBeTold() {
        assertThatThrownBy(() -> Hedge.builder("h").build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "repeatable: missing (expected: which calls may be made twice, by repeatable() or repeatableIf(...))");
        assertThat(Hedge.ofRepeatable("h").delay()).contains(ms(100));
    }

    @Test
    @DisplayName("settings out of their range are refused by name and value")
    void ranges() {
        HedgeBuilder<Object> settings = hedge();
        assertThatThrownBy(() -> settings.extras(0)).hasMessageContaining("extras: 0");
        assertThatThrownBy(() -> settings.extras(15)).hasMessageContaining("extras: 15");
        assertThatThrownBy(() -> settings.after(ms(-1))).hasMessageContaining("delay of after");
        assertThatThrownBy(() -> settings.afterQuantile(1, ms(1))).hasMessageContaining("share of afterQuantile: 1.0");
        assertThatThrownBy(() -> settings.afterQuantile(0, ms(1))).hasMessageContaining("share of afterQuantile: 0.0");
        assertThatThrownBy(() -> settings.afterQuantile(Double.NaN, ms(1)))
                .hasMessageContaining("share of afterQuantile: NaN");
        assertThatThrownBy(() -> settings.between(ms(2), ms(1))).hasMessageContaining("max of between");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a reconfiguration holds for calls from now on, and for those under way")
    void reconfigured(Way way) throws InterruptedException {
        Hedge<Object> hedge = hedge().build();
        work.gives("slow").after(ms(1_000)).gives("fast").after(ms(1));

        hedge.reconfigure(so -> so.after(ms(5)).extras(2));

        assertThat(hedge.delay()).contains(ms(5));
        assertThat(way.call(hedge, work).result()).contains("fast");
        assertThat(starts()).containsExactly(0L, 5L);
        untilQuiet();
        assertThatThrownBy(() -> hedge.reconfigure(so -> so.environment(VirtualTime.create())))
                .hasMessageContaining("environment");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("listeners hear of the extra attempt, and who has won")
    void events(Way way) throws InterruptedException {
        Hedge<Object> hedge = hedge().build();
        List<String> told = new ArrayList<>();
        hedge.on(Event.AttemptStarted.class, event -> told.add("started " + event.attempt()));
        hedge.on(Event.RaceDecided.class, event -> told.add("decided " + event.attempt() + " of " + event.started()));
        work.gives("slow").after(ms(1_000)).gives("fast").after(ms(1)).gives("alone");

        way.call(hedge, work);
        way.call(hedge, work);

        untilQuiet();
        assertThat(told).containsExactly("started 1", "decided 1 of 2");
    }

    @Test
    @DisplayName("meters say what the counts say")
    void meters() throws InterruptedException {
        Hedge<Object> hedge = hedge().build();
        work.gives("slow").after(ms(1_000)).gives("fast").after(ms(1)).gives("alone");
        Way.BLOCKING.call(hedge, work);
        Way.BLOCKING.call(hedge, work);
        untilQuiet();

        assertThat(meter(hedge, "holdfast.hedge.calls", "first")).isEqualTo(1);
        assertThat(meter(hedge, "holdfast.hedge.calls", "extra")).isEqualTo(1);
        assertThat(meter(hedge, "holdfast.hedge.extras", "late")).isEqualTo(1);
        assertThat(meter(hedge, "holdfast.hedge.extras", "failed")).isZero();
        assertThat(meter(hedge, "holdfast.hedge.missed", "over_budget")).isZero();
        assertThat(meter(hedge, "holdfast.hedge.delay", null)).isEqualTo(0.03);
    }

    private static double meter(Hedge<?> hedge, String name, String label) {
        return hedge.meters().stream()
                .filter(meter -> meter.name().equals(name))
                .filter(meter -> label == null || meter.labels().containsValue(label))
                .mapToDouble(Meter::value)
                .findFirst()
                .orElseThrow();
    }

    @Test
    @DisplayName("its text says what it does")
    void text() {
        assertThat(hedge().build()).hasToString("Hedge['h' up to 1 extra, after 30ms]");
        assertThat(Hedge.ofRepeatable("h"))
                .hasToString("Hedge['h' up to 1 extra, after quantile 0.95, 100ms until known]");
        assertThat(hedge().after(call -> null).build())
                .hasToString("Hedge['h' up to 1 extra, after what its call says]");
    }

    @Test
    @DisplayName("a context says which attempt it is")
    void lanes() throws InterruptedException {
        Hedge<Object> hedge = hedge().build();
        List<Integer> lanes = new ArrayList<>();
        Outcome<String> outcome = Way.BLOCKING.call(Pipeline.of(hedge), () -> "unused");
        assertThat(outcome.isFailure()).isFalse();
        work.gives("slow").after(ms(1_000)).gives("fast").after(ms(1));
        hedge.<String>callWith((Call call) -> {
            synchronized (lanes) {
                lanes.add(call.lane());
            }
            return work.get();
        });
        untilQuiet();
        assertThat(lanes).containsExactly(0, 1);
    }
}

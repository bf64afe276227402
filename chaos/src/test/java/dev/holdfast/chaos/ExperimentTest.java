// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Meter;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(Trial.class)
class ExperimentTest {
    private static Shop withRetry(double failRate) {
        VirtualTime time = VirtualTime.create();
        Retry<Object> retry = time.building(() -> Retry.ofDefaults("stock"));
        return new Shop(time, 50, build -> build.fail(failRate, Shop::injected), retry);
    }

    // ---- Verdicts ---------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("a hypothesis that holds because of a retry is confirmed with it, and refuted without")
    void confirmedAndRefuted() {
        Shop guarded = withRetry(0.05);
        Report with =
                guarded.experiment().hypothesis(guarded.answered()).build().run();
        Shop bare = new Shop(50, 0.05);
        Report without = bare.experiment().hypothesis(bare.answered()).build().run();

        assertThat(with.verdict()).as(with.text()).isEqualTo(Verdict.CONFIRMED);
        assertThat(with.injected()).isBetween(100L, 300L);
        assertThat(without.verdict()).as(without.text()).isEqualTo(Verdict.REFUTED);
        assertThat(without.because()).startsWith("orders answered is 9").contains("(expected: at least 99 %");
    }

    @Test
    @DisplayName("CH-10 where the hypothesis does not hold before, nothing is injected")
    void notSteady() {
        Shop shop = new Shop(50, 1);
        shop.failing = 50;
        Report report = shop.experiment().hypothesis(shop.answered()).build().run();

        assertThat(report.verdict()).isEqualTo(Verdict.NOT_STEADY);
        assertThat(report.because()).startsWith("before any fault orders answered is 94.933 % of 1500 calls");
        assertNothingInjected(shop, report);
        assertThat(report.took()).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    @DisplayName("CH-10 where there are too few calls before, nothing is injected")
    void tooFewBefore() {
        Shop shop = new Shop(2, 1);
        Report report = shop.experiment().hypothesis(shop.answered()).build().run();

        assertThat(report.verdict()).isEqualTo(Verdict.NOT_STEADY);
        assertThat(report.because())
                .isEqualTo(
                        "before any fault orders answered is 100 % of 60 calls (expected: at least 99 % of 100 calls or more)");
        assertNothingInjected(shop, report);
    }

    @Test
    @DisplayName("CH-10 a value that is off before ends it at once")
    void valueOffBefore() {
        Shop shop = new Shop(50, 1);
        Report report = shop.experiment()
                .hypothesis(Probe.duration("p99", () -> Duration.ofSeconds(2)).atMost(Duration.ofMillis(400)))
                .build()
                .run();

        assertThat(report.verdict()).isEqualTo(Verdict.NOT_STEADY);
        assertThat(report.because()).isEqualTo("before any fault p99 is 2s (expected: at most 400ms)");
        assertThat(report.took()).isZero();
        assertNothingInjected(shop, report);
    }

    private static void assertNothingInjected(Shop shop, Report report) {
        assertThat(report.injected()).isZero();
        assertThat(counted(shop.chaos, "injections")).isZero();
        assertThat(report.timeToRecover()).isEmpty();
    }

    private static long counted(Chaos chaos, String what) {
        return (long) chaos.meters().stream()
                .filter(meter -> meter.name().endsWith(what))
                .mapToDouble(Meter::value)
                .sum();
    }

    @Test
    @DisplayName("CH-11 an experiment that injects nothing is inconclusive, and never a success")
    void nothingInjected() {
        VirtualTime time = VirtualTime.create();
        Shop shop = new Shop(time, 50, build -> build.fail(1, Shop::injected).only(call -> false));
        Report report = shop.experiment().hypothesis(shop.answered()).build().run();

        assertThat(report.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(report.because()).isEqualTo("nothing was injected");
    }

    @ParameterizedTest
    @CsvSource({"298, INCONCLUSIVE", "299, CONFIRMED"})
    @DisplayName("CH-11 with too few calls it is inconclusive: 299 good ones show 99 %, 298 do not")
    void tooFew(int calls, Verdict verdict) {
        VirtualTime time = VirtualTime.create();
        Shop shop = new Shop(time, 100, build -> build.delay(0.5, Delay.of(Duration.ofMillis(1))));
        shop.after(Duration.ofSeconds(30).plusMillis(10L * calls + 5), () -> shop.isOpen = false);
        Report report = shop.experiment()
                .hypothesis(Probe.ratio("orders answered", () -> shop.calls, () -> 0)
                        .atLeast(0.99))
                .build()
                .run();

        // After the faults nobody calls, so that nothing more can be said.
        assertThat(report.text())
                .contains("of " + calls + " calls")
                .contains(verdict == Verdict.CONFIRMED ? ": confirmed" : ": inconclusive");
        assertThat(report.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
    }

    @Test
    @DisplayName("CH-13 a guard aborts within some calls when half of them are bad, and no call is injected afterwards")
    void guard() {
        Shop shop = new Shop(50, 0.5);
        Report report = shop.experiment()
                .hypothesis(shop.answered())
                .abortAt(AbortGuard.badRate(0.01, 0.05))
                .build()
                .run();

        assertThat(report.verdict()).isEqualTo(Verdict.ABORTED);
        assertThat(report.because()).contains("the guard says too many bad ones");
        assertThat(report.injected()).isBetween(3L, 20L);
        long injected = counted(shop.chaos, "injections");
        shop.virtual().advance(Duration.ofMinutes(1));
        assertThat(counted(shop.chaos, "injections")).isEqualTo(injected);
        assertThat(report.timeToRecover()).isPresent();
    }

    @Test
    @DisplayName("a value that is off during the faults ends them at once, and refutes")
    void valueOffDuring() {
        Shop shop = new Shop(50, 0.1);
        AtomicLong millis = new AtomicLong(100);
        shop.after(Duration.ofSeconds(40), () -> millis.set(900));
        shop.after(Duration.ofSeconds(45), () -> millis.set(100));
        Report report = shop.experiment()
                .hypothesis(Probe.duration("p99", () -> Duration.ofMillis(millis.get()))
                        .atMost(Duration.ofMillis(400))
                        .exceptFor(Duration.ofSeconds(2)))
                .build()
                .run();

        assertThat(report.verdict()).isEqualTo(Verdict.REFUTED);
        assertThat(report.because()).isEqualTo("p99 is 900ms (expected: at most 400ms, except for 2s at a time)");
        assertThat(report.facts.faultsEnded()).isEqualTo(Duration.ofSeconds(42).toNanos());
        assertThat(report.timeToRecover().orElseThrow())
                .as("since the last reading that was off")
                .isBetween(Duration.ofMillis(2750), Duration.ofSeconds(3));
    }

    // ---- Recovery ---------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("CH-16 steady state is looked for again after the faults, and the report says how long it took")
    void recovers() {
        Shop shop = withRetry(0.05);
        shop.after(Duration.ofSeconds(90), () -> shop.failing = 900);
        shop.after(Duration.ofSeconds(100), () -> shop.failing = 0);
        Report report = shop.experiment()
                .hypothesis(shop.answered())
                .recoverWithin(Duration.ofMinutes(1))
                .build()
                .run();

        assertThat(report.verdict()).as(report.text()).isEqualTo(Verdict.CONFIRMED);
        assertThat(report.timeToRecover().orElseThrow()).isBetween(Duration.ofSeconds(9), Duration.ofSeconds(12));
    }

    @Test
    @DisplayName("CH-16 what is not steady again in time is refuted")
    void doesNotRecover() {
        Shop shop = withRetry(0.05);
        shop.after(Duration.ofSeconds(90), () -> shop.failing = 900);
        Report report = shop.experiment()
                .hypothesis(shop.answered())
                .recoverWithin(Duration.ofSeconds(20))
                .build()
                .run();

        assertThat(report.verdict()).isEqualTo(Verdict.REFUTED);
        assertThat(report.because()).startsWith("not as before 20s after the faults: orders answered is ");
        assertThat(report.timeToRecover()).isEmpty();
        assertThat(report.took()).isEqualTo(Duration.ofSeconds(110));
    }

    @Test
    @DisplayName("CH-15 CH-16 what cannot be undone is no success")
    void notUndone() {
        Shop shop = withRetry(0.05);
        Report report = shop.experiment()
                .hypothesis(shop.answered())
                .inject(Burden.of("flag", () -> {}, () -> {
                    throw new IllegalStateException("no");
                }))
                .build()
                .run();

        assertThat(report.verdict()).isEqualTo(Verdict.ABORTED);
        assertThat(report.because()).startsWith("not all was undone: java.lang.IllegalStateException");
    }

    // ---- Bounds -----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("CH-5 CH-17 the report's counts are those of the policy, of its events, and within the bounds")
    void counts() {
        Shop shop = withRetry(0.2);
        List<FaultInjected> told = new ArrayList<>();
        shop.chaos.on(FaultInjected.class, told::add);
        Report report = shop.experiment()
                .hypothesis(shop.answered())
                .atMost(100)
                .build()
                .run();

        assertThat(report.injected())
                .isEqualTo(100)
                .isEqualTo(told.size())
                .isEqualTo(counted(shop.chaos, "injections"));
        assertThat(report.injected(Fault.FAIL)).isEqualTo(100);
        assertThat(report.overflow()).isPositive().isEqualTo(counted(shop.chaos, "overflows"));
        assertThat(report.json()).contains("\"injected\":100,").contains("\"fail\":100");
        assertThat(report.text()).contains("injected     stock: 100 (fail 100), of ");
        assertThat(report.html()).contains("stock: 100 (fail 100), of ");
    }

    @Test
    @DisplayName("stages inject a part of the rates first, then more")
    void stages() {
        Shop shop = new Shop(50, 0.5);
        List<Long> soFar = new ArrayList<>();
        for (int second = 30; second <= 90; second += 20) {
            shop.after(Duration.ofSeconds(second).plusMillis(1), () -> soFar.add(counted(shop.chaos, "injections")));
        }
        shop.experiment()
                .hypothesis(Probe.that("so", () -> true))
                .stages(0.1, 0.5, 1)
                .build()
                .run();

        // 1,000 calls each: 5, 25 and 50 % of them.
        assertThat(soFar.get(1) - soFar.get(0)).isBetween(20L, 80L);
        assertThat(soFar.get(2) - soFar.get(1)).isBetween(190L, 310L);
        assertThat(soFar.get(3) - soFar.get(2)).isBetween(430L, 570L);
    }

    @Test
    @DisplayName("a dry run looks at all probes, says how many calls would have been touched, and touches none")
    void dryRun() {
        Shop shop = new Shop(50, 0.5);
        List<String> burdens = new ArrayList<>();
        Experiment experiment = shop.experiment()
                .hypothesis(shop.answered())
                .inject(Burden.of("flag", () -> burdens.add("set"), () -> burdens.add("undone")))
                .build();
        Report dry = experiment.dryRun();

        assertThat(dry.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(dry.because()).isEqualTo("nothing was injected, because it was a dry run");
        assertThat(dry.injected()).isZero();
        assertThat(dry.overflow()).isBetween(1400L, 1600L);
        assertThat(dry.text()).contains("stock: " + dry.overflow() + " would have been, of 2999 calls");
        assertThat(burdens).isEmpty();
        assertThat(shop.callers.now().failures()).isZero();
        assertThat(experiment.run().injected())
                .as("what it does when it is run, a call more or less at the edges")
                .isBetween(dry.overflow() - 2, dry.overflow() + 2);

        shop.failing = 100;
        assertThat(experiment.dryRun().verdict()).isEqualTo(Verdict.NOT_STEADY);
    }

    // ---- Who, why, and until when -----------------------------------------------------------------------------------

    @Test
    @DisplayName("CH-14 without an owner, a reason, an end, a hypothesis or something to inject there is no experiment")
    void incomplete() {
        Shop shop = new Shop(50, 0.5);
        assertThatThrownBy(() -> Experiment.builder("a").build())
                .hasMessage("experiment 'a': owner: none (expected: who answers for it)");
        assertThatThrownBy(() -> Experiment.builder("a").owner("we").build()).hasMessageContaining("reason: none");
        ExperimentBuilder some = Experiment.builder("a").owner("we").reason("why");
        assertThatThrownBy(some::build).hasMessageContaining("inject: none");
        some.inject(shop.chaos);
        assertThatThrownBy(some::build).hasMessageContaining("hypothesis: none");
        some.hypothesis(shop.answered());
        assertThatThrownBy(some::build).hasMessageContaining("lasting: none");
        assertThat(some.lasting(Duration.ofSeconds(1)).build()).hasToString("Experiment['a', owner 'we']");

        assertThatThrownBy(() -> some.owner(" ")).hasMessage("owner: blank (expected: some words)");
        assertThatThrownBy(() -> some.inject(shop.chaos))
                .hasMessageContaining("'stock' (expected: one that is not there");
        assertThatThrownBy(() -> some.hypothesis(Probe.value("line", () -> 1)))
                .hasMessage("probe: 'line' without a limit (expected: atLeast or atMost)");
        assertThatThrownBy(() -> some.lasting(Duration.ofDays(2)))
                .hasMessage("lasting: PT48H (expected: at most PT24H)");
        assertThatThrownBy(() -> some.stages()).hasMessageContaining("stages: none");
        assertThatThrownBy(() -> Probe.ratio("r", () -> 1, () -> 1).atLeast(1)).hasMessageContaining("less than 1");
    }

    @Test
    @DisplayName("CH-14 two experiments do not share a policy: the later one is cancelled, and names the other")
    void oneAtATime() {
        Shop shop = new Shop(50, 0.01);
        Experiment first =
                shop.experiment().hypothesis(Probe.that("so", () -> true)).build();
        Experiment second = Experiment.builder("another")
                .environment(shop.time)
                .owner("others")
                .reason("why")
                .inject(shop.chaos)
                .hypothesis(Probe.that("so", () -> true))
                .before(Duration.ofSeconds(40))
                .lasting(Duration.ofSeconds(1))
                .build();
        ExperimentRun running = first.start();
        Report cancelled = second.run();

        assertThat(cancelled.verdict()).isEqualTo(Verdict.CANCELLED);
        assertThat(cancelled.because()).contains("orders survive").contains("payments on call");
        assertThat(shop.virtual().join(running.report()).verdict()).isEqualTo(Verdict.CONFIRMED);
        assertThat(second.run().verdict()).as("later").isNotEqualTo(Verdict.CANCELLED);
    }

    @Test
    @DisplayName(
            "CH-14 the safety lever stops what runs, cancels what would start, and resumes nothing when it is released")
    void lever() {
        Shop shop = new Shop(50, 0.5);
        Experiment experiment =
                shop.experiment().hypothesis(Probe.that("so", () -> true)).build();
        ExperimentRun running = experiment.start();
        shop.virtual().advance(Duration.ofSeconds(60));
        long injected = counted(shop.chaos, "injections");
        SafetyLever.engage("incident 4711");
        shop.virtual().advance(Duration.ofSeconds(1));

        Report stopped = running.report().join();
        assertThat(stopped.verdict()).isEqualTo(Verdict.STOPPED);
        assertThat(stopped.because()).isEqualTo("the safety lever was engaged: incident 4711");
        assertThat(injected).isPositive();
        assertThat(experiment.run().verdict()).isEqualTo(Verdict.CANCELLED);

        SafetyLever.release();
        shop.virtual().advance(Duration.ofMinutes(5));
        assertThat(counted(shop.chaos, "injections")).isEqualTo(injected);
        assertThat(experiment.run().verdict()).isEqualTo(Verdict.CONFIRMED);
    }

    @Test
    @DisplayName("CH-14 the safety lever stops one that only watches yet")
    void leverBefore() {
        Shop shop = new Shop(50, 0.5);
        ExperimentRun running =
                shop.experiment().hypothesis(shop.answered()).build().start();
        shop.virtual().advance(Duration.ofSeconds(10));
        SafetyLever.engage("incident 4711");
        SafetyLever.release();

        assertThat(shop.virtual().join(running.report()).verdict()).isEqualTo(Verdict.STOPPED);
        shop.virtual().advance(Duration.ofMinutes(5));
        assertThat(counted(shop.chaos, "injections")).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"off", "", "maybe"})
    @DisplayName("CH-19 without an explicit word no experiment starts")
    void notAllowed(String property) {
        ChaosPermission.revoke();
        if (!property.isEmpty()) {
            ChaosPermission.grant("a word that the property overrules");
            System.setProperty(ChaosPermission.PROPERTY, property);
        }
        Shop shop = new Shop(50, 0.5);
        Experiment experiment = shop.experiment().hypothesis(shop.answered()).build();

        assertThatThrownBy(experiment::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Experiment 'orders survive'");
        assertThatThrownBy(experiment::dryRun).isInstanceOf(IllegalStateException.class);
        shop.isOpen = false;
        shop.virtual().advance(Duration.ofMinutes(1));
        assertThat(shop.virtual().pendingTimers()).isZero();
    }

    // ---- As a unit test ---------------------------------------------------------------------------------------------

    @Test
    @DisplayName("CH-20 ten minutes of virtual time are the same twice, and take a moment")
    void virtualTime() {
        long start = System.nanoTime();
        Report once = tenMinutes();
        Report again = tenMinutes();
        long took = System.nanoTime() - start;

        assertThat(once.verdict()).isEqualTo(Verdict.CONFIRMED);
        assertThat(once.took()).isGreaterThan(Duration.ofMinutes(10));
        assertThat(again.text()).isEqualTo(once.text());
        assertThat(again.json()).isEqualTo(once.json());
        assertThat(again.html()).isEqualTo(once.html());
        // A moment is less than a second where nothing else runs. Here it only has to be far from ten minutes.
        assertThat(Duration.ofNanos(took)).isLessThan(Duration.ofMinutes(2));
    }

    private static Report tenMinutes() {
        Shop shop = withRetry(0.05);
        return shop.experiment()
                .hypothesis(
                        shop.answered(),
                        Probe.value("line", () -> shop.calls % 7).atMost(10))
                .abortAt(AbortGuard.badRate(0.01, 0.05))
                .lasting(Duration.ofMinutes(10))
                .build()
                .run();
    }

    @Test
    @DisplayName("tells when it has started and what it came to, counts it, and leaves nothing behind")
    void tells() throws Exception {
        Shop shop = new Shop(50, 0.05);
        Experiment experiment = shop.experiment().hypothesis(shop.answered()).build();
        List<String> told = new CopyOnWriteArrayList<>();
        CountDownLatch ended = new CountDownLatch(1);
        experiment.on(Experiment.Started.class, event -> told.add(event.eventName() + " " + event));
        experiment.on(Experiment.Ended.class, event -> {
            told.add(event.eventName() + " " + event.verdict());
            ended.countDown();
        });
        Report report = experiment.run();
        shop.isOpen = false;
        shop.virtual().advance(Duration.ofSeconds(1));

        assertThat(report.verdict()).isEqualTo(Verdict.REFUTED);
        assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(told)
                .containsExactly(
                        "holdfast.experiment.started Started['orders survive', owner payments on call, reason before the sale, dry false]",
                        "holdfast.experiment.ended REFUTED");
        assertThat(experiment.meters().stream().filter(meter -> meter.value() > 0))
                .singleElement()
                .satisfies(meter -> assertThat(meter.labels()).containsEntry("holdfast.verdict", "refuted"));
        assertThat(shop.virtual().pendingTimers()).isZero();
        assertThat(SafetyLever.armed()).isZero();
    }
}

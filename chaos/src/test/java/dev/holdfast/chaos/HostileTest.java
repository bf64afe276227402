// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Environment;
import dev.holdfast.Meter;
import dev.holdfast.Subscription;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is done to an experiment: within a second no fault is injected any more, and nothing is left behind. */
@ExtendWith(Trial.class)
class HostileTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private static Shop delaying() {
        return new Shop(
                VirtualTime.create(),
                50,
                build -> build.delay(0.5, Delay.of(Duration.ofMinutes(5))).hang(0.2));
    }

    private static double injections(Shop shop) {
        return shop.chaos.meters().stream()
                .filter(meter -> meter.name().endsWith("injections"))
                .mapToDouble(Meter::value)
                .sum();
    }

    /** A second is over: nothing happens any more. */
    private static void assertOver(Shop shop, Report report) {
        double injected = injections(shop);
        assertThat(report.injected()).isEqualTo((long) injected);
        assertThat(SafetyLever.armed()).isZero();
        shop.virtual().advance(Duration.ofMinutes(2));
        assertThat(injections(shop)).isEqualTo(injected);
        shop.isOpen = false;
        shop.virtual().advance(SECOND);
        assertThat(shop.virtual().pendingTimers()).isZero();
        long ended = shop.callers.now().calls();
        assertThat(ended).as("calls that have ended").isEqualTo(shop.calls);
    }

    private static ExperimentBuilder steady(Shop shop) {
        return shop.experiment().hypothesis(Probe.that("so", () -> true));
    }

    // ---- Those who end it -------------------------------------------------------------------------------------------

    @Test
    @DisplayName("CH-2 aborted in the middle of delays, calls that are delayed or hang go on at once")
    void abortInADelay() {
        Shop shop = delaying();
        ExperimentRun run = steady(shop).build().start();
        shop.virtual().advance(Duration.ofSeconds(40));
        assertThat(shop.callers.now().calls()).as("some wait").isLessThan(shop.calls);
        run.abort("enough");
        double injected = injections(shop);
        shop.virtual().advance(Duration.ZERO);
        assertThat(shop.callers.now().calls()).isEqualTo(shop.calls);

        shop.virtual().advance(SECOND);
        Report report = run.report().join();
        assertThat(report.verdict()).isEqualTo(Verdict.ABORTED);
        assertThat(report.because()).isEqualTo("enough");
        assertThat(injections(shop)).isEqualTo(injected);
        assertOver(shop, report);
    }

    @Test
    @DisplayName("CH-3 aborted from a probe, from a listener, twice, and after its end")
    void abortFromInside() {
        Shop shop = delaying();
        AtomicReference<ExperimentRun> run = new AtomicReference<>();
        shop.chaos.on(FaultInjected.class, event -> run.get().abort("from a listener"));
        Experiment experiment = steady(shop).build();
        run.set(experiment.start());
        Report report = shop.virtual().join(run.get().report());

        assertThat(report.because()).isEqualTo("from a listener");
        assertThat(report.injected()).isEqualTo(1);
        run.get().abort("later");
        assertOver(shop, report);

        Shop other = delaying();
        run.set(null);
        Experiment probing = other.experiment()
                .hypothesis(Probe.that("so", () -> {
                    if (injections(other) > 0) {
                        run.get().abort("from a probe");
                        run.get().abort("again");
                    }
                    return true;
                }))
                .build();
        run.set(probing.start());
        Report fromProbe = other.virtual().join(run.get().report());
        assertThat(fromProbe.because()).isEqualTo("from a probe");
        assertOver(other, fromProbe);
    }

    @Test
    @DisplayName("aborted by many threads at once, it ends once")
    void abortByMany() throws Exception {
        Shop shop = delaying();
        Experiment experiment = steady(shop).build();
        List<Experiment.Ended> told = new CopyOnWriteArrayList<>();
        CountDownLatch ended = new CountDownLatch(1);
        experiment.on(Experiment.Ended.class, event -> {
            told.add(event);
            ended.countDown();
        });
        ExperimentRun run = experiment.start();
        shop.virtual().advance(Duration.ofSeconds(35));
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            threads.add(new Thread(() -> run.abort("enough")));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        shop.virtual().advance(SECOND);
        assertOver(shop, run.report().join());
        assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(told).hasSize(1);
    }

    @Test
    @DisplayName("started twice, the second is refused and the first goes on")
    void startedTwice() {
        Shop shop = delaying();
        Experiment experiment = steady(shop).build();
        ExperimentRun run = experiment.start();
        assertThatThrownBy(experiment::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "Experiment['orders survive', owner 'payments on call', running]: is running already (expected: once at a time)");
        assertThatThrownBy(experiment::run).isInstanceOf(IllegalStateException.class);
        Report report = shop.virtual().join(run.report());
        assertThat(report.verdict()).isEqualTo(Verdict.CONFIRMED);
        assertOver(shop, report);
        assertThat(run.isRunning()).isFalse();
    }

    @Test
    @DisplayName("CH-14 the lever is pulled while ten experiments run")
    void leverWithTen() {
        VirtualTime time = VirtualTime.create();
        List<Shop> shops = new ArrayList<>();
        List<ExperimentRun> runs = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            int rate = 5 + i;
            Shop shop = new Shop(time, 10 + i, build -> build.delay(rate / 20.0, Delay.of(Duration.ofMinutes(1))));
            shops.add(shop);
            runs.add(steady(shop).before(Duration.ofSeconds(1 + 2 * i)).build().start());
        }
        time.advance(Duration.ofSeconds(10));
        SafetyLever.engage("incident 4711");
        double[] injected = shops.stream().mapToDouble(HostileTest::injections).toArray();
        assertThat(injected[0]).isPositive();
        assertThat(SafetyLever.armed()).isZero();
        time.advance(SECOND);
        for (ExperimentRun run : runs) {
            assertThat(run.report().join().verdict()).isEqualTo(Verdict.STOPPED);
        }
        SafetyLever.release();
        time.advance(Duration.ofMinutes(2));
        assertThat(shops.stream().mapToDouble(HostileTest::injections).toArray())
                .containsExactly(injected);
        shops.forEach(shop -> shop.isOpen = false);
        time.advance(SECOND);
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("its environment is closed")
    void environmentClosed() {
        Shop shop = delaying();
        ExperimentRun run = steady(shop).build().start();
        shop.virtual().advance(Duration.ofSeconds(40));
        shop.time.close();
        double injected = injections(shop);
        shop.virtual().advance(SECOND);
        assertThat(run.report().join().because()).isEqualTo("its environment was closed");
        assertThat(injections(shop)).isEqualTo(injected);
    }

    // ---- Probes -----------------------------------------------------------------------------------------------------

    static Stream<Arguments> badProbes() {
        return Stream.of(
                Arguments.of("throws", "threw java.lang.IllegalStateException", (DoubleSupplier) () -> {
                    throw new IllegalStateException("no");
                }),
                Arguments.of("ends in an error", "threw java.lang.StackOverflowError", (DoubleSupplier) () -> {
                    throw new StackOverflowError();
                }),
                Arguments.of("is not a number", "gave NaN (expected: a number)", (DoubleSupplier) () -> Double.NaN));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badProbes")
    @DisplayName("CH-12 a probe that fails while faults are injected aborts")
    void badProbe(String what, String because, DoubleSupplier probe) {
        Shop shop = delaying();
        Report report = shop.experiment()
                .hypothesis(Probe.value("line", () -> injections(shop) > 20 ? probe.getAsDouble() : 1)
                        .atMost(5))
                .build()
                .run();
        assertThat(report.verdict()).isEqualTo(Verdict.ABORTED);
        assertThat(report.because()).startsWith("probe 'line'").contains(because);
        assertThat(report.injected()).isBetween(21L, 21L + 25);
        assertOver(shop, report);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badProbes")
    @DisplayName("CH-12 a probe that fails before aborts, and nothing was injected")
    void badProbeBefore(String what, String because, DoubleSupplier probe) {
        Shop shop = delaying();
        Report report = shop.experiment()
                .hypothesis(Probe.value("line", probe).atMost(5))
                .build()
                .run();
        assertThat(report.verdict()).isEqualTo(Verdict.ABORTED);
        assertThat(report.injected()).isZero();
        assertOver(shop, report);
    }

    @Test
    @DisplayName("CH-12 counts that go back, as of a policy that was replaced, abort")
    void countsGoBack() {
        Shop shop = delaying();
        Report report = shop.experiment()
                .hypothesis(Probe.ratio("orders", () -> injections(shop) > 20 ? 0 : shop.calls, () -> 0)
                        .atLeast(0.99))
                .build()
                .run();
        assertThat(report.verdict()).isEqualTo(Verdict.ABORTED);
        assertThat(report.because()).contains("went back from ");
        assertOver(shop, report);
    }

    @Test
    @DisplayName("CH-12 a probe that hangs past its limit aborts, and its thread is told to end")
    void hangingProbe() throws Exception {
        Shop shop = delaying();
        CountDownLatch interrupted = new CountDownLatch(1);
        Report report = shop.experiment()
                .hypothesis(Probe.that("so", () -> {
                    if (injections(shop) > 20) {
                        try {
                            shop.virtual().sleep(Duration.ofHours(1));
                        } catch (InterruptedException told) {
                            interrupted.countDown();
                        }
                    }
                    return true;
                }))
                .probeLimit(Duration.ofMillis(500))
                .build()
                .run();
        assertThat(report.verdict()).isEqualTo(Verdict.ABORTED);
        assertThat(report.because()).isEqualTo("probe 'so' takes longer than 500ms");
        assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
        assertOver(shop, report);
    }

    // ---- The environment --------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(longs = {-86_400, 86_400, Long.MAX_VALUE / 1_000_000_000L})
    @DisplayName("the process's clock jumps back, forth, or past its end")
    void clockJumps(long seconds) {
        Odd odd = new Odd();
        Shop shop = new Shop(odd, 50, build -> build.delay(0.5, Delay.of(Duration.ofMinutes(5))));
        ExperimentRun run = steady(shop).build().start();
        odd.time.advance(Duration.ofSeconds(40));
        assertThat(injections(shop)).isPositive();
        odd.jump = seconds * 1_000_000_000L;
        // Its timers come when they would have come, or its end is seen to be over.
        odd.time.advance(Duration.ofSeconds(51));
        double injected = injections(shop);
        odd.time.advance(Duration.ofSeconds(35));
        Report report = run.report().join();
        assertThat(injections(shop)).isEqualTo(injected).isEqualTo(report.injected());
        assertThat(SafetyLever.armed()).isZero();
    }

    @Test
    @DisplayName("CH-4 its timers die: nothing is injected past its end, and who waits gets a report")
    void timersDie() {
        Odd odd = new Odd();
        Shop shop = new Shop(odd, 50, build -> build.fail(0.5, IOException::new));
        odd.time.schedule(() -> odd.losesTimers = true, Duration.ofSeconds(35).toNanos());
        Report report = steady(shop).lasting(Duration.ofSeconds(20)).build().run();
        assertThat(report.verdict()).isEqualTo(Verdict.ABORTED);
        assertThat(report.because()).isEqualTo("it has taken too long: its timers do not come");
        assertThat(SafetyLever.armed()).isZero();
    }

    @Test
    @DisplayName("CH-4 its timer refuses a task")
    void timerRefuses() {
        Odd odd = new Odd();
        Shop shop = new Shop(odd, 50, build -> build.fail(0.5, IOException::new));
        odd.time.schedule(() -> odd.refusesTimers = true, Duration.ofSeconds(35).toNanos());
        Report report = steady(shop).build().run();
        assertThat(report.verdict()).isEqualTo(Verdict.ABORTED);
        assertThat(report.because()).contains("java.util.concurrent.RejectedExecutionException");
        assertThat(SafetyLever.armed()).isZero();
    }

    @Test
    @DisplayName("CH-4 its executor loses a step, or refuses it")
    void executorFails() {
        Odd losing = new Odd();
        Shop shop = new Shop(losing, 50, build -> build.fail(0.5, IOException::new));
        losing.time.schedule(
                () -> losing.executor = task -> {}, Duration.ofSeconds(35).toNanos());
        Report report = steady(shop).build().run();
        assertThat(report.because()).isEqualTo("the executor takes longer than 5s");
        assertThat(SafetyLever.armed()).isZero();

        Odd refusing = new Odd();
        Shop other = new Shop(refusing, 50, build -> build.fail(0.5, IOException::new));
        refusing.executor = task -> {
            throw new RejectedExecutionException("full");
        };
        assertThat(steady(other).build().run().verdict()).as("on other threads").isEqualTo(Verdict.CONFIRMED);
    }

    @Test
    @DisplayName("CH-4 a listener throws, or never comes back")
    void badListener() throws Exception {
        Environment real = Environment.builder().build();
        CountDownLatch never = new CountDownLatch(1);
        Experiment experiment = real(real, () -> true).build();
        experiment.on(Experiment.Started.class, event -> {
            throw new IllegalStateException("no");
        });
        experiment.on(Experiment.Ended.class, event -> awaitQuietly(never));
        Report report = experiment.run();
        assertThat(report.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(experiment.run().verdict()).as("may run again").isEqualTo(Verdict.INCONCLUSIVE);
        never.countDown();
        real.close();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    private static ExperimentBuilder real(Environment environment, BooleanSupplier probe) {
        Chaos chaos = Chaos.builder("stock").environment(environment).hang(1).build();
        return Experiment.builder("real")
                .environment(environment)
                .owner("we")
                .reason("why")
                .inject(chaos)
                .hypothesis(Probe.that("so", probe))
                .before(Duration.ofMillis(20))
                .every(Duration.ofMillis(5))
                .recoverWithin(Duration.ofMillis(200))
                .lasting(Duration.ofMillis(100));
    }

    @Test
    @DisplayName(
            "the thread that waits is interrupted: it gets a report, keeps the interrupt, and nothing is injected any more")
    void interrupted() throws Exception {
        Environment real = Environment.builder().build();
        CountDownLatch begun = new CountDownLatch(1);
        Experiment experiment = real(real, () -> {
                    begun.countDown();
                    return true;
                })
                .lasting(Duration.ofMinutes(5))
                .build();
        CompletableFuture<Report> report = new CompletableFuture<>();
        AtomicBoolean isInterrupted = new AtomicBoolean();
        Thread waiting = new Thread(() -> {
            Report given = experiment.run();
            isInterrupted.set(Thread.interrupted());
            report.complete(given);
        });
        waiting.start();
        begun.await();
        waiting.interrupt();
        Report given = report.get(10, TimeUnit.SECONDS);
        waiting.join();
        assertThat(given.verdict()).isEqualTo(Verdict.ABORTED);
        assertThat(given.because()).isEqualTo("the thread that waited for it was interrupted");
        assertThat(isInterrupted).isTrue();
        // A step may have been about to arm; then it disarms again, and has injected nothing.
        for (int i = 0; i < 1000 && SafetyLever.armed() > 0; i++) {
            Thread.sleep(1);
        }
        assertThat(SafetyLever.armed()).isZero();
        real.close();
    }

    @Test
    @DisplayName("a thread that is interrupted before it waits gets a report as well")
    void interruptedBefore() {
        Shop shop = delaying();
        Thread.currentThread().interrupt();
        Report report = steady(shop).build().run();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(report.verdict()).isEqualTo(Verdict.ABORTED);
        assertOver(shop, report);
    }

    /** Virtual time whose parts can be made to fail. */
    private static final class Odd implements Environment {
        final VirtualTime time = VirtualTime.create();
        volatile long jump;
        volatile boolean losesTimers;
        volatile boolean refusesTimers;
        volatile Executor executor = time.executor();

        @Override
        public long nanoTime() {
            return time.nanoTime() + jump;
        }

        @Override
        public Timer schedule(Runnable task, long delayNanos) {
            if (refusesTimers) {
                throw new RejectedExecutionException("full");
            }
            return losesTimers
                    ? () -> {}
                    : time.schedule(
                            () -> {
                                if (!losesTimers) {
                                    task.run();
                                }
                            },
                            delayNanos);
        }

        @Override
        public boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
            return time.await(done, nanos);
        }

        @Override
        public void wake(Thread thread) {
            time.wake(thread);
        }

        @Override
        public long nextLong(long bound) {
            return time.nextLong(bound);
        }

        @Override
        public Executor executor() {
            return task -> executor.execute(task);
        }

        @Override
        public Errand errand() {
            return time.errand();
        }

        @Override
        public Subscription onClose(Runnable task) {
            return time.onClose(task);
        }
    }
}

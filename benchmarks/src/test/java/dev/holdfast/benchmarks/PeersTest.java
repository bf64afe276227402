// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.failsafe.FailsafeExecutor;
import dev.holdfast.Policy;
import io.smallrye.faulttolerance.api.TypedGuard;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/** That what is compared is comparable: each library's policies do what the others' do, with the same settings. */
class PeersTest {
    /** Somebody's policy or pipeline. */
    private record Subject(String name, Work.Wrapper wrapper) {
        Object call(Supplier<Object> work) {
            return wrapper.call(work);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Subject of(String name, Policy<Object> policy) {
        return new Subject(name, policy::call);
    }

    private static Subject of(String name, FailsafeExecutor<Object> executor) {
        return new Subject(name, work -> executor.get(work::get));
    }

    private static Subject of(String name, TypedGuard<Object> guard) {
        return new Subject(name, guard::get);
    }

    @AfterAll
    static void shutDown() {
        SmallRyePolicies.shutDown();
    }

    static List<Subject> breakers() {
        return List.of(
                of("Holdfast", HoldfastPolicies.breaker()),
                of("Holdfast, time", HoldfastPolicies.timeWindowBreaker()),
                of("Holdfast, slow calls", HoldfastPolicies.slowCallBreaker()),
                new Subject("Resilience4j", Resilience4jPolicies.breaker()::executeSupplier),
                new Subject("Resilience4j, lock-free", Resilience4jPolicies.lockFreeBreaker()::executeSupplier),
                new Subject("Resilience4j, time", Resilience4jPolicies.timeWindowBreaker()::executeSupplier),
                new Subject("Resilience4j, slow calls", Resilience4jPolicies.slowCallBreaker()::executeSupplier),
                of("Failsafe", FailsafePolicies.alone(FailsafePolicies.breaker())),
                of("Failsafe, time", FailsafePolicies.alone(FailsafePolicies.timeWindowBreaker())),
                of("SmallRye", SmallRyePolicies.breaker(Object.class)));
    }

    @ParameterizedTest
    @MethodSource("breakers")
    void breakersOpenWhenHalfOfAHundredFailed(Subject breaker) {
        for (int i = 0; i < 50; i++) {
            assertThat(breaker.call(() -> "answer")).isEqualTo("answer");
        }
        for (int i = 0; i < 50; i++) {
            assertThatThrownBy(() -> breaker.call(PeersTest::fail)).isSameAs(Work.FAILURE);
        }

        assertThatThrownBy(() -> breaker.call(() -> "answer")).isNotSameAs(Work.FAILURE);
    }

    static List<Subject> retries() {
        var r4j = Resilience4jPolicies.retry();
        return List.of(
                of("Holdfast", HoldfastPolicies.retry()),
                new Subject("Resilience4j", r4j::executeSupplier),
                of("Failsafe", FailsafePolicies.alone(FailsafePolicies.retry())),
                of("SmallRye", SmallRyePolicies.retry(Object.class)));
    }

    @ParameterizedTest
    @MethodSource({"retries", "pipelines"})
    void retriesMakeThreeAttemptsAtOnce(Subject retry) {
        AtomicInteger attempts = new AtomicInteger();
        long start = System.nanoTime();

        assertThatThrownBy(() -> retry.call(() -> {
                    attempts.incrementAndGet();
                    throw Work.FAILURE;
                }))
                .isSameAs(Work.FAILURE);

        assertThat(attempts).hasValue(3);
        assertThat(System.nanoTime() - start).isLessThan(2_000_000_000L);
    }

    @ParameterizedTest
    @MethodSource({"retries", "pipelines"})
    void retriesRepeatHoweverManyCallsFail(Subject retry) {
        Supplier<String> work = new Work.FailsOnceIn(2);
        for (int i = 0; i < 40; i++) {
            assertThat(retry.call(work::get)).isEqualTo("answer");
        }
    }

    static List<Subject> bulkheads() {
        var r4j = Resilience4jPolicies.bulkhead();
        var concurrencyLimits = OtherPolicies.concurrencyLimits();
        return List.of(
                of("Holdfast", HoldfastPolicies.bulkhead()),
                new Subject("Resilience4j", r4j::executeSupplier),
                of("Failsafe", FailsafePolicies.alone(FailsafePolicies.bulkhead())),
                of("SmallRye", SmallRyePolicies.bulkhead(Object.class)),
                new Subject("concurrency-limits", work -> OtherPolicies.call(concurrencyLimits, work)));
    }

    @ParameterizedTest
    @MethodSource("bulkheads")
    void bulkheadsHaveTwentyFivePlaces(Subject bulkhead) {
        assertThat(nested(bulkhead, 25)).isEqualTo("answer");
        assertThat(nested(bulkhead, 25)).isEqualTo("answer");
        assertThatThrownBy(() -> nested(bulkhead, 26)).isInstanceOf(RuntimeException.class);
    }

    private static Object nested(Subject bulkhead, int depth) {
        return depth == 0 ? "answer" : bulkhead.call(() -> nested(bulkhead, depth - 1));
    }

    static List<Subject> refusing() {
        return List.of(
                of("Holdfast, bulkhead", HoldfastPolicies.fullBulkhead()),
                of("Holdfast, limiter", HoldfastPolicies.emptyLimiter()),
                new Subject("Resilience4j, bulkhead", Resilience4jPolicies.fullBulkhead()::executeSupplier),
                new Subject("Resilience4j, limiter", Resilience4jPolicies.emptyLimiter()::executeSupplier),
                of("Failsafe, bulkhead", FailsafePolicies.alone(FailsafePolicies.fullBulkhead())),
                of("Failsafe, limiter", FailsafePolicies.alone(FailsafePolicies.emptyLimiter())));
    }

    @ParameterizedTest
    @MethodSource("refusing")
    void fullAndEmptyOnesRefuse(Subject full) {
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> full.call(() -> "answer")).isInstanceOf(RuntimeException.class);
        }
    }

    static List<Subject> inARow() {
        return List.of(
                of("Holdfast", HoldfastPolicies.inARowBreaker()),
                of("Failsafe", FailsafePolicies.alone(FailsafePolicies.inARowBreaker())));
    }

    @ParameterizedTest
    @MethodSource("inARow")
    void breakersOpenAfterAThousandFailuresInARow(Subject breaker) {
        for (int i = 0; i < 1_998; i++) {
            if (i == 999) {
                assertThat(breaker.call(() -> "answer")).isEqualTo("answer");
            } else {
                assertThatThrownBy(() -> breaker.call(PeersTest::fail)).isSameAs(Work.FAILURE);
            }
        }
        assertThat(breaker.call(() -> "answer")).isEqualTo("answer");
        for (int i = 0; i < 1_000; i++) {
            assertThatThrownBy(() -> breaker.call(PeersTest::fail)).isSameAs(Work.FAILURE);
        }
        assertThatThrownBy(() -> breaker.call(() -> "answer")).isNotSameAs(Work.FAILURE);
    }

    static List<Subject> limiters() {
        var r4j = Resilience4jPolicies.limiter();
        var r4jSemaphore = Resilience4jPolicies.semaphoreLimiter();
        var guava = OtherPolicies.guava();
        var bucket4j = OtherPolicies.bucket4j();
        return List.of(
                of("Holdfast", HoldfastPolicies.limiter()),
                new Subject("Resilience4j", r4j::executeSupplier),
                new Subject("Resilience4j, semaphore", r4jSemaphore::executeSupplier),
                of("Failsafe", FailsafePolicies.alone(FailsafePolicies.limiter())),
                of("SmallRye", SmallRyePolicies.limiter(Object.class)),
                new Subject("Guava", work -> OtherPolicies.call(guava, work)),
                new Subject("Bucket4j", work -> OtherPolicies.call(bucket4j, work)));
    }

    @ParameterizedTest
    @MethodSource({"limiters", "pipelines"})
    void limitersNeverRefuse(Subject limiter) {
        for (int i = 0; i < 100_000; i++) {
            assertThat(limiter.call(() -> "answer")).isSameAs("answer");
        }
    }

    static List<Subject> timeouts() {
        return List.of(
                of("Holdfast", HoldfastPolicies.timeout()),
                of("Failsafe", FailsafePolicies.alone(FailsafePolicies.timeout())),
                of("SmallRye", SmallRyePolicies.timeout(Object.class)));
    }

    @ParameterizedTest
    @MethodSource({"timeouts", "pipelines"})
    void workRunsOnTheCallersThread(Subject timeout) {
        assertThat(timeout.call(Thread::currentThread)).isSameAs(Thread.currentThread());
    }

    static List<Subject> pipelines() {
        var retry = Resilience4jPolicies.retry();
        var breaker = Resilience4jPolicies.breaker();
        var limiter = Resilience4jPolicies.limiter();
        var bulkhead = Resilience4jPolicies.bulkhead();
        return List.of(
                of("Holdfast", HoldfastPolicies.four()),
                new Subject(
                        "Resilience4j",
                        work -> io.github.resilience4j.retry.Retry.decorateSupplier(
                                        retry,
                                        breaker.decorateSupplier(Resilience4jPolicies.wrap(
                                                limiter, Resilience4jPolicies.wrap(bulkhead, work))))
                                .get()),
                of("Failsafe", FailsafePolicies.four()),
                of("SmallRye", SmallRyePolicies.four(Object.class)));
    }

    @ParameterizedTest
    @MethodSource({"breakers", "pipelines"})
    void bodiesOfThePollutionOpenNoBreaker(Subject subject) {
        Work.pollute(300, subject.wrapper());

        assertThat(subject.call(() -> "answer")).isEqualTo("answer");
    }

    /** Or it would be measured by nobody. */
    @Test
    void everyBenchmarkIsOnAPath() {
        Set<String> paths = Stream.concat(Arrays.stream(Path.values()).map(path -> path.id), Stream.of("Floors"))
                .collect(Collectors.toSet());
        List<String> benchmarks = BenchmarkList.defaultList()
                .find(
                        OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT),
                        List.of(".*"),
                        List.of())
                .stream()
                .map(entry -> entry.getUsername().replace("dev.holdfast.benchmarks.", ""))
                .collect(Collectors.toList());

        assertThat(benchmarks)
                .isNotEmpty()
                .allSatisfy(name -> assertThat(paths)
                        .contains(
                                name.startsWith("Floors.")
                                        ? "Floors"
                                        : Library.in(name).pathIn(name)));
        assertThat(paths).allSatisfy(path -> assertThat(benchmarks).anyMatch(name -> name.startsWith(path)));
    }

    private static Object fail() {
        throw Work.FAILURE;
    }
}

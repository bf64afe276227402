// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.failsafe.FailsafeExecutor;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import io.smallrye.faulttolerance.api.TypedGuard;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * A coarse guard for every build: on the success path Holdfast is not much slower than the best of its peers. The figures
 * that count are those of {@link Compare}.
 *
 * <p>Everybody runs in the same JVM, in turns of a few microseconds, and only the fastest turn of each counts: another
 * process can make turns slower, but hardly all of them. And the margin is wide.
 *
 * <p>What takes least comes first: all of Holdfast's policies run through one engine, which the compiler fits to what it has
 * seen so far, while each of the peers' patterns has code of its own. What many policies in one application cost is the
 * profile "app" of {@link Compare}.
 */
@TestMethodOrder(OrderAnnotation.class)
class NotSlowerThanPeersTest {
    private static final double MARGIN = 2;

    @AfterAll
    static void shutDown() {
        SmallRyePolicies.shutDown();
    }

    @Test
    @Order(2)
    void breaker() {
        assertNotSlower(new Race()
                .with("Holdfast", HoldfastPolicies.breaker().supplier(Work.ANSWER))
                .with("Resilience4j", Resilience4jPolicies.breaker().decorateSupplier(Work.ANSWER))
                .with(
                        "Resilience4j lock-free",
                        Resilience4jPolicies.lockFreeBreaker().decorateSupplier(Work.ANSWER))
                .with("SmallRye", call(SmallRyePolicies.breaker(String.class)))
                .with("Failsafe", call(FailsafePolicies.alone(FailsafePolicies.breaker()))));
    }

    @Test
    @Order(1)
    void bulkhead() {
        var concurrencyLimits = OtherPolicies.concurrencyLimits();
        assertNotSlower(new Race()
                .with("Holdfast", HoldfastPolicies.bulkhead().supplier(Work.ANSWER))
                .with("Resilience4j", Resilience4jPolicies.wrap(Resilience4jPolicies.bulkhead(), Work.ANSWER))
                .with("concurrency-limits", () -> OtherPolicies.call(concurrencyLimits, Work.ANSWER))
                .with("SmallRye", call(SmallRyePolicies.bulkhead(String.class)))
                .with("Failsafe", call(FailsafePolicies.alone(FailsafePolicies.bulkhead()))));
    }

    @Test
    @Order(3)
    void limiter() {
        var guava = OtherPolicies.guava();
        var bucket4j = OtherPolicies.bucket4j();
        assertNotSlower(new Race()
                .with("Holdfast", HoldfastPolicies.limiter().supplier(Work.ANSWER))
                .with("Guava", () -> OtherPolicies.call(guava, Work.ANSWER))
                .with("Resilience4j", Resilience4jPolicies.wrap(Resilience4jPolicies.limiter(), Work.ANSWER))
                .with("Bucket4j", () -> OtherPolicies.call(bucket4j, Work.ANSWER))
                .with("SmallRye", call(SmallRyePolicies.limiter(String.class)))
                .with("Failsafe", call(FailsafePolicies.alone(FailsafePolicies.limiter()))));
    }

    @Test
    @Order(4)
    void pipelineOfFour() {
        assertNotSlower(new Race()
                .with("Holdfast", HoldfastPolicies.four().supplier(Work.ANSWER))
                .with("Resilience4j", Resilience4jPolicies.four(Work.ANSWER))
                .with("SmallRye", call(SmallRyePolicies.four(String.class)))
                .with("Failsafe", call(FailsafePolicies.four())));
    }

    /** One call of a hundred fails, so that a window over calls is written at each. */
    @Test
    @Order(5)
    void failingBreaker() {
        CircuitBreaker breaker = HoldfastPolicies.breaker();
        Supplier<String> work = new Work.FailsOnceIn(100);
        Supplier<String> r4j = Resilience4jPolicies.breaker().decorateSupplier(new Work.FailsOnceIn(100));
        Supplier<String> smallRyeWork = new Work.FailsOnceIn(100);
        var smallRye = SmallRyePolicies.breaker(String.class);
        assertNotSlower(new Race()
                .with("Holdfast, failing", () -> Work.answerOf(() -> breaker.call(work)))
                .with("Resilience4j", () -> Work.answerOf(r4j))
                .with("SmallRye", () -> Work.answerOf(() -> smallRye.get(smallRyeWork))));
    }

    @Test
    @Order(6)
    void refusals() {
        var bulkhead = HoldfastPolicies.fullBulkhead();
        Supplier<String> r4j = Resilience4jPolicies.wrap(Resilience4jPolicies.fullBulkhead(), Work.ANSWER);
        assertNotSlower(new Race()
                .with("Holdfast, full", () -> Rejections.refusal(() -> bulkhead.call(Work.ANSWER)))
                .with("Resilience4j", () -> Rejections.refusal(r4j)));
    }

    @Test
    @Order(7)
    void keys() {
        int count = 10_000;
        var limiter = HoldfastPolicies.keyedLimiter(count);
        Map<String, io.github.resilience4j.ratelimiter.RateLimiter> r4j = new ConcurrentHashMap<>();
        String[] names = new String[count];
        for (int i = 0; i < count; i++) {
            names[i] = "user-" + i;
            limiter.get(names[i]).call(Work.ANSWER);
            r4j.put(names[i], Resilience4jPolicies.limiter());
        }
        int[] next = new int[2];
        assertNotSlower(new Race()
                .with(
                        "Holdfast, keys",
                        () -> limiter.get(names[next[0]++ % count]).call(Work.ANSWER))
                .with(
                        "Resilience4j",
                        () -> Resilience4jPolicies.wrap(r4j.get(names[next[1]++ % count]), Work.ANSWER)
                                .get()));
    }

    /** The guard would bark. */
    @Test
    @Order(8)
    void noticesWhatIsSlow() {
        Supplier<String> quick = Resilience4jPolicies.wrap(Resilience4jPolicies.bulkhead(), Work.ANSWER);
        Supplier<String> slow = () -> {
            for (int i = 0; i < 4; i++) {
                quick.get();
            }
            return quick.get();
        };
        Race race = new Race().with("Holdfast", slow).with("Resilience4j", quick);

        assertThat(race.run()).as(race::toString).isGreaterThan(MARGIN);
    }

    private static Supplier<String> call(TypedGuard<String> guard) {
        return () -> guard.get(Work.ANSWER);
    }

    private static Supplier<Object> call(FailsafeExecutor<Object> executor) {
        return () -> executor.get(FailsafePolicies.ANSWER);
    }

    private static void assertNotSlower(Race race) {
        double ratio = race.run();
        System.out.println(race);
        assertThat(ratio).as(race::toString).isLessThan(MARGIN);
    }

    /** Some that do the same, the first of which should not be the slowest by far. */
    private static final class Race {
        private static final int CALLS = 500;
        private static final int ROUNDS = 2_000;
        private static final int ATTEMPTS = 5;

        private final Map<String, Supplier<?>> runners = new LinkedHashMap<>();
        private double[] fastest = {};
        /** Takes the results, so that nothing is left out. */
        private Object last;

        Race with(String name, Supplier<?> runner) {
            runners.put(name, runner);
            return this;
        }

        /**
         * Goes on, with the best times so far, until the first one is fast enough, or has had its chances.
         *
         * @return the time of the first as a part of the best time of the others
         */
        double run() {
            fastest = new double[runners.size()];
            Arrays.fill(fastest, Double.MAX_VALUE);
            Supplier<?>[] all = runners.values().toArray(Supplier<?>[]::new);
            double ratio = Double.MAX_VALUE;
            for (int attempt = 0; attempt < ATTEMPTS && ratio >= MARGIN; attempt++) {
                for (int round = 0; round < ROUNDS; round++) {
                    for (int i = 0; i < all.length; i++) {
                        fastest[i] = Math.min(fastest[i], turn(all[i]));
                    }
                }
                ratio = fastest[0] / Arrays.stream(fastest).skip(1).min().orElseThrow();
            }
            return ratio;
        }

        private double turn(Supplier<?> runner) {
            Object result = null;
            long start = System.nanoTime();
            for (int i = 0; i < CALLS; i++) {
                result = runner.get();
            }
            long nanos = System.nanoTime() - start;
            last = result;
            assertThat(last).isNotNull();
            return (double) nanos / CALLS;
        }

        @Override
        public String toString() {
            StringBuilder out = new StringBuilder("ns a call:");
            int i = 0;
            for (String name : runners.keySet()) {
                out.append(' ').append(name).append(String.format(" %.1f", fastest[i++]));
            }
            return out.toString();
        }
    }
}

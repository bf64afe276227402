// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import com.google.common.util.concurrent.RateLimiter;
import dev.holdfast.ratelimiter.KeyedRateLimiter;
import io.github.bucket4j.Bucket;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * A limit for each key, as for each user: all keys are known, and asked for one after the other. The peers have no such thing, so
 * their users keep a limiter for each key in a {@link ConcurrentHashMap}, which forgets nobody and is bounded by nothing.
 */
public class Keys extends Profile {
    /** How many there are. */
    @Param({"10000", "1000000"})
    public int keys;

    private String[] names;
    private KeyedRateLimiter<String> limiter;
    private final Map<String, io.github.resilience4j.ratelimiter.RateLimiter> r4j = new ConcurrentHashMap<>();
    private final Map<String, Bucket> bucket4j = new ConcurrentHashMap<>();
    private final Map<String, RateLimiter> guava = new ConcurrentHashMap<>();

    /** Has each key asked once. */
    @Setup
    public void setUp(BenchmarkParams params) {
        names = new String[keys];
        limiter = HoldfastPolicies.keyedLimiter(keys);
        String benchmark = params.getBenchmark();
        for (int i = 0; i < keys; i++) {
            names[i] = "user-" + i;
            if (benchmark.endsWith("Holdfast")) {
                limiter.get(names[i]).call(Work.ANSWER);
            } else if (benchmark.endsWith("Resilience4j")) {
                r4j.put(names[i], Resilience4jPolicies.limiter());
            } else if (benchmark.endsWith("Bucket4j")) {
                bucket4j.put(names[i], OtherPolicies.bucket4j());
            } else {
                guava.put(names[i], OtherPolicies.guava());
            }
        }
    }

    /** Where each thread is. */
    @State(Scope.Thread)
    public static class Turn {
        private String[] names;
        private int next;

        /** Threads begin at different keys. */
        @Setup
        public void setUp(Keys keys) {
            names = keys.names;
            next = (int) (Thread.currentThread().getId() * 7_919 % names.length);
        }

        private String next() {
            next = next + 1 == names.length ? 0 : next + 1;
            return names[next];
        }
    }

    private static <T> T of(Map<String, T> limiters, Turn turn) {
        return Objects.requireNonNull(limiters.get(turn.next()));
    }

    @Benchmark
    public String freeHoldfast(Turn turn) {
        return limiter.get(turn.next()).call(Work.ANSWER);
    }

    @Benchmark
    public String freeResilience4j(Turn turn) {
        Supplier<String> call = Resilience4jPolicies.wrap(of(r4j, turn), Work.ANSWER);
        return call.get();
    }

    @Benchmark
    public String freeBucket4j(Turn turn) {
        return OtherPolicies.call(of(bucket4j, turn), Work.ANSWER);
    }

    @Benchmark
    public String freeGuava(Turn turn) {
        return OtherPolicies.call(of(guava, turn), Work.ANSWER);
    }
}

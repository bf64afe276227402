// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import com.google.common.util.concurrent.RateLimiter;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import dev.holdfast.Backoff;
import dev.holdfast.Permit;
import dev.holdfast.ratelimiter.KeyedRateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import io.github.bucket4j.Bucket;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a million of something costs that lasts: asynchronous calls whose retry waits for an hour, asynchronous calls whose
 * timeout is an hour away, and keys of a limiter. Prints the time to make each, the bytes that each keeps, as the
 * difference of what is reachable before and after, and how many threads were added after the first. What belongs to the
 * caller is made before and not counted: the keys, and the stages that never complete.
 *
 * <p>{@code java -cp benchmarks/target/benchmarks.jar dev.holdfast.benchmarks.Millions [count]} measures each in a JVM of
 * its own, whose heap holds nothing else; {@link Compare} includes it.
 */
public final class Millions {
    private static final Duration LONG = Duration.ofHours(1);
    private static final CompletableFuture<String> FAILED = CompletableFuture.failedFuture(Work.FAILURE);

    private static final String RETRIES = "waiting retries";
    private static final String TIMEOUTS = "pending timeouts";
    private static final String KEYS = "keys of a limiter";

    /** One row. */
    private enum Case {
        RETRIES_HOLDFAST(RETRIES, Library.HOLDFAST, Millions::holdfastRetries),
        RETRIES_RESILIENCE4J(RETRIES, Library.RESILIENCE4J, Millions::resilience4jRetries),
        RETRIES_FAILSAFE(RETRIES, Library.FAILSAFE, Millions::failsafeRetries),
        TIMEOUTS_HOLDFAST(TIMEOUTS, Library.HOLDFAST, Millions::holdfastTimeouts),
        TIMEOUTS_RESILIENCE4J(TIMEOUTS, Library.RESILIENCE4J, Millions::resilience4jTimeouts),
        TIMEOUTS_FAILSAFE(TIMEOUTS, Library.FAILSAFE, Millions::failsafeTimeouts),
        KEYS_HOLDFAST(KEYS, Library.HOLDFAST, Millions::holdfastKeys),
        KEYS_RESILIENCE4J(KEYS, Library.RESILIENCE4J, Millions::resilience4jKeys),
        KEYS_GUAVA(KEYS, Library.GUAVA, Millions::guavaKeys),
        KEYS_BUCKET4J(KEYS, Library.BUCKET4J, Millions::bucket4jKeys);

        final String what;
        final Library library;
        /** Gets the count, gives what makes number i. */
        final IntFunction<IntFunction<Object>> maker;

        Case(String what, Library library, IntFunction<IntFunction<Object>> maker) {
            this.what = what;
            this.library = library;
            this.maker = maker;
        }
    }

    private Millions() {}

    /**
     * Prints a Markdown table.
     *
     * @param args how many, a million if nothing is said; and which one, to be measured in this JVM
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        int count = args.length == 0 ? 1_000_000 : Integer.parseInt(args[0]);
        if (args.length > 1) {
            measure(Case.valueOf(args[1]), count);
            System.exit(0); // There are threads of several libraries about.
        }
        System.out.println("| how many | of what | library | ns to make one | bytes each | threads added |");
        System.out.println("| --- | --- | --- | --- | --- | --- |");
        System.out.flush();
        int failures = 0;
        for (Case one : Case.values()) {
            failures += run(one, count) == 0 ? 0 : 1;
        }
        System.exit(failures);
    }

    private static int run(Case one, int count) throws IOException, InterruptedException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx4g",
                        "-XX:+UseSerialGC", // gives back all that is unreachable when it is asked to
                        "-cp",
                        System.getProperty("java.class.path"),
                        Millions.class.getName(),
                        String.valueOf(count),
                        one.name())
                .inheritIO()
                .start()
                .waitFor();
    }

    private static IntFunction<Object> holdfastRetries(int count) {
        Retry<Object> retry =
                Retry.builder("retry").backoff(Backoff.fixed(LONG)).build();
        return i -> retry.callAsync(() -> FAILED);
    }

    private static IntFunction<Object> resilience4jRetries(int count) {
        ScheduledThreadPoolExecutor scheduler = Resilience4jPolicies.scheduler();
        var retry = io.github.resilience4j.retry.Retry.of(
                "retry", RetryConfig.custom().waitDuration(LONG).build());
        return i -> retry.executeCompletionStage(scheduler, () -> FAILED);
    }

    private static IntFunction<Object> failsafeRetries(int count) {
        FailsafeExecutor<Object> executor =
                Failsafe.with(RetryPolicy.builder().withDelay(LONG).build());
        return i -> executor.getStageAsync(() -> FAILED);
    }

    private static IntFunction<Object> holdfastTimeouts(int count) {
        List<CompletableFuture<Object>> never = never(count);
        Timeout timeout = Timeout.of("timeout", LONG);
        return i -> timeout.callAsync(() -> never.get(i));
    }

    private static IntFunction<Object> resilience4jTimeouts(int count) {
        List<CompletableFuture<Object>> never = never(count);
        ScheduledThreadPoolExecutor scheduler = Resilience4jPolicies.scheduler();
        TimeLimiter timeout =
                TimeLimiter.of(TimeLimiterConfig.custom().timeoutDuration(LONG).build());
        return i -> timeout.executeCompletionStage(scheduler, () -> never.get(i));
    }

    private static IntFunction<Object> failsafeTimeouts(int count) {
        List<CompletableFuture<Object>> never = never(count);
        FailsafeExecutor<Object> executor = Failsafe.with(dev.failsafe.Timeout.of(LONG));
        return i -> executor.getStageAsync(() -> never.get(i));
    }

    private static List<CompletableFuture<Object>> never(int count) {
        return Stream.generate(() -> new CompletableFuture<>()).limit(count).collect(Collectors.toList());
    }

    /** All limiters give five permits an hour, so that no key is forgotten while they are counted. */
    private static String[] keys(int count) {
        String[] keys = new String[count];
        Arrays.setAll(keys, i -> "user-" + i);
        return keys;
    }

    private static IntFunction<Object> holdfastKeys(int count) {
        String[] keys = keys(count);
        KeyedRateLimiter<String> users = dev.holdfast.ratelimiter.RateLimiter.builder("users")
                .limit(5, LONG)
                .keyed(count);
        return i -> {
            try (Permit permit = users.get(keys[i]).acquire()) {
                permit.succeeded();
            }
            if (i == count - 1 && users.keys() < count * 0.99) {
                throw new IllegalStateException("keys: " + users.keys() + " (expected: " + count + ")");
            }
            return users;
        };
    }

    private static IntFunction<Object> resilience4jKeys(int count) {
        String[] keys = keys(count);
        RateLimiterRegistry users = RateLimiterRegistry.of(RateLimiterConfig.custom()
                .limitForPeriod(5)
                .limitRefreshPeriod(LONG)
                .timeoutDuration(Duration.ZERO)
                .build());
        return i -> granted(users.rateLimiter(keys[i]).acquirePermission(), users);
    }

    /** Guava and Bucket4j have no limiter of many keys: this is what their users write. It never forgets a key. */
    private static IntFunction<Object> guavaKeys(int count) {
        String[] keys = keys(count);
        ConcurrentMap<String, RateLimiter> users = new ConcurrentHashMap<>();
        return i -> granted(
                users.computeIfAbsent(keys[i], key -> RateLimiter.create(5 / 3600.0))
                        .tryAcquire(),
                users);
    }

    private static IntFunction<Object> bucket4jKeys(int count) {
        String[] keys = keys(count);
        ConcurrentMap<String, Bucket> users = new ConcurrentHashMap<>();
        return i -> granted(
                users.computeIfAbsent(
                                keys[i],
                                key -> Bucket.builder()
                                        .addLimit(limit -> limit.capacity(5).refillGreedy(5, LONG))
                                        .withNanosecondPrecision()
                                        .build())
                        .tryConsume(1),
                users);
    }

    private static Object granted(boolean granted, Object users) {
        if (!granted) {
            throw new IllegalStateException("refused");
        }
        return users;
    }

    private static void measure(Case one, int count) throws InterruptedException {
        IntFunction<Object> maker = one.maker.apply(count);
        Object[] kept = new Object[count];
        // Classes, threads and tables that come with the first are not what a million costs.
        kept[0] = maker.apply(0);
        settle();
        ThreadMXBean all = ManagementFactory.getThreadMXBean();
        int threads = all.getThreadCount();
        long heap = used();
        long start = System.nanoTime();
        for (int i = 1; i < count; i++) {
            kept[i] = maker.apply(i);
        }
        settle();
        long nanos = System.nanoTime() - start;
        long bytes = used() - heap;
        System.out.printf(
                "| %,d | %s | %s | %,d | %,d | %d |%n",
                count, one.what, one.library.title, nanos / count, bytes / count, all.getThreadCount() - threads);
        for (Object each : kept) {
            if (each instanceof CompletionStage<?> stage
                    && stage.toCompletableFuture().isDone()) {
                throw new IllegalStateException("ended already: " + each);
            }
        }
        Reference.reachabilityFence(maker); // and the keys that it holds
    }

    /** Lets what was handed to other threads arrive there. */
    private static void settle() {
        if (!ForkJoinPool.commonPool().awaitQuiescence(120, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the common pool is still busy");
        }
    }

    private static long used() throws InterruptedException {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(50);
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}

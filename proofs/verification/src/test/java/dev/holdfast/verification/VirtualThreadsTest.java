// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.holdfast.Backoff;
import dev.holdfast.Checked;
import dev.holdfast.Environment;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import dev.holdfast.timeout.TimeoutExceededException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** Ten thousand virtual threads at once, on JDKs that have them; the JDK itself says whether one held its carrier. */
@EnabledForJreRange(min = JRE.JAVA_21)
class VirtualThreadsTest {
    private static final int THREADS = 10_000;
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration MOMENT = Duration.ofMillis(300);

    /** What one of the threads does, which must not throw. */
    private interface Work {
        void run() throws Throwable;
    }

    /** Waits where a virtual thread cannot leave its carrier: below a frame of the virtual machine. */
    private static final class Pinning {
        static {
            LockSupport.parkNanos(20_000_000);
        }

        static void run() {
            // Its class has been initialized.
        }
    }

    /** Blocks all threads inside of a policy until the last of them is there. */
    private static final class Gathering {
        private final CountDownLatch all = new CountDownLatch(THREADS);

        Object join() throws InterruptedException {
            all.countDown();
            assertThat(all.await(1, TimeUnit.MINUTES))
                    .as("all threads are in at once")
                    .isTrue();
            return "fine";
        }
    }

    private static ExecutorService virtualThreads() {
        try {
            return (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (ReflectiveOperationException missing) {
            throw new AssertionError(missing);
        }
    }

    private static void onAll(Work work) throws Exception {
        ExecutorService threads = virtualThreads();
        try {
            List<Future<?>> ends = new ArrayList<>(THREADS);
            for (int i = 0; i < THREADS; i++) {
                ends.add(threads.submit(() -> {
                    try {
                        work.run();
                    } catch (Throwable thrown) {
                        throw new AssertionError(thrown);
                    }
                    assertThat(Thread.interrupted()).as("a stray interrupt").isFalse();
                }));
            }
            for (Future<?> end : ends) {
                end.get(2, TimeUnit.MINUTES);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** Which waits held a carrier meanwhile, as the JDK recorded them. */
    private static List<RecordedEvent> pinned(Work work) throws Throwable {
        Path file = Files.createTempFile("pinned", ".jfr");
        try (Recording recording = new Recording()) {
            recording.enable("jdk.VirtualThreadPinned").withoutThreshold().withStackTrace();
            recording.start();
            work.run();
            recording.stop();
            recording.dump(file);
            return RecordingFile.readAllEvents(file);
        } finally {
            Files.delete(file);
        }
    }

    /** Of Holdfast's making: that threads wait for each other while the JDK loads a class is not. */
    private static List<RecordedEvent> ofHoldfast(List<RecordedEvent> pinned) {
        return pinned.stream()
                .filter(event -> isIn(event, "dev.holdfast") && isIn(event, LockSupport.class.getName()))
                .toList();
    }

    private static boolean isIn(RecordedEvent event, String types) {
        return event.getStackTrace() == null
                || event.getStackTrace().getFrames().stream()
                        .anyMatch(frame -> frame.getMethod().getType().getName().startsWith(types));
    }

    private static DynamicTest test(String name, Work work) {
        return dynamicTest(
                name,
                () -> assertThat(ofHoldfast(pinned(() -> onAll(work))))
                        .as("pinned")
                        .isEmpty());
    }

    private static DynamicTest gathers(Policy<Object> policy) {
        Gathering gathering = new Gathering();
        return test("inside of " + policy, () -> {
            Object result = policy.callChecked(gathering::join);
            assertThat(result).isEqualTo("fine");
        });
    }

    @Test
    @DisplayName("XC-4 a wait that holds its carrier would be seen")
    void control() throws Throwable {
        List<RecordedEvent> pinned = pinned(() -> {
            ExecutorService threads = virtualThreads();
            try {
                threads.submit(Pinning::run).get(1, TimeUnit.MINUTES);
            } finally {
                threads.shutdownNow();
            }
        });
        assertThat(ofHoldfast(pinned)).isNotEmpty();
    }

    @TestFactory
    @DisplayName("XC-4 10,000 virtual threads are in each policy at once, and none holds its carrier")
    Stream<DynamicTest> inside() {
        return Stream.of(
                gathers(CircuitBreaker.builder("b").slowCalls(MINUTE, 1).build()),
                gathers(Retry.ofDefaults("r")),
                gathers(Bulkhead.builder("h").limit(THREADS).build()),
                gathers(RateLimiter.builder("l")
                        .limit(THREADS, Duration.ofDays(1))
                        .build()),
                gathers(Timeout.of("t", MINUTE)),
                gathers(Fallback.builder("f", Object.class).value("instead").build()),
                gathers(Pipeline.of(
                        Fallback.builder("f", Object.class).value("instead").build(),
                        Retry.ofDefaults("r"),
                        CircuitBreaker.ofDefaults("b"),
                        Bulkhead.builder("h").limit(THREADS).build(),
                        Timeout.of("t", MINUTE))));
    }

    @TestFactory
    @DisplayName("XC-4 10,000 virtual threads wait in each policy that waits, and none holds its carrier")
    Stream<DynamicTest> waiting() {
        return Stream.of(retry(), bulkhead(), ownThreads(), limiter(), timeout(), timeoutAway(), fallback());
    }

    private static DynamicTest retry() {
        Retry<Object> retry = Retry.builder("r")
                .withoutBudget()
                .backoff(Backoff.fixed(MOMENT))
                .build();
        return test("retries wait", () -> {
            int[] attempts = {0};
            Checked.Supplier<Object, IOException> work = () -> {
                if (++attempts[0] < 3) {
                    throw new IOException("down");
                }
                return "fine";
            };
            Object result = retry.callChecked(work);
            assertThat(result).isEqualTo("fine");
        });
    }

    private static DynamicTest bulkhead() {
        Bulkhead bulkhead =
                Bulkhead.builder("h").limit(20).queue(THREADS).waitUpTo(MINUTE).build();
        return test("in a queue", () -> bulkhead.run(() -> LockSupport.parkNanos(100_000)));
    }

    private static DynamicTest ownThreads() {
        Bulkhead bulkhead = Bulkhead.builder("h")
                .limit(20)
                .queue(THREADS)
                .waitUpTo(MINUTE)
                .ownThreads()
                .build();
        AtomicInteger left = new AtomicInteger(THREADS);
        return test("for a bulkhead's own threads", () -> {
            bulkhead.run(() -> LockSupport.parkNanos(100_000));
            if (left.decrementAndGet() == 0) {
                bulkhead.close();
            }
        });
    }

    private static DynamicTest limiter() {
        RateLimiter limiter = RateLimiter.builder("l")
                .limit(THREADS, Duration.ofSeconds(1))
                .burst(10)
                .waitUpTo(MINUTE)
                .build();
        return test("for permits", () -> limiter.run(() -> {}));
    }

    private static DynamicTest timeout() {
        Timeout timeout = Timeout.of("t", MOMENT);
        return test(
                "until a timeout interrupts them",
                () -> assertThat(catchThrowable(() -> timeout.run(() -> LockSupport.parkNanos(MINUTE.toNanos()))))
                        .isInstanceOf(TimeoutExceededException.class));
    }

    private static DynamicTest timeoutAway() {
        // Its work never gets its turn, so that whoever wakes up late does not find a result.
        Queue<Runnable> backlog = new ConcurrentLinkedQueue<>();
        Timeout timeout = Timeout.builder("t", MOMENT).runOn(backlog::add).build();
        return test(
                "for work elsewhere",
                () -> assertThat(catchThrowable(() -> timeout.run(() -> {})))
                        .isInstanceOf(TimeoutExceededException.class));
    }

    private static DynamicTest fallback() {
        Fallback<Object> fallback = Fallback.builder("f", Object.class)
                .callAsync(() -> {
                    CompletableFuture<Object> stage = new CompletableFuture<>();
                    Environment.system().schedule(() -> stage.complete("instead"), MOMENT.toNanos());
                    return stage;
                })
                .build();
        return test("for a replacement that comes later", () -> {
            Object result = fallback.callChecked(() -> {
                throw new IOException("down");
            });
            assertThat(result).isEqualTo("instead");
        });
    }
}

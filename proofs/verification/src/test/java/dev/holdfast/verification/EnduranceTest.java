// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import dev.holdfast.Permit;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout.ThreadMode;

/**
 * Operations of all kinds on real threads, with faults in everything that belongs to the user: work, stages, listeners,
 * classifiers, backoffs, executors, the clock and the timer. Afterwards nothing is left of them.
 */
@org.junit.jupiter.api.Timeout(value = 1800, threadMode = ThreadMode.SEPARATE_THREAD)
class EnduranceTest {
    private static final int OPERATIONS = Boolean.getBoolean("holdfast.long") ? 1_000_000 : 30_000;
    private static final int THREADS = 4;
    private static final int PIPELINES = 24;
    private static final long MEGABYTE = 1 << 20;

    private static boolean oneIn(int n) {
        return ThreadLocalRandom.current().nextInt(n) == 0;
    }

    /** The machine's clock and timer, which fail now and then; it knows how many timers wait. */
    private static final class Machine implements Environment {
        final AtomicInteger waiting = new AtomicInteger();
        final AtomicBoolean faulty = new AtomicBoolean();
        private final Environment system = Environment.system();

        private void fault(String part) {
            if (faulty.get() && oneIn(2_000)) {
                throw new IllegalStateException(part);
            }
        }

        @Override
        public long nanoTime() {
            fault("clock");
            return system.nanoTime();
        }

        @Override
        public Timer schedule(Runnable task, long delayNanos) {
            fault("timer");
            AtomicBoolean waits = new AtomicBoolean(true);
            waiting.incrementAndGet();
            Timer timer = system.schedule(
                    () -> {
                        over(waits);
                        task.run();
                    },
                    delayNanos);
            return () -> {
                timer.cancel();
                over(waits);
            };
        }

        private void over(AtomicBoolean waits) {
            if (waits.getAndSet(false)) {
                waiting.decrementAndGet();
            }
        }

        @Override
        public boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
            return system.await(done, nanos);
        }

        @Override
        public long nextLong(long bound) {
            return system.nextLong(bound);
        }
    }

    /** The policies, shared by pipelines in one order, so that no two wait for each other's permits. */
    private static final class Built implements AutoCloseable {
        final Machine machine = new Machine();
        final ExecutorService threads = Executors.newFixedThreadPool(2);
        final List<Policy<Object>> policies;
        final List<Pipeline<Object>> pipelines = new ArrayList<>();
        /** How often work was reached. */
        final AtomicInteger worked = new AtomicInteger();

        Built(long seed) {
            SplittableRandom random = new SplittableRandom(seed);
            policies = new ArrayList<>(new Policies(machine).all());
            policies.addAll(faulty());
            for (int i = 0; i < policies.size(); i += 3) {
                policies.get(i).on(Event.class, event -> fault("listener"));
            }
            for (int i = 0; i < PIPELINES; i++) {
                List<Policy<Object>> some = new ArrayList<>();
                int length = 1 + random.nextInt(5);
                for (int k = 0; k < policies.size(); k++) {
                    if (random.nextInt(policies.size()) < length) {
                        some.add(policies.get(k));
                    }
                }
                some.add(policies.get(policies.size() - 1 - random.nextInt(9)));
                pipelines.add(World.of(new ArrayList<>(new LinkedHashSet<>(some))));
            }
        }

        private List<Policy<Object>> faulty() {
            Executor refusing = task -> {
                if (oneIn(5)) {
                    throw new RejectedExecutionException("full");
                }
                threads.execute(task);
            };
            Duration moment = Duration.ofNanos(100_000);
            return List.of(
                    CircuitBreaker.builder("quick")
                            .environment(machine)
                            .minimumCalls(5)
                            .slowCalls(moment, 0.5)
                            .openFor(moment)
                            .build(),
                    CircuitBreaker.builder("throwing")
                            .environment(machine)
                            .consecutiveFailures(3)
                            .openFor(Backoff.custom(number -> fault("backoff", moment), moment))
                            .classify(standard ->
                                    standard.failIf(thrown -> fault("classifier", thrown instanceof IOException)))
                            .build(),
                    Retry.<Object>builder("throwing")
                            .withoutBudget()
                            .environment(machine)
                            .backoff(Backoff.custom(number -> fault("backoff", Duration.ofNanos(5_000)), moment))
                            .build(),
                    RateLimiter.builder("many")
                            .environment(machine)
                            .limit(50, Duration.ofMillis(1))
                            .burst(50)
                            .waitUpTo(moment)
                            .build(),
                    Bulkhead.builder("refused")
                            .environment(machine)
                            .limit(3)
                            .queue(2)
                            .waitUpTo(moment)
                            .runOn(refusing)
                            .build(),
                    Bulkhead.builder("own")
                            .environment(machine)
                            .limit(3)
                            .queue(2)
                            .waitUpTo(moment)
                            .ownThreads()
                            .build(),
                    Bulkhead.builder("queue")
                            .environment(machine)
                            .limit(2)
                            .queue(2)
                            .waitUpTo(moment)
                            .build(),
                    Timeout.builder("short", moment).environment(machine).build(),
                    Timeout.builder("away", moment)
                            .environment(machine)
                            .runOn(refusing)
                            .build());
        }

        private static void fault(String part) {
            if (oneIn(50)) {
                throw new IllegalStateException(part);
            }
        }

        private static <T> T fault(String part, T value) {
            fault(part);
            return value;
        }

        List<String> leftovers() {
            List<String> found = new ArrayList<>();
            policies.forEach(policy -> found.addAll(World.inUse(policy)));
            if (machine.waiting.get() > 0) {
                found.add(machine.waiting + " timers");
            }
            return found;
        }

        @Override
        public void close() {
            for (Policy<Object> policy : policies) {
                if (policy instanceof Bulkhead && !policy.name().contains("/")) {
                    ((Bulkhead) policy).close();
                }
            }
            threads.shutdown();
        }
    }

    /** One caller's operations, one after the other. */
    private static final class Caller {
        private final Built built;
        private final SplittableRandom random;
        private final AtomicInteger open;

        Caller(Built built, SplittableRandom random, AtomicInteger open) {
            this.built = built;
            this.random = random;
            this.open = open;
        }

        void operate() {
            Pipeline<Object> pipeline = built.pipelines.get(random.nextInt(PIPELINES));
            try {
                switch (random.nextInt(8)) {
                    case 0, 1, 2 -> pipeline.callChecked(this::work);
                    case 3, 4, 5 -> async(pipeline);
                    case 6 -> byHand(built.policies.get(random.nextInt(built.policies.size())));
                    default -> revive(built.policies.get(random.nextInt(built.policies.size())));
                }
            } catch (Throwable any) {
                // What callers get is looked at elsewhere.
            }
            Thread.interrupted();
        }

        private Object work() throws Exception {
            built.worked.incrementAndGet();
            switch (random.nextInt(16)) {
                case 0, 1 -> throw new IOException("down");
                case 2 -> throw new AssertionError("broken");
                case 3 -> throw new StackOverflowError();
                case 4 -> Thread.currentThread().interrupt();
                case 5 -> throw new InterruptedException("gave up");
                case 6 -> LockSupport.parkNanos(random.nextInt(150_000));
                case 7 -> {
                    return null;
                }
                default -> {
                    // Done at once.
                }
            }
            return "fine";
        }

        private void async(Pipeline<Object> pipeline) {
            int way = random.nextInt(9);
            long nanos = random.nextInt(150_000);
            open.incrementAndGet();
            CompletableFuture<Object> future;
            try {
                future = pipeline.callAsync(() -> stage(way, nanos));
            } catch (Throwable thrown) {
                open.decrementAndGet();
                throw thrown;
            }
            future.whenComplete((value, thrown) -> open.decrementAndGet());
            if (way == 0 || random.nextInt(10) == 0) {
                Environment.system().schedule(() -> future.cancel(true), nanos);
            }
        }

        /** May be asked on any thread, by a retry. */
        private CompletionStage<Object> stage(int way, long nanos) {
            built.worked.incrementAndGet();
            CompletableFuture<Object> stage = new CompletableFuture<>();
            switch (way) {
                case 0 -> {
                    // Never ends, until its caller gives up.
                }
                case 1 -> stage.completeExceptionally(new IOException("down"));
                case 2 -> throw new IllegalStateException("no stage");
                case 3 -> {
                    return null;
                }
                case 4 -> {
                    Environment.system().schedule(() -> stage.complete("one"), nanos);
                    Environment.system().schedule(() -> stage.complete("other"), nanos);
                }
                case 5 -> {
                    Environment.system().schedule(() -> stage.completeExceptionally(new AssertionError("late")), nanos);
                    return stage.minimalCompletionStage();
                }
                case 6 -> stage.cancel(true);
                default -> stage.complete("fine");
            }
            return stage;
        }

        private void byHand(Policy<Object> policy) {
            if (policy instanceof Gate gate) {
                Permit permit = gate.tryAcquire();
                if (permit != null) {
                    switch (random.nextInt(3)) {
                        case 0 -> permit.succeeded();
                        case 1 -> permit.failed();
                        default -> permit.close();
                    }
                    // A second ending changes nothing, whatever it is.
                    permit.close();
                }
            }
        }

        private void revive(Policy<Object> policy) {
            if (policy instanceof CircuitBreaker breaker) {
                breaker.reset();
            } else if (policy instanceof Bulkhead bulkhead && !bulkhead.name().contains("/")) {
                bulkhead.reconfigure(settings -> settings.limit(1 + random.nextInt(4)));
            }
        }
    }

    /** What each caller's thread has in the end more than after its first operations. */
    private static Set<Object> operate(Built built, SplittableRandom random, AtomicInteger open, int operations)
            throws ReflectiveOperationException {
        Caller caller = new Caller(built, random, open);
        for (int i = 0; i < operations / 10; i++) {
            caller.operate();
        }
        Set<Object> early = ThreadsTest.threadLocals();
        for (int i = operations / 10; i < operations; i++) {
            caller.operate();
        }
        Set<Object> late = ThreadsTest.threadLocals();
        late.removeAll(early);
        return late;
    }

    private static void operateAll(Built built, long seed, int operations) throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(THREADS, work -> new Thread(work, "caller"));
        AtomicInteger open = new AtomicInteger();
        built.machine.faulty.set(true);
        try {
            List<Future<Set<Object>>> ends = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                SplittableRandom random = new SplittableRandom(seed + i);
                ends.add(callers.submit(() -> operate(built, random, open, operations / THREADS)));
            }
            for (Future<Set<Object>> end : ends) {
                // The JDK keeps a few for itself, as when it prints a fraction; of a leak there would be thousands.
                assertThat(end.get(20, TimeUnit.MINUTES))
                        .as("thread-locals that have come late")
                        .hasSizeLessThan(5);
            }
        } finally {
            callers.shutdownNow();
            built.machine.faulty.set(false);
        }
        until("every future ends", () -> open.get() == 0);
        until("nothing is left", () -> built.leftovers().isEmpty(), built::leftovers);
    }

    @Test
    @DisplayName("XC-2 XC-3 XC-5 XC-9 after very many operations and faults every permit is back, and no timer, thread,"
            + " thread-local or memory is left")
    void nothingIsLeft() throws Exception {
        Environment.system().schedule(() -> {}, 0);
        Set<Thread> before = new HashSet<>(Thread.getAllStackTraces().keySet());
        try (Built built = new Built(1)) {
            operateAll(built, 10, OPERATIONS / 10);
            long early = MemoryTest.used();
            operateAll(built, 20, OPERATIONS);
            assertThat(built.worked.get()).as("how often work was reached").isGreaterThan(OPERATIONS / 10);
            // Cancelled timers are swept once a second.
            until("the heap is as it was", () -> MemoryTest.used() - early < 2 * MEGABYTE);
            for (Policy<Object> policy : built.policies) {
                if (policy instanceof CircuitBreaker breaker) {
                    breaker.reset();
                }
                assertThat(policy.callAsync(() -> CompletableFuture.completedFuture("fine")))
                        .as("%s", policy)
                        .satisfies(future -> until(policy + " still works", future::isDone));
            }
        }
        until("every thread has ended", () -> {
            Set<Thread> now = new HashSet<>(Thread.getAllStackTraces().keySet());
            now.removeAll(before);
            return now.stream()
                    .noneMatch(thread -> thread.getName().startsWith("bulkhead")
                            || thread.getName().contains("holdfast")
                            || thread.getName().equals("caller"));
        });
    }

    @Test
    @DisplayName("XC-2 a permit or a timer that is left would be seen")
    void leftoversAreSeen() {
        try (Built built = new Built(1)) {
            Gate gate = (Gate) built.policies.stream()
                    .filter(Bulkhead.class::isInstance)
                    .findFirst()
                    .orElseThrow();
            Permit permit = gate.tryAcquire();
            Environment.Timer timer = built.machine.schedule(() -> {}, Long.MAX_VALUE);
            assertThat(built.leftovers()).hasSize(2);
            permit.close();
            timer.cancel();
            assertThat(built.leftovers()).isEmpty();
        }
    }

    private static void until(String what, BooleanSupplier holds) {
        until(what, holds, () -> "");
    }

    private static void until(String what, BooleanSupplier holds, Supplier<Object> otherwise) {
        long start = System.nanoTime();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() - start > 20_000_000_000L) {
                throw new AssertionError(what + ": not within 20 s " + otherwise.get());
            }
            LockSupport.parkNanos(100_000);
        }
    }
}

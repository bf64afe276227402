// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.Backoff;
import dev.holdfast.Environment;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import dev.holdfast.timeout.TimeoutExceededException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** One run of a program, and the first law that it breaks. */
final class Trial {
    /**
     * A law that was broken.
     *
     * @param law its name
     * @param facts what was found
     */
    record Broken(String law, String facts) {
        @Override
        public String toString() {
            return law + "\n" + facts;
        }
    }

    private static final int THREADS = 4;
    private static final long BETWEEN_LOOKS_MILLIS = 10;
    /** Garbage is collected for each look: who has to wait for it needs few. */
    private static final long BETWEEN_COLLECTIONS_MILLIS = 250;

    private final Execution execution;
    private final long patience;
    private final boolean looksAtMemory;

    private Trial(Program program, long patience, boolean looksAtMemory) {
        this.execution = new Execution(program);
        this.patience = patience;
        this.looksAtMemory = looksAtMemory;
    }

    /**
     * Runs it.
     *
     * @param patience how many seconds to wait for what must come, before it is taken for lost
     * @param looksAtMemory whether to collect garbage, which takes a while
     * @return {@code null} if all laws hold
     */
    static Broken of(Program program, long patience, boolean looksAtMemory) throws InterruptedException {
        return of(program, patience, looksAtMemory, execution -> {});
    }

    /** The same, with somebody who breaks a law once the program has been started: see {@link ChaoticControlsTest}. */
    static Broken of(Program program, long patience, boolean looksAtMemory, Consumer<Execution> saboteur)
            throws InterruptedException {
        Trial trial = new Trial(program, patience, looksAtMemory);
        Broken broken = trial.run(saboteur);
        if (broken != null) {
            trial.execution.abort();
        }
        return broken;
    }

    private Broken run(Consumer<Execution> saboteur) throws InterruptedException {
        execution.start();
        saboteur.accept(execution);
        Broken broken = execution.program.blocksForEver() ? meetsStranger() : ends();
        if (broken != null) {
            return broken;
        }
        execution.mischief.release.countDown();
        broken = ends();
        if (broken == null && looksAtMemory && !Laws.mayRetain(execution.program)) {
            broken = comesTo("nothing is retained", () -> Laws.retained(execution), BETWEEN_COLLECTIONS_MILLIS);
        }
        broken = broken != null
                ? broken
                : comesTo("gates are empty, and have counted each call once", () -> GateLaws.ofCounts(execution));
        broken = broken != null
                ? broken
                : comesTo("pipelines of settings lose nothing", () -> GuardLaws.ofCounts(execution));
        broken = broken != null ? broken : comesTo("each call ends once", () -> WholeLaws.ofEnds(execution));
        broken = broken != null ? broken : first("whole calls", WholeLaws.ofOutcomes(execution));
        broken = broken != null ? broken : first("failures", WholeLaws.ofFailures(execution));
        broken = broken != null ? broken : first("time left", TimeLaws.ofCalls(execution));
        broken = broken != null ? broken : first("calls", Laws.ofCalls(execution));
        broken = broken != null ? broken : first("limits", GateLaws.ofLimits(execution));
        broken = broken != null ? broken : first("rates", GateLaws.ofRates(execution));
        broken = broken != null ? broken : comesTo("keyed limiters forget", () -> GateLaws.ofKeys(execution));
        broken = broken != null ? broken : comesTo("no timer is left", this::timers);
        Healing healing = new Healing(execution);
        if (broken == null) {
            healing.takeTrials();
        }
        broken =
                broken != null ? broken : comesTo("breakers close after enough successful trials", healing::ofBreakers);
        broken = broken != null
                ? broken
                : first("breakers close after no more trials than they ask for", healing.ofTrials());
        broken = broken != null ? broken : first("settings", GuardLaws.ofSettings(execution));
        broken = broken != null
                ? broken
                : areClean(Environment.system().executor(), execution.ground.environment, patience);
        execution.cast.closeAll();
        execution.ground.close();
        return broken != null ? broken : comesTo("no thread is left", this::threads);
    }

    private static Broken first(String law, List<String> facts) {
        return facts.isEmpty() ? null : new Broken(law, facts.get(0));
    }

    private Broken comesTo(String law, Supplier<List<String>> facts) throws InterruptedException {
        return comesTo(law, facts, BETWEEN_LOOKS_MILLIS);
    }

    private Broken comesTo(String law, Supplier<List<String>> facts, long longestPause) throws InterruptedException {
        return Execution.comesTrue(() -> facts.get().isEmpty(), patience, longestPause)
                ? null
                : first(law, facts.get());
    }

    private Broken ends() throws InterruptedException {
        if (Execution.comesTrue(this::isOver, patience)) {
            return null;
        }
        return new Broken(
                "every call ends",
                execution.made.stream().map(Made::toString).collect(Collectors.joining("\n")) + "\n" + stacks());
    }

    /** Moves virtual time again and again: it does not wait for who runs already when it is moved, and may then set a timer. */
    private boolean isOver() {
        execution.ground.pass();
        return execution.allOver();
    }

    /** While user code blocks for ever, the calls of others are none of its business. */
    private Broken meetsStranger() throws InterruptedException {
        CompletableFuture<String> met = new CompletableFuture<>();
        Ground.daemons("chaotic-stranger")
                .newThread(() -> {
                    try {
                        Timeout.of("stranger", Duration.ofMillis(5)).runChecked(() -> Thread.sleep(3_000_000));
                    } catch (TimeoutExceededException inTime) {
                        met.complete("in time");
                    } catch (InterruptedException | RuntimeException wrong) {
                        met.complete(wrong.toString());
                    }
                })
                .start();
        Retry<Object> retry = Retry.builder("stranger")
                .withoutBudget()
                .maxAttempts(2)
                .backoff(Backoff.fixed(Duration.ofMillis(1)))
                .build();
        int[] attempts = {0};
        CompletableFuture<Object> tried = retry.callAsync(() -> attempts[0]++ == 0
                ? CompletableFuture.failedFuture(new IllegalStateException("the first"))
                : CompletableFuture.completedFuture("tried"));
        if (Execution.comesTrue(() -> met.isDone() && tried.isDone(), patience)
                && met.join().equals("in time")) {
            return null;
        }
        return new Broken(
                "a callback that blocks delays no other call", "timeout " + met + ", retry " + tried + "\n" + stacks());
    }

    private List<String> timers() {
        int pending = execution.ground.pendingTimers();
        return pending > 0 ? List.of(pending + " timers are left") : List.of();
    }

    /** Several tasks at once look at what those before them have left on the threads that all share. */
    static Broken areClean(Executor shared, Environment environment, long patience) throws InterruptedException {
        ConcurrentLinkedQueue<String> found = new ConcurrentLinkedQueue<>();
        CountDownLatch all = new CountDownLatch(THREADS);
        for (int i = 0; i < THREADS; i++) {
            shared.execute(() -> {
                Thread thread = Thread.currentThread();
                if (thread.isInterrupted()) {
                    found.add("an interrupt");
                }
                if (Mischief.LITTER.get() != null || Ground.TENANT.get() != null) {
                    found.add("a thread-local");
                }
                if (environment.timeLeft().isPresent()) {
                    found.add("a limit");
                }
                if (thread.getContextClassLoader() == Mischief.FOREIGN_LOADER) {
                    found.add("a class loader");
                }
                if (thread.getPriority() != Thread.NORM_PRIORITY) {
                    found.add("a priority");
                }
                all.countDown();
                try {
                    all.await(1, TimeUnit.SECONDS);
                } catch (InterruptedException stray) {
                    found.add("a late interrupt");
                }
            });
        }
        if (!all.await(patience, TimeUnit.SECONDS)) {
            return new Broken("shared threads serve others", stacks());
        }
        return first("nothing is left on shared threads", List.copyOf(found));
    }

    private List<String> threads() {
        String own = "bulkhead 'chaotic " + execution.program.seed() + " ";
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(each -> each.getKey().getName().startsWith(own) || isBusy(each))
                .map(Trial::stack)
                .toList();
    }

    /** A thread of Holdfast's on which code of the adversary's stands. */
    private static boolean isBusy(Map.Entry<Thread, StackTraceElement[]> each) {
        return each.getKey().getName().startsWith("holdfast-")
                && List.of(each.getValue()).stream()
                        .anyMatch(frame -> frame.getClassName().contains(".chaotic."));
    }

    private static String stack(Map.Entry<Thread, StackTraceElement[]> each) {
        return each.getKey() + ", interrupted " + each.getKey().isInterrupted() + "\n    "
                + List.of(each.getValue()).stream()
                        .map(StackTraceElement::toString)
                        .collect(Collectors.joining("\n    "));
    }

    private static String stacks() {
        return Thread.getAllStackTraces().entrySet().stream().map(Trial::stack).collect(Collectors.joining("\n"));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import dev.holdfast.Environment;
import dev.holdfast.testkit.VirtualTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The work of calls: a list of results, exceptions, errors and durations, one for each attempt, round and round. */
final class Script {
    /** What else work may do besides giving, throwing and taking its time. */
    enum Nature {
        PLAIN,
        /** Some of it does not hear that it is no longer wanted, or takes hours. */
        DEAF,
        /** Some of it interrupts its own thread. */
        INTERRUPTING
    }

    private record Step(Object value, Throwable thrown, long nanos, int form, boolean odd) {}

    /** A stage that cannot be cancelled, as those of other libraries. */
    private static final class Deaf extends CompletableFuture<Object> {
        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            return false;
        }
    }

    private final VirtualTime time;
    private final Trace trace;
    private final List<Step> steps = new ArrayList<>();
    private final Nature nature;
    private int next;
    private int running;
    private int most;
    private boolean interrupted;

    Script(VirtualTime time, Trace trace, Nature nature) {
        this.time = time;
        this.trace = trace;
        this.nature = nature;
    }

    static Script random(VirtualTime time, Trace trace, SplittableRandom random, Nature nature) {
        Script script = new Script(time, trace, nature);
        int goodness = random.nextInt(10);
        for (int i = 0; i < 30; i++) {
            Throwable thrown = random.nextInt(10) < goodness ? null : thrown(random.nextInt(8), i);
            Object value = random.nextInt(8) == 0 ? null : random.nextInt(5);
            // One more than whole microseconds, which no timer of a policy is: nothing ever happens at the same time.
            long nanos = random.nextInt(3) == 0 ? 0 : random.nextInt(2_000) * 1_000L + 1;
            boolean odd = nature != Nature.PLAIN && random.nextInt(3) == 0;
            long hours = nature == Nature.DEAF && random.nextInt(8) == 0 ? 7_200_000_000_000L : 0;
            script.steps.add(new Step(thrown == null ? value : null, thrown, nanos + hours, random.nextInt(3), odd));
        }
        return script;
    }

    private static Throwable thrown(int kind, int number) {
        String message = "step " + number;
        switch (kind) {
            case 0:
                return new IOException(message);
            case 1:
                return new IllegalStateException(message);
            case 2:
                return new StackOverflowError(message);
            case 3:
                return new OutOfMemoryError(message);
            case 4:
                return new FileNotFoundException(message);
            case 5:
                return new CancellationException(message);
            case 6:
                return new AssertionError(message);
            default:
                return new Exception(message);
        }
    }

    /** Attempts under way. */
    int running() {
        return running;
    }

    /** How many attempts have been under way at once. */
    int most() {
        return most;
    }

    /** The thread that is about to run this has its interrupt flag set, for a reason that is not a deadline's. */
    void interruptedFromOutside() {
        interrupted = true;
    }

    /** Whether an interrupt that is not a deadline's has not been answered by the work; forgets it. */
    boolean takeInterrupted() {
        boolean was = interrupted;
        interrupted = false;
        return was;
    }

    private Step begin() {
        Step step = steps.get(next % steps.size());
        trace.add("work " + next++);
        running++;
        most = Math.max(most, running);
        return step;
    }

    private void end(String how) {
        running--;
        trace.add("work " + how);
    }

    Object run() throws Exception {
        Step step = begin();
        if (nature == Nature.DEAF && step.odd) {
            sleepThrough(step.nanos);
        } else if (nature == Nature.INTERRUPTING && step.odd) {
            interrupted = true;
            Thread.currentThread().interrupt();
            // Busy: it does not notice, and a deadline that passes now finds the flag set.
            time.advance(Duration.ofNanos(step.nanos));
        } else {
            sleep(step.nanos);
        }
        end(Trace.outcome(step.value, step.thrown));
        if (step.thrown != null) {
            throw Script.<Exception>sneaky(step.thrown);
        }
        return step.value;
    }

    private void sleep(long nanos) throws InterruptedException {
        try {
            time.sleep(Duration.ofNanos(nanos));
        } catch (InterruptedException interrupt) {
            interrupted = false;
            end("(gone)");
            throw interrupt;
        }
    }

    private void sleepThrough(long nanos) {
        long end = time.nanoTime() + nanos;
        boolean flag = false;
        for (long left = nanos; left > 0; left = end - time.nanoTime()) {
            try {
                time.sleep(Duration.ofNanos(left));
            } catch (InterruptedException interrupt) {
                flag = true;
            }
        }
        if (flag) {
            Thread.currentThread().interrupt();
        }
    }

    CompletionStage<Object> start() {
        Step step = begin();
        CompletableFuture<Object> stage = nature == Nature.DEAF && step.odd ? new Deaf() : new CompletableFuture<>();
        if (step.nanos > 0) {
            boolean[] ended = {false};
            Environment.Timer timer = time.schedule(
                    () -> {
                        ended[0] = true;
                        end(Trace.outcome(step.value, step.thrown));
                        settle(stage, step);
                    },
                    step.nanos);
            stage.whenComplete((value, thrown) -> {
                timer.cancel();
                if (!ended[0]) {
                    end("(gone)");
                }
            });
            return stage;
        }
        end(Trace.outcome(step.value, step.thrown));
        if (step.thrown != null && step.form == 0) {
            throw Script.<RuntimeException>sneaky(step.thrown);
        }
        settle(stage, step);
        return step.form == 1 ? stage.minimalCompletionStage() : stage;
    }

    private static void settle(CompletableFuture<Object> stage, Step step) {
        if (step.thrown == null) {
            stage.complete(step.value);
        } else {
            stage.completeExceptionally(step.thrown);
        }
    }

    static <X extends Throwable> void raise(Throwable thrown) throws X {
        throw Script.<X>sneaky(thrown);
    }

    @SuppressWarnings("unchecked")
    static <X extends Throwable> X sneaky(Throwable thrown) throws X {
        throw (X) thrown;
    }
}

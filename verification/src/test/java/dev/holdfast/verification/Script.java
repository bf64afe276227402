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
    private record Step(Object value, Throwable thrown, long nanos, int form) {}

    private final VirtualTime time;
    private final Trace trace;
    private final List<Step> steps = new ArrayList<>();
    private int next;
    private int running;

    Script(VirtualTime time, Trace trace) {
        this.time = time;
        this.trace = trace;
    }

    static Script random(VirtualTime time, Trace trace, SplittableRandom random) {
        Script script = new Script(time, trace);
        int goodness = random.nextInt(10);
        for (int i = 0; i < 30; i++) {
            Throwable thrown = random.nextInt(10) < goodness ? null : thrown(random.nextInt(8), i);
            Object value = random.nextInt(8) == 0 ? null : random.nextInt(5);
            // One more than whole microseconds, which no timer of a policy is: nothing ever happens at the same time.
            long nanos = random.nextInt(3) == 0 ? 0 : random.nextInt(2_000) * 1_000L + 1;
            script.steps.add(new Step(thrown == null ? value : null, thrown, nanos, random.nextInt(3)));
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

    /** The same again, whatever it was. */
    Script then(Object value, Throwable thrown, long nanos) {
        steps.add(new Step(value, thrown, nanos, 0));
        return this;
    }

    int started() {
        return next;
    }

    /** Attempts under way. */
    int running() {
        return running;
    }

    private Step begin() {
        Step step = steps.get(next % steps.size());
        trace.add("work " + next++);
        running++;
        return step;
    }

    private void end(String how) {
        running--;
        trace.add("work " + how);
    }

    Object run() throws Exception {
        Step step = begin();
        try {
            time.sleep(Duration.ofNanos(step.nanos));
        } catch (InterruptedException interrupt) {
            end("(gone)");
            throw interrupt;
        }
        end(Trace.outcome(step.value, step.thrown));
        if (step.thrown != null) {
            throw Script.<Exception>sneaky(step.thrown);
        }
        return step.value;
    }

    CompletionStage<Object> start() {
        Step step = begin();
        CompletableFuture<Object> stage = new CompletableFuture<>();
        if (step.nanos > 0) {
            boolean[] ended = {false};
            Environment.Timer timer = time.schedule(() -> {
                ended[0] = true;
                end(Trace.outcome(step.value, step.thrown));
                settle(stage, step);
            }, step.nanos);
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

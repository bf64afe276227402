// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A dependency that follows a script on virtual time; the last step repeats. */
final class Backend {
    private record Step(Object value, Throwable thrown, Duration takes) {}

    private final VirtualTime time;
    private final List<Step> script = new ArrayList<>();
    private final List<Long> starts = new ArrayList<>();
    private Duration takes = Duration.ZERO;
    private Runnable onCall = () -> {};

    Backend(VirtualTime time) {
        this.time = time;
    }

    Backend fails(Throwable... thrown) {
        for (Throwable each : thrown) {
            script.add(new Step(null, each, takes));
        }
        return this;
    }

    Backend gives(Object... values) {
        for (Object each : values) {
            script.add(new Step(each, null, takes));
        }
        return this;
    }

    /** How long each of the steps that follow takes. */
    Backend taking(Duration duration) {
        takes = duration;
        return this;
    }

    Backend onCall(Runnable action) {
        onCall = action;
        return this;
    }

    int calls() {
        return starts.size();
    }

    /** When the attempts started, in nanoseconds. */
    List<Long> starts() {
        return starts;
    }

    /** How long it took from the start of each attempt to that of the next, in nanoseconds. */
    List<Long> gaps() {
        List<Long> gaps = new ArrayList<>();
        for (int i = 1; i < starts.size(); i++) {
            gaps.add(starts.get(i) - starts.get(i - 1));
        }
        return gaps;
    }

    private Step next() {
        starts.add(time.nanoTime());
        onCall.run();
        return script.get(Math.min(starts.size(), script.size()) - 1);
    }

    Object answer() {
        Step step = next();
        try {
            time.sleep(step.takes);
        } catch (InterruptedException interrupt) {
            throw sneaky(interrupt);
        }
        if (step.thrown != null) {
            throw sneaky(step.thrown);
        }
        return step.value;
    }

    /** Complete when it is given back, if the step takes no time and {@code late} does not ask for a timer. */
    CompletableFuture<Object> answerAsync(boolean late) {
        Step step = next();
        CompletableFuture<Object> future = new CompletableFuture<>();
        Runnable end = () -> {
            if (step.thrown == null) {
                future.complete(step.value);
            } else {
                future.completeExceptionally(step.thrown);
            }
        };
        if (late || !step.takes.isZero()) {
            time.schedule(end, step.takes.toNanos());
        } else {
            end.run();
        }
        return future;
    }

    @SuppressWarnings("unchecked")
    static <X extends Throwable> RuntimeException sneaky(Throwable thrown) throws X {
        throw (X) thrown;
    }
}

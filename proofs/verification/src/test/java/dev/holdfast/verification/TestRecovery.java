// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Outcome;
import dev.holdfast.Recovery;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A recovery that takes its time, fails every so often, and traces what it replaces. */
final class TestRecovery extends Recovery<Object> {
    private final VirtualTime time;
    private final Trace trace;
    private final long nanos;
    private final int failEvery;
    private int replaced;

    TestRecovery(String name, VirtualTime time, Trace trace, long nanos, int failEvery) {
        super(name, time);
        this.time = time;
        this.trace = trace;
        this.nanos = nanos;
        this.failEvery = failEvery;
    }

    static TestRecovery random(String name, VirtualTime time, Trace trace, SplittableRandom random) {
        long nanos = random.nextBoolean() ? 0 : random.nextInt(1_000) * 1_000L + 7;
        return new TestRecovery(name, time, trace, nanos, random.nextInt(4));
    }

    @Override
    protected Classifier<Object> classifier() {
        return Classifier.standard().ignore(AssertionError.class).failOnResult(Integer.valueOf(4)::equals);
    }

    @Override
    protected int steps() {
        return 1;
    }

    @Override
    protected CompletionStage<?> step(int number, Outcome<Object> what, Call call) throws Exception {
        trace.add(name() + " replaces what " + Trace.outcome(what.result().orElse(null), what.failure()));
        if (nanos == 0) {
            return CompletableFuture.completedStage(replacement());
        }
        CompletableFuture<Object> stage = new CompletableFuture<>();
        Environment.Timer timer = time.schedule(
                () -> {
                    try {
                        stage.complete(replacement());
                    } catch (IOException thrown) {
                        stage.completeExceptionally(thrown);
                    }
                },
                nanos);
        stage.whenComplete((done, thrown) -> timer.cancel());
        return stage;
    }

    private Object replacement() throws IOException {
        if (failEvery > 0 && ++replaced % failEvery == 0) {
            throw new IOException("nothing from " + name());
        }
        return "from " + name();
    }

    @Override
    protected void passed(Object value, Call call) {
        trace.add(name() + " lets pass");
    }

    @Override
    public String toString() {
        return name();
    }
}

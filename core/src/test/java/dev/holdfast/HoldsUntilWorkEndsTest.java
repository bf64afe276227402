// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Lab.TracedGate;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Asynchronous work that goes on although nobody waits for it. */
class HoldsUntilWorkEndsTest {
    private final Lab lab = new Lab();
    private final TracedGate holding = lab.gate("h");
    private final TracedGate other = lab.gate("o");
    private final CompletableFuture<Object> work = new Uncancellable();

    HoldsUntilWorkEndsTest() {
        holding.holds = true;
    }

    private static final class Uncancellable extends CompletableFuture<Object> {
        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            return false;
        }
    }

    private CompletableFuture<Object> start(Policy<Object> policy, CompletionStage<Object> stage) {
        return policy.callAsync(() -> stage);
    }

    @Test
    @DisplayName("BH-6 cancelled: the permit stays until the work has ended, and the work's outcome counts")
    void cancelled() {
        CompletableFuture<Object> future = start(Pipeline.of(other, holding), work);
        assertThat(future.cancel(true)).isTrue();
        assertThat(lab.trace).containsExactly("+o", "+h", "-o IGNORED");
        assertThat(holding.counts().calls()).isZero();

        work.complete("late");
        assertThat(lab.trace).containsExactly("+o", "+h", "-o IGNORED", "-h SUCCESS");
        assertThat(future).isCancelled();
    }

    @Test
    @DisplayName("BH-6 late failures count as failures, also where classifying or leaving throws")
    void lateFailure() {
        start(holding, work).cancel(true);
        work.completeExceptionally(new Exception("late"));
        assertThat(holding.counts()).isEqualTo(new CallCounts(0, 1, 0, 0, 0));

        holding.classifierThrows = number -> new IllegalStateException("classifier");
        CompletableFuture<Object> again = new Uncancellable();
        start(holding, again).cancel(true);
        again.complete("late");
        assertThat(holding.counts()).isEqualTo(new CallCounts(0, 1, 1, 0, 0));
        lab.assertBalanced("late");
    }

    @Test
    @DisplayName("BH-6 past a deadline: the caller goes on, the permit stays until the work has ended")
    void pastADeadline() {
        CompletableFuture<Object> future = start(Pipeline.of(lab.deadline("d", ms(5)), other, holding), work);
        assertThat(lab.outcome(future).failure()).isInstanceOf(Lab.Exceeded.class);
        assertThat(lab.trace).containsExactly("+o", "+h", "-o IGNORED", "@d");

        lab.time.advance(ms(100));
        work.complete("late");
        assertThat(lab.trace).endsWith("-h SUCCESS");
        assertThat(lab.time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("BH-6 a new attempt of a loop around the deadline asks for a permit of its own")
    void loopAroundTheDeadline() {
        CompletableFuture<Object> future =
                start(Pipeline.of(lab.loop("r", 3, ms(1)), lab.deadline("d", ms(5)), holding), work);
        assertThat(lab.outcome(future).failure()).isInstanceOf(Lab.Exceeded.class);
        assertThat(lab.trace).filteredOn("+h"::equals).hasSize(3);
        assertThat(lab.trace).doesNotContain("-h SUCCESS");
        work.complete("late");
        assertThat(holding.counts().successes()).isEqualTo(3);
        assertThat(lab.time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("BH-6 work that can be cancelled ends at once, and so does its stay")
    void cancellableWork() {
        start(holding, new CompletableFuture<>()).cancel(true);
        assertThat(lab.trace).containsExactly("+h", "-h IGNORED");
    }

    @Test
    @DisplayName("BH-6 stages whose work cannot be cancelled are waited for: minimal stages, and those of others")
    void stagesOfOthers() {
        List<Function<CompletableFuture<Object>, CompletionStage<Object>>> views =
                List.of(CompletableFuture::minimalCompletionStage, Lab::foreign);
        for (Function<CompletableFuture<Object>, CompletionStage<Object>> view : views) {
            lab.trace.clear();
            CompletableFuture<Object> source = new CompletableFuture<>();
            start(holding, view.apply(source)).cancel(true);
            assertThat(source.isDone()).isFalse();
            assertThat(lab.trace).containsExactly("+h");
            source.complete("late");
            assertThat(lab.trace).containsExactly("+h", "-h SUCCESS");
        }
    }
}

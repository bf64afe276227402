// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import static dev.holdfast.bulkhead.Testing.LONG;
import static dev.holdfast.bulkhead.Testing.assertIdle;
import static dev.holdfast.bulkhead.Testing.hold;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Permit;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PartitionTest {
    private final VirtualTime time = VirtualTime.create();
    private final Bulkhead bulkhead = Bulkhead.builder("reports")
            .environment(time)
            .limit(10)
            .queue(200)
            .waitUpTo(LONG)
            .partition("interactive", 0.7)
            .partition("batch", 0.3)
            .build();
    private final Bulkhead interactive = bulkhead.partition("interactive");
    private final Bulkhead batch = bulkhead.partition("batch");
    /** Calls under way, in the order in which they were let in. */
    private final Deque<CompletableFuture<Object>> running = new ArrayDeque<>();

    private void call(Bulkhead through, int times) {
        for (int i = 0; i < times; i++) {
            through.callAsync(() -> {
                CompletableFuture<Object> stage = new CompletableFuture<>();
                running.add(stage);
                return stage;
            });
        }
    }

    private void end(int calls) {
        for (int i = 0; i < calls; i++) {
            running.remove().complete("done");
            time.advance(Duration.ZERO);
        }
    }

    private static Bulkhead.Report report(int inFlight, int waiting) {
        return new Bulkhead.Report(10, inFlight, waiting);
    }

    @Test
    @DisplayName("Partitions share one limit, and borrow what others do not use")
    void borrow() {
        call(batch, 12);
        assertThat(batch.report()).isEqualTo(report(10, 2));
        assertThat(interactive.report()).isEqualTo(report(0, 0));
        assertThat(bulkhead.report()).isEqualTo(report(10, 2));
        assertThat(interactive.tryAcquire()).isNull();
        end(12);
        assertIdle(bulkhead);
        assertIdle(interactive);
    }

    @Test
    @DisplayName("A share that was lent comes back first to the partition that waits for it")
    void shareComesBack() {
        call(batch, 100);
        call(interactive, 100);
        end(7);
        assertThat(interactive.report()).isEqualTo(report(7, 93));
        assertThat(batch.report()).isEqualTo(report(3, 90));
        end(80);
        assertThat(interactive.report().inFlight()).isEqualTo(7);
        assertThat(batch.report().inFlight()).isEqualTo(3);
    }

    @Test
    @DisplayName("BH-5 each partition has a queue of its own, which others cannot fill")
    void ownQueues() {
        call(batch, 210);
        assertThat(batch.report()).isEqualTo(report(10, 200));
        call(batch, 1);
        assertThat(batch.counts().rejected()).isEqualTo(1);
        call(interactive, 1);
        assertThat(interactive.counts().rejected()).isZero();
        assertThat(interactive.report().waiting()).isEqualTo(1);
        end(1);
        assertThat(interactive.report()).isEqualTo(report(1, 0));
    }

    @Test
    @DisplayName("Calls through the bulkhead itself have what is left: here nothing, so they come last")
    void theRestComesLast() {
        call(interactive, 10);
        call(bulkhead, 1);
        call(batch, 2);
        end(2);
        assertThat(batch.report()).isEqualTo(report(2, 0));
        assertThat(bulkhead.report()).isEqualTo(report(10, 1));
        end(1);
        assertThat(bulkhead.report()).isEqualTo(report(10, 0));
        assertThat(bulkhead.counts().calls()).isZero();
    }

    @Test
    @DisplayName("Shares follow the limit when it is changed")
    void sharesFollowTheLimit() {
        call(batch, 50);
        call(interactive, 50);
        bulkhead.reconfigure(settings -> settings.limit(20));
        time.advance(Duration.ZERO);
        assertThat(interactive.report().inFlight()).isEqualTo(10);
        end(20);
        assertThat(interactive.report().inFlight()).isEqualTo(14);
        assertThat(batch.report().inFlight()).isEqualTo(6);
    }

    @Test
    @DisplayName("BH-1 BH-3 giving up, in any partition, loses no permit and keeps the counts right")
    void givingUp() {
        List<Permit> held = hold(interactive, 10);
        List<CompletableFuture<Object>> waiting = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            waiting.add(batch.callAsync(CompletableFuture::new));
            waiting.add(interactive.callAsync(CompletableFuture::new));
        }
        waiting.forEach(call -> call.cancel(true));
        assertThat(bulkhead.report()).isEqualTo(report(10, 0));
        held.forEach(Permit::close);
        assertThat(interactive.report()).isEqualTo(report(0, 0));
        assertIdle(bulkhead);
    }

    @Test
    @DisplayName("A partition is a policy of its own, with a name, counts and refusals of its own")
    void ownPolicy() {
        assertThat(batch.name()).isEqualTo("reports/batch");
        assertThat(bulkhead.partition("batch")).isSameAs(batch);
        assertThat(interactive.partition("batch")).isSameAs(batch);
        assertThat(batch.call(() -> "in")).isEqualTo("in");
        assertThat(batch.counts().successes()).isEqualTo(1);
        assertThat(interactive.counts().calls()).isZero();
        assertThat(batch).hasToString("Bulkhead['reports/batch' 0 of 10 in flight, 0 waiting]");

        batch.close();
        assertThatThrownBy(() -> interactive.run(() -> {})).hasMessage("'reports/interactive' is closed");
        assertThatThrownBy(() -> bulkhead.partition("none"))
                .hasMessage("partition: 'none' (expected: one of ['interactive', 'batch'])");
    }

    @Test
    @DisplayName(
            "XC-18 a partition's name that users choose is quoted and cut in the message: one line of bounded length")
    void foreignName() {
        assertThatThrownBy(() -> bulkhead.partition("x\nERROR forged" + "x".repeat(10_000_000)))
                .hasMessageStartingWith("partition: 'x\\nERROR forged")
                .satisfies(refusal ->
                        assertThat(refusal.getMessage()).hasSizeLessThan(1000).doesNotContain("\n"));
    }

    @Test
    @DisplayName("A new classifier counts for the partitions, too")
    void newClassifier() {
        bulkhead.reconfigure(settings -> settings.classify(standard -> standard.ignore(IllegalStateException.class)));
        assertThatThrownBy(() -> batch.run(() -> {
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        assertThat(batch.counts().ignored()).isEqualTo(1);
        assertThat(batch.counts().failures()).isZero();
    }
}

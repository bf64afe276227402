// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.hedge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Budget;
import dev.holdfast.ThreadContext;
import dev.holdfast.testkit.Script;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.testkit.Way;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where a hedge meets executors, contexts and rules that do what nobody expects. */
@Timeout(60)
class HedgeSeamsTest {
    private final VirtualTime time = VirtualTime.create();
    private final Script<String> work = Script.of(time);
    private final Budget budget = Budget.of(5, 0, 0);

    private static Duration ms(long millis) {
        return Duration.ofMillis(millis);
    }

    private HedgeBuilder<Object> hedge() {
        return Hedge.builder("h")
                .environment(time)
                .repeatable()
                .after(ms(30))
                .budget(budget)
                .runOn(time.threads());
    }

    @Test
    @DisplayName(
            "RC-6 an extra attempt that an executor has dropped, or keeps waiting, is the caller's own as soon as he has nothing to do")
    void dropped() {
        List<Runnable> kept = new ArrayList<>();
        Hedge<Object> hedge = hedge().runOn(kept::add).build();
        work.fails(new IOException("first")).after(ms(50)).gives("second").after(ms(5));

        assertThat(Way.BLOCKING.call(hedge, work).result()).contains("second");

        assertThat(time.nanoTime()).isEqualTo(ms(55).toNanos());
        kept.forEach(Runnable::run);
        assertThat(work.calls()).isEqualTo(2);
    }

    @Test
    @DisplayName("an extra attempt whose work has not begun when its call commits never begins it, and costs nothing")
    void committedBeforeItBegins() {
        List<Runnable> kept = new ArrayList<>();
        Hedge<Object> hedge = hedge().runOn(kept::add).build();
        AtomicInteger works = new AtomicInteger();

        String result = hedge.callWith(call -> {
            works.incrementAndGet();
            try {
                time.sleep(ms(40));
                call.commit();
                kept.forEach(Runnable::run);
                time.sleep(ms(40));
            } catch (InterruptedException calledOff) {
                return "called off";
            }
            return "mine";
        });

        assertThat(result).isEqualTo("mine");
        assertThat(works).hasValue(1);
        assertThat(budget.available()).isEqualTo(5);
    }

    @Test
    @DisplayName("the same where the call is asynchronous")
    void committedBeforeItBeginsLater() {
        Hedge<Object> hedge = hedge().build();
        AtomicInteger works = new AtomicInteger();
        CompletableFuture<String> first = new CompletableFuture<>();
        CompletableFuture<String> future = hedge.callAsyncWith(call -> {
            works.incrementAndGet();
            // At the time of the extra attempt, but before it.
            time.schedule(call::commit, ms(30).toNanos() - 1);
            return first;
        });
        time.advance(ms(100));
        assertThat(works).hasValue(1);
        first.complete("mine");
        assertThat(time.<String>join(future)).isEqualTo("mine");
        assertThat(budget.available()).isEqualTo(5);
    }

    @Test
    @DisplayName(
            "HG-6 an extra attempt that is called off before its executor had a thread for it gives back what was paid")
    void calledOffInTheQueue() {
        Hedge<Object> hedge = hedge().runOn(task -> {}).build();
        work.gives("slow").after(ms(50));

        for (int i = 0; i < 2; i++) {
            assertThat(Way.BLOCKING.call(hedge, work).result()).contains("slow");
        }

        assertThat(budget.available()).isEqualTo(5);
        assertThat(hedge.counts().withoutThread()).isZero();
    }

    @Test
    @DisplayName("HG-6 an extra attempt whose executor takes its thread back was made all the same, and paid for")
    void threadTakenBack() {
        Hedge<Object> hedge = hedge().runOn(task -> time.threads().execute(() -> {
                    Thread.currentThread().interrupt();
                    task.run();
                }))
                .build();
        work.gives("slow").after(ms(50));

        for (int i = 0; i < 20; i++) {
            assertThat(Way.BLOCKING.call(hedge, work).result()).contains("slow");
        }

        assertThat(budget.available()).isZero();
        assertThat(hedge.counts().withoutThread()).isZero();
        assertThat(hedge.counts().overBudget()).isEqualTo(15);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a context that cannot be had replaces no outcome of work that is done")
    void brokenContext(Way way) {
        VirtualTime broken = time.withContext(new ThreadContext() {
            @Override
            public Snapshot capture() {
                throw new IllegalStateException("no context");
            }
        });
        Hedge<Object> hedge =
                hedge().environment(broken).repeatableIf(call -> false).build();
        work.fails(new IOException("mine"));

        Throwable failure = way.call(hedge, work).failure();

        if (way == Way.BLOCKING) {
            assertThat(failure).hasMessage("mine");
            assertThat(hedge.counts().failed()).isEqualTo(1);
        } else {
            assertThat(failure).hasMessageContaining("context");
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a delay that calls decide is asked of calls only, and learns nothing")
    void delayOfNoCall(Way way) {
        List<Boolean> asked = new ArrayList<>();
        Hedge<Object> hedge = hedge().after(call -> {
                    asked.add(call != null);
                    return ms(30);
                })
                .build();
        work.fails(new IOException("1")).after(ms(1)).gives("2");

        assertThat(way.call(hedge, work).result()).contains("2");

        assertThat(asked).isNotEmpty().doesNotContain(false);
        assertThat(new HedgeType().settings(hedge)).containsEntry("quantile", "none");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("HG-7 calls that may not be repeated teach nothing about those that may")
    void notRepeatable(Way way) {
        Hedge<Object> hedge =
                hedge().repeatableIf(call -> false).afterQuantile(0.9, ms(30)).build();
        work.gives("written").after(ms(800));
        for (int i = 0; i < 200; i++) {
            way.call(hedge, work);
        }
        assertThat(hedge.delay()).contains(ms(30));
    }

    @Test
    @DisplayName("whether rules look at calls stays as it was built, because pipelines know it")
    void rulesByCall() {
        Hedge<Object> plain = hedge().build();
        assertThatThrownBy(() -> plain.reconfigure(so -> so.repeatableIf(call -> true)))
                .hasMessageContaining("repeatableIf, or after what a call says: new");
        assertThatThrownBy(() -> plain.reconfigure(so -> so.after(call -> ms(1))))
                .hasMessageContaining("repeatableIf, or after what a call says: new");
        Hedge<Object> byCall = hedge().repeatableIf(call -> true).build();
        assertThatThrownBy(() -> byCall.reconfigure(HedgeBuilder::repeatable)).hasMessageContaining("gone");
        byCall.reconfigure(so -> so.repeatableIf(call -> false).after(call -> ms(1)));
        assertThat(byCall.delay()).isEmpty();
    }

    @Test
    @DisplayName("a file that says repeatable leaves a rule alone that was given in code")
    void ruleOfCodeStays() {
        Hedge<Object> hedge = hedge().repeatableIf(call -> false).build();
        assertThat(new HedgeType().settings(hedge)).containsEntry("repeatable", "true");
        work.fails(new IOException("written"));
        assertThat(Way.BLOCKING.call(hedge, work).failure()).hasMessage("written");
        assertThat(work.calls()).isEqualTo(1);
    }
}

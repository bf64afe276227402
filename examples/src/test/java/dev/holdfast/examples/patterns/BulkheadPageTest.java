// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadFullException;
import dev.holdfast.config.Guards;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import dev.holdfast.timeout.TimeoutExceededException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** What the page on the bulkhead shows does what the page says. */
class BulkheadPageTest {
    private static final Sku SKU = new Sku("4711");
    private static final Duration A_LONG_TIME = Duration.ofSeconds(20);

    private final VirtualTime time = VirtualTime.create();
    private final FakeShop client = new FakeShop(time);
    private final BulkheadPage page = new BulkheadPage(client);
    private final List<CompletableFuture<Stock>> work = new ArrayList<>();

    /** An asynchronous call whose work ends when its stage in {@link #work} is completed. */
    private CompletableFuture<Stock> start(Policy<Object> policy) {
        return policy.callAsync(() -> {
            CompletableFuture<Stock> stage = new CompletableFuture<>();
            work.add(stage);
            return stage;
        });
    }

    private List<CompletableFuture<Stock>> start(Policy<Object> policy, int calls) {
        List<CompletableFuture<Stock>> started = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            started.add(start(policy));
        }
        return started;
    }

    @Test
    void theEleventhCallIsRefusedAtOnce() {
        Bulkhead bulkhead = time.building(() -> page.smallest(SKU));
        start(bulkhead, 10);
        assertThatThrownBy(() -> bulkhead.call(() -> client.stock(SKU)))
                .isInstanceOf(BulkheadFullException.class)
                .satisfies(refused ->
                        assertThat(((BulkheadFullException) refused).limit()).isEqualTo(10));
        assertThat(time.nanoTime()).isZero();
        work.get(0).complete(client.answer);
        assertThat(bulkhead.call(() -> client.stock(SKU))).isEqualTo(client.answer);
    }

    @Test
    void theDefaults() {
        Bulkhead bulkhead = time.building(() -> Bulkhead.builder("inventory").build());
        start(bulkhead, 25);
        assertThatThrownBy(() -> bulkhead.call(() -> client.stock(SKU))).isInstanceOf(BulkheadFullException.class);

        Bulkhead queueing = time.building(
                () -> Bulkhead.builder("inventory").limit(1).queue(2).build());
        start(queueing);
        work.clear();
        List<CompletableFuture<Stock>> waiting = start(queueing, 2);
        time.advance(Duration.ofSeconds(1).minusNanos(1));
        assertThat(waiting).noneMatch(CompletableFuture::isDone);
        time.advance(Duration.ofNanos(1));
        assertThat(waiting).allMatch(CompletableFuture::isCompletedExceptionally);
        assertThat(work).isEmpty();
    }

    @Test
    void firstComeFirstServed() {
        Bulkhead bulkhead = time.building(
                () -> Bulkhead.builder("inventory").limit(1).queue(2).build());
        start(bulkhead);
        List<CompletableFuture<Stock>> waiting = start(bulkhead, 2);
        work.get(0).complete(client.answer);
        time.advance(Duration.ZERO);
        work.get(1).complete(client.answer);
        assertThat(waiting.get(0)).isCompleted();
        assertThat(waiting.get(1)).isNotCompleted();
    }

    @Test
    void theFileSaysTheSame() {
        Guards guards = Guards.of(PageSettings.of("bulkhead.md"), time);
        assertThat(PageSettings.inForce(guards))
                .isEqualTo(PageSettings.inForce(time.building(() -> page.smallest(SKU)), "bulkhead"));
        Stock stock = guards.get("inventory").call(() -> client.stock(SKU));
        assertThat(stock).isEqualTo(client.answer);
    }

    @Test
    void theLimitIsReckonedOrLearnt() {
        assertThat(page.reckoned().report().limit()).isEqualTo(10);

        Bulkhead adaptive = time.building(page::adaptive);
        assertThat(adaptive.report().limit()).isEqualTo(20);
        client.always = new TimeoutException();
        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> adaptive.callInterruptibly(() -> {
                        time.sleep(Duration.ofMillis(500));
                        return client.stock(SKU);
                    }))
                    .isInstanceOf(RuntimeException.class);
        }
        assertThat(adaptive.report().limit()).isEqualTo(1);
    }

    private static final class TimeoutException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @Test
    void theQueueIsShortAndServesWhoCameLast() {
        Bulkhead bulkhead = time.building(page::shortQueue);
        start(bulkhead, 10);
        List<CompletableFuture<Stock>> waiting = start(bulkhead, 20);
        assertThat(start(bulkhead)).isCompletedExceptionally();
        work.get(0).complete(client.answer);
        time.advance(Duration.ZERO);
        assertThat(work).hasSize(11);
        work.get(10).complete(client.answer);
        time.advance(Duration.ZERO);
        assertThat(waiting.get(19)).isCompletedWithValue(client.answer);
        time.advance(Duration.ofMillis(100));
        assertThat(waiting.get(0)).isCompletedExceptionally();
    }

    @Test
    void eachLayerHasItsOwn() {
        Bulkhead outer = time.building(() -> Bulkhead.of("requests", 1));
        Bulkhead inner = time.building(() -> Bulkhead.of("inventory", 1));
        assertThat(outer.call(() -> inner.call(() -> client.stock(SKU)))).isEqualTo(client.answer);

        Bulkhead same = time.building(() -> Bulkhead.of("inventory", 1));
        assertThatThrownBy(() -> same.call(() -> same.call(() -> client.stock(SKU))))
                .isInstanceOf(BulkheadFullException.class);
    }

    @Test
    void workOnItsThreadsKeepsItsPermitUntilItHasEnded() throws InterruptedException {
        Bulkhead bulkhead = time.building(page::withThreads);
        CountDownLatch began = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        client.meanwhile = () -> {
            began.countDown();
            waitForDeafly(mayEnd);
        };
        CompletableFuture<Stock> stock = page.onItsThreads(bulkhead, SKU);
        began.await();
        stock.cancel(true);
        assertThat(bulkhead.report().inFlight()).isEqualTo(1);
        mayEnd.countDown();
        eventually(() -> {
            time.advance(Duration.ZERO);
            return bulkhead.report().inFlight() == 0;
        });
        bulkhead.close();
    }

    @Test
    void workOnOtherThreadsDoesNot() throws InterruptedException {
        Bulkhead bulkhead = time.building(() -> Bulkhead.of("inventory", 10));
        CountDownLatch began = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        client.meanwhile = () -> {
            began.countDown();
            waitForDeafly(mayEnd);
            ended.countDown();
        };
        CompletableFuture<Stock> stock =
                bulkhead.callAsync(() -> CompletableFuture.supplyAsync(() -> client.stock(SKU), time.threads()));
        began.await();
        stock.cancel(true);
        assertThat(bulkhead.report().inFlight()).isZero();
        assertThat(ended.getCount()).isEqualTo(1);
        mayEnd.countDown();
        ended.await();
    }

    private static void waitForDeafly(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException notHeard) {
                // Deaf.
            }
        }
    }

    private static void eventually(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + A_LONG_TIME.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.sleep(1);
        }
    }

    @Test
    void aTimeoutAroundItCoversTheQueueAndLeavesThePermitWithTheWork() {
        Bulkhead bulkhead = time.building(() -> Bulkhead.builder("inventory")
                .limit(1)
                .queue(1)
                .waitUpTo(Duration.ofMinutes(1))
                .build());
        Timeout timeout = time.building(() -> Timeout.of("inventory", Duration.ofMillis(400)));
        Pipeline<Object> pipeline = Pipeline.of(timeout, bulkhead);
        CompletableFuture<Stock> uncancellable = new CompletableFuture<>() {
            @Override
            public boolean cancel(boolean mayInterruptIfRunning) {
                return false;
            }
        };
        CompletableFuture<Stock> first = pipeline.callAsync(() -> uncancellable);
        CompletableFuture<Stock> second = start(pipeline);
        time.advance(Duration.ofMillis(400));
        for (CompletableFuture<Stock> each : List.of(first, second)) {
            assertThatThrownBy(each::join)
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(TimeoutExceededException.class);
        }
        assertThat(bulkhead.report()).isEqualTo(new Bulkhead.Report(1, 1, 0));
        assertThat(bulkhead.counts().abandoned()).isEqualTo(1);
        uncancellable.complete(client.answer);
        assertThat(bulkhead.report().inFlight()).isZero();
    }

    @Test
    void aPartitionIsAPolicyOfItsOwn() {
        Bulkhead reports = time.building(() ->
                Bulkhead.builder("reports").queue(1).partition("batch", 0.3).build());
        assertThat(reports.partition("batch").name()).isEqualTo("reports/batch");
        reports.partition("batch").call(() -> client.stock(SKU));
        assertThat(reports.partition("batch").counts().successes()).isEqualTo(1);
        assertThat(reports.counts().successes()).isZero();
        assertThatThrownBy(() -> reports.reconfigure(settings -> settings.partition("more", 0.1)))
                .isInstanceOf(IllegalArgumentException.class);
        reports.reconfigure(settings -> settings.limit(3).lifo());
        assertThat(reports.report().limit()).isEqualTo(3);
    }

    @Test
    void eventsTellOfLimitsAndRefusals() {
        Bulkhead bulkhead =
                time.building(() -> Bulkhead.builder("told").limit(1).queue(1).build());
        List<String> told = new ArrayList<>();
        bulkhead.on(Bulkhead.LimitChanged.class, e -> told.add(e.from() + " to " + e.to()));
        bulkhead.on(Event.CallEnded.class, e -> told.add("ended " + e.ending()));
        bulkhead.on(Event.CallRejected.class, e -> told.add(e.rejection().getMessage()));
        bulkhead.on(Event.CallAbandoned.class, e -> told.add("abandoned"));
        List<String> logged = Logged.by(() -> {
            CompletableFuture<Stock> inside = start(bulkhead);
            CompletableFuture<Stock> waiting = start(bulkhead);
            assertThat(start(bulkhead)).isCompletedExceptionally();
            waiting.cancel(true);
            work.get(0).complete(client.answer);
            assertThat(inside).isCompleted();
            bulkhead.reconfigure(settings -> settings.limit(2));
            bulkhead.close();
            assertThatThrownBy(() -> bulkhead.call(() -> client.stock(SKU))).isInstanceOf(BulkheadFullException.class);
        });
        assertThat(told)
                .containsExactly(
                        "'told' is full: 1 in flight (limit: 1), 1 waiting",
                        "abandoned",
                        "ended SUCCESS",
                        "1 to 2",
                        "'told' is closed");
        assertThat(logged).isEmpty();
    }

    @Test
    void misplacedBulkheadsAreWarnedOf() {
        Bulkhead bulkhead = Bulkhead.of("bulkhead order", 1);
        Timeout elsewhere = Timeout.builder("bulkhead order", Duration.ofSeconds(1))
                .runOn(Runnable::run)
                .build();
        assertThat(warnings(bulkhead, Retry.ofDefaults("bulkhead order")))
                .singleElement()
                .asString()
                .contains("keeps a permit while");
        assertThat(warnings(bulkhead, elsewhere)).singleElement().asString().contains("limits callers and not work");
        assertThat(warnings(Retry.ofDefaults("bulkhead order"), elsewhere, bulkhead))
                .isEmpty();
    }

    private static List<String> warnings(Policy<?>... outermostFirst) {
        return Logged.by(() -> Pipeline.ofAll(List.of(outermostFirst)));
    }
}

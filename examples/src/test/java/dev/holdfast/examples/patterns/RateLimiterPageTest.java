// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadFullException;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.config.Guards;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.ratelimiter.KeyedRateLimiter;
import dev.holdfast.ratelimiter.RateLimitedException;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.ratelimiter.RateLimiterBuilder;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What the page on the rate limiter shows does what the page says. */
class RateLimiterPageTest {
    private static final Sku SKU = new Sku("4711");
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private final FakeShop client = new FakeShop(time);
    private final RateLimiterPage page = new RateLimiterPage(client);

    /** How many calls go through at once now. */
    private int atOnce(RateLimiter limiter) {
        return atOnce(limiter, Integer.MAX_VALUE);
    }

    private int atOnce(RateLimiter limiter, int most) {
        int through = 0;
        while (through < most && limiter.tryAcquire() != null) {
            through++;
        }
        return through;
    }

    @Test
    void aHundredAtOnceAndThenOneEachTenMilliseconds() {
        RateLimiter limiter = time.building(() -> page.smallest(SKU));
        assertThat(atOnce(limiter)).isEqualTo(99);
        assertThatThrownBy(() -> limiter.call(() -> client.stock(SKU)))
                .isInstanceOf(RateLimitedException.class)
                .satisfies(refused -> assertThat(((RateLimitedException) refused).retryAfter())
                        .contains(Duration.ofMillis(10)));
        time.advance(Duration.ofMillis(10));
        assertThat(atOnce(limiter)).isEqualTo(1);
        time.advance(Duration.ofHours(1));
        assertThat(atOnce(limiter)).isEqualTo(100);
    }

    /** The most calls in any second, where one comes early, and later everybody asks all the time. */
    private long mostInASecond(UnaryOperator<RateLimiterBuilder> kind) {
        return mostInASecond(time.building(() ->
                kind.apply(RateLimiter.builder("inventory").limit(100, SECOND)).build()));
    }

    private long mostInASecond(RateLimiter limiter) {
        Deque<Long> lastSecond = new ArrayDeque<>();
        long most = 0;
        for (int ms = 0; ms < 4_000; ms++) {
            long now = time.nanoTime();
            int through = ms == 0 || ms >= 990 ? atOnce(limiter, ms == 0 ? 1 : Integer.MAX_VALUE) : 0;
            for (int i = 0; i < through; i++) {
                lastSecond.add(now);
            }
            while (!lastSecond.isEmpty() && now - lastSecond.peekFirst() > SECOND.toNanos()) {
                lastSecond.removeFirst();
            }
            most = Math.max(most, lastSecond.size());
            time.advance(Duration.ofMillis(1));
        }
        return most;
    }

    @Test
    void noSecondSeesMoreThanTheTableSays() {
        assertThat(mostInASecond(kind -> kind)).isEqualTo(200);
        assertThat(mostInASecond(kind -> kind.burst(10))).isEqualTo(110);
        assertThat(mostInASecond(RateLimiterBuilder::smooth)).isEqualTo(101);
        assertThat(mostInASecond(kind -> kind.warmUp(Duration.ofMillis(500), 3)))
                .isEqualTo(101);
        assertThat(mostInASecond(RateLimiterBuilder::slidingWindow)).isBetween(190L, 200L);
        assertThat(mostInASecond(RateLimiterBuilder::fixedWindow)).isEqualTo(200);
        assertThat(mostInASecond(time.building(page::withinAQuota))).isEqualTo(100);
    }

    @Test
    void severalLimitsApplyTogether() {
        RateLimiter limiter = time.building(page::severalLimits);
        int through = 0;
        for (int i = 0; i < 200; i++) {
            through += atOnce(limiter);
            time.advance(SECOND);
        }
        assertThat(through).isBetween(1_000, 1_060);
        assertThatThrownBy(() -> limiter.permits(11)).isInstanceOf(IllegalArgumentException.class);
        RateLimiter closed = time.building(
                () -> RateLimiter.builder("closed").limit(0, SECOND).build());
        assertThatThrownBy(() -> closed.run(() -> {}))
                .isInstanceOfSatisfying(
                        RateLimitedException.class,
                        refused -> assertThat(refused.retryAfter()).isEmpty());
    }

    @Test
    void theFileSaysTheSame() {
        Guards guards = Guards.of(PageSettings.of("rate-limiter.md"), time);
        assertThat(PageSettings.inForce(guards))
                .isEqualTo(PageSettings.inForce(time.building(() -> page.smallest(SKU)), "rate-limiter"));
        Stock stock = guards.get("inventory").call(() -> client.stock(SKU));
        assertThat(stock).isEqualTo(client.answer);
    }

    @Test
    void fewerCallsBeginWhenTheyTakeLongerWithABulkheadAndNotWithALimit() {
        Bulkhead bulkhead = time.building(() -> Bulkhead.of("inventory", 10));
        RateLimiter limiter = time.building(() -> page.smallest(SKU));
        int inFlight = 0;
        for (int i = 0; i < 1_000; i++) {
            CompletableFuture<Stock> limited = limiter.callAsync(() -> client.stockAsync(SKU));
            inFlight += limited.isDone() ? 0 : 1;
            CompletableFuture<Stock> guarded = bulkhead.callAsync(() -> client.stockAsync(SKU));
            assertThat(guarded.isDone()).isEqualTo(i >= 10);
            time.advance(Duration.ofMillis(10));
        }
        assertThat(inFlight).isEqualTo(1_000);
        assertThatThrownBy(() -> bulkhead.call(() -> client.stock(SKU))).isInstanceOf(BulkheadFullException.class);
    }

    @Test
    void aBurstThatIsBoundedAndAFixedWindowThatLetsTwiceThePermitsThrough() {
        RateLimiter limiter = time.building(page::boundedBurst);
        assertThat(atOnce(limiter)).isEqualTo(10);
        int through = 0;
        for (int i = 0; i < 1_000; i++) {
            time.advance(Duration.ofMillis(1));
            through += atOnce(limiter);
        }
        assertThat(through).isEqualTo(100);

        RateLimiter fixed = time.building(() -> RateLimiter.builder("inventory")
                .limit(100, SECOND)
                .fixedWindow()
                .build());
        time.advance(SECOND.minusMillis(1));
        assertThat(atOnce(fixed)).isEqualTo(100);
        time.advance(Duration.ofMillis(1));
        assertThat(atOnce(fixed)).isEqualTo(100);
    }

    @Test
    void whoWouldWaitLongIsRefusedAndTakesNothing() {
        RateLimiter limiter = time.building(page::impatient);
        assertThat(atOnce(limiter)).isEqualTo(100);
        List<CompletableFuture<Stock>> waiting = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            waiting.add(limiter.callAsync(() -> CompletableFuture.completedFuture(client.answer)));
        }
        assertThatThrownBy(() -> limiter.call(() -> client.stock(SKU)))
                .isInstanceOf(RateLimitedException.class)
                .satisfies(refused -> assertThat(((RateLimitedException) refused).retryAfter())
                        .contains(Duration.ofMillis(60)));
        time.advance(Duration.ofMillis(50));
        assertThat(waiting).allMatch(CompletableFuture::isDone);
    }

    @Test
    void eachUserHasThePermitsOfOne() {
        KeyedRateLimiter<String> users = time.building(page::keyed);
        Pipeline<Object> pipeline = time.building(() -> Pipeline.of(Retry.ofDefaults("inventory")));
        for (int i = 0; i < 5; i++) {
            assertThat(page.keyed(users, pipeline, "alice", SKU)).isEqualTo(client.answer);
        }
        assertThatThrownBy(() -> page.keyed(users, pipeline, "alice", SKU)).isInstanceOf(RateLimitedException.class);
        assertThat(page.keyed(users, pipeline, "bob", SKU)).isEqualTo(client.answer);
        assertThat(users.counts().successes()).isEqualTo(6);
        assertThat(users.keys()).isEqualTo(2);
        time.advance(SECOND.multipliedBy(3));
        assertThat(users.keys()).isZero();
    }

    @Test
    void permitsAndDrain() {
        RateLimiter limiter = time.building(() -> page.smallest(SKU));
        limiter.permits(5).call(() -> client.stock(SKU));
        assertThat(limiter.available()).isEqualTo(94);
        assertThat(limiter.drain()).isEqualTo(94);
        assertThat(limiter.available()).isZero();
        time.advance(SECOND.dividedBy(2));
        limiter.reconfigure(settings -> settings.limit(200, SECOND));
        assertThat(limiter.available()).isEqualTo(50);
    }

    @Test
    void severalLimitsGiveAllOrNone() {
        RateLimiter limiter = time.building(() -> RateLimiter.builder("inventory")
                .limit(10, SECOND)
                .and(12, Duration.ofHours(1))
                .build());
        assertThat(atOnce(limiter)).isEqualTo(10);
        time.advance(SECOND);
        assertThat(atOnce(limiter)).isEqualTo(2);
        limiter.reconfigure(settings -> settings.only());
        assertThat(atOnce(limiter)).isEqualTo(8);
    }

    @Test
    void eventsTellOfRefusalsAndOfThoseWhoGiveUp() {
        RateLimiter limiter = time.building(page::impatient);
        List<String> told = new ArrayList<>();
        limiter.on(Event.CallEnded.class, e -> told.add("ended " + e.ending()));
        limiter.on(Event.CallRejected.class, e -> told.add(e.rejection().getMessage()));
        limiter.on(Event.CallAbandoned.class, e -> told.add("abandoned"));
        List<String> logged = Logged.by(() -> {
            limiter.call(() -> client.stock(SKU));
            limiter.drain();
            CompletableFuture<Stock> waiting = limiter.callAsync(() -> client.stockAsync(SKU));
            waiting.cancel(true);
            // It has given its permit back, because nobody had reserved behind it.
            assertThat(limiter.available()).isZero();
            for (int i = 0; i < 5; i++) {
                limiter.callAsync(() -> client.stockAsync(SKU));
            }
            assertThatThrownBy(() -> limiter.call(() -> client.stock(SKU))).isInstanceOf(RateLimitedException.class);
        });
        assertThat(told)
                .containsExactly(
                        "ended SUCCESS",
                        "abandoned",
                        "'inventory' is over its limit and let no call through; retry after PT0.06S");
        assertThat(logged).isEmpty();
    }

    @Test
    void aRefusalIsNoFailureAndIsRepeatedOnlyWhenAskedFor() {
        RateLimiter limiter = time.building(() -> page.smallest(SKU));
        CircuitBreaker breaker = time.building(() -> CircuitBreaker.ofDefaults("inventory"));
        Retry<Object> retry = time.building(() -> Retry.ofDefaults("inventory"));
        limiter.drain();
        assertThatThrownBy(() -> Pipeline.of(retry, breaker, limiter).call(() -> client.stock(SKU)))
                .isInstanceOf(RateLimitedException.class);
        assertThat(breaker.counts().ignored()).isEqualTo(1);
        assertThat(breaker.report().calls()).isZero();

        Retry<Object> asking =
                time.building(() -> Retry.builder("inventory").retryRejections().build());
        assertThat(Pipeline.of(asking, breaker, limiter).call(() -> client.stock(SKU)))
                .isEqualTo(client.answer);
    }

    @Test
    void aCallWithADeadlineIsRefusedIfItsPermitsComeTooLate() {
        RateLimiter limiter = time.building(page::impatient);
        limiter.drain();
        for (int i = 0; i < 2; i++) {
            limiter.callAsync(() -> client.stockAsync(SKU));
        }
        Timeout whole = time.building(() -> Timeout.of("inventory", Duration.ofMillis(20)));
        assertThatThrownBy(() -> Pipeline.of(whole, limiter).call(() -> client.stock(SKU)))
                .isInstanceOf(RateLimitedException.class);
        assertThat(time.nanoTime()).isZero();
    }

    @Test
    void noOrderWithALimiterIsWarnedOf() {
        RateLimiter limiter =
                RateLimiter.builder("limiter order").limit(1, SECOND).build();
        assertThat(warnings(limiter, Retry.ofDefaults("limiter order"))).isEmpty();
        assertThat(warnings(Retry.ofDefaults("limiter order"), limiter, CircuitBreaker.ofDefaults("limiter order")))
                .isEmpty();
        assertThat(warnings(Bulkhead.of("limiter order", 1), limiter)).isEmpty();
    }

    private static List<String> warnings(Policy<?>... outermostFirst) {
        return Logged.by(() -> Pipeline.ofAll(List.of(outermostFirst)));
    }
}

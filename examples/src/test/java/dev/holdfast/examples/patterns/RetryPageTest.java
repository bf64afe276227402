// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff;
import dev.holdfast.CallCounts;
import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitOpenException;
import dev.holdfast.config.Guards;
import dev.holdfast.examples.patterns.Shop.Order;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.examples.readme.Inventory.UnknownSkuException;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.retry.RetriesExhaustedException;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the page on the retry shows does what the page says. */
class RetryPageTest {
    private static final Sku SKU = new Sku("4711");
    private static final Order ORDER = new Order("17");

    private final VirtualTime time = VirtualTime.create();
    private final FakeShop client = new FakeShop(time);
    private final RetryPage page = new RetryPage(client);
    private final IllegalStateException down = new IllegalStateException("down");

    private Duration between(int first, int second) {
        return client.calls.get(second).minus(client.calls.get(first));
    }

    @Test
    void theDefaultsMakeThreeAttemptsWithWaitsThatDouble() {
        client.failures.addAll(List.of(down, down));
        assertThat(time.building(() -> page.smallest(SKU))).isEqualTo(client.answer);
        assertThat(client.calls).hasSize(3);
        assertThat(between(0, 1)).isBetween(Duration.ZERO, Duration.ofMillis(100));
        assertThat(between(1, 2)).isBetween(Duration.ZERO, Duration.ofMillis(200));

        client.calls.clear();
        client.always = down;
        assertThatThrownBy(() -> time.building(() -> page.smallest(SKU))).isSameAs(down);
        assertThat(client.calls).hasSize(3);
    }

    @Test
    void clientsThatFailTogetherDoNotComeBackTogether() {
        client.always = down;
        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> time.building(() -> page.smallest(SKU))).isSameAs(down);
        }
        List<Duration> waits = new ArrayList<>();
        for (int i = 0; i < 30; i += 3) {
            waits.add(between(i, i + 1));
        }
        assertThat(waits).doesNotHaveDuplicates();
    }

    @Test
    void theFileSaysTheSame() {
        Guards guards = Guards.of(PageSettings.of("retry.md"), time);
        assertThat(PageSettings.inForce(guards))
                .isEqualTo(PageSettings.inForce(Retry.ofDefaults("inventory"), "retry"));
        client.failures.add(down);
        Stock stock = guards.get("inventory").call(() -> client.stock(SKU));
        assertThat(stock).isEqualTo(client.answer);
    }

    @Test
    void aKeyMakesAPaymentThatIsRepeatedOne() {
        client.lostAnswer = down;
        time.building(() -> {
            page.paysOnce(ORDER);
            return true;
        });
        assertThat(client.calls).hasSize(2);
        assertThat(client.paid).containsEntry(ORDER, 1);

        client.paid.clear();
        client.lostAnswer = down;
        time.building(() -> Retry.ofDefaults("bank")).run(() -> client.pay(ORDER));
        assertThat(client.paid).containsEntry(ORDER, 2);
    }

    @Test
    void orOnlyWhatCannotHaveArrivedIsRepeated() {
        Retry<Object> retry = time.building(() -> Retry.builder("bank")
                .classify(so -> so.ignore(Throwable.class).failOn(ConnectException.class))
                .build());
        client.failures.add(new UncheckedIOException(new ConnectException("refused")));
        retry.run(() -> client.pay(ORDER));
        assertThat(client.paid).containsEntry(ORDER, 1);

        client.lostAnswer = down;
        assertThatThrownBy(() -> retry.run(() -> client.pay(ORDER))).isSameAs(down);
        assertThat(client.paid).containsEntry(ORDER, 2);
    }

    @Test
    void oneRetryMakesThreeAttemptsAndTwoMakeNine() {
        client.always = down;
        assertThatThrownBy(
                        () -> time.building(() -> Retry.ofDefaults("inventory")).call(() -> client.stock(SKU)))
                .isSameAs(down);
        assertThat(client.calls).hasSize(3);

        client.calls.clear();
        Retry<Object> orders = time.building(() -> Retry.ofDefaults("orders"));
        Retry<Object> inventory = time.building(() -> Retry.ofDefaults("inventory"));
        assertThatThrownBy(() -> orders.call(() -> inventory.call(() -> client.stock(SKU))))
                .isSameAs(down);
        assertThat(client.calls).hasSize(9);
    }

    @Test
    void theBudgetBoundsRetriesOfAnOutage() {
        List<Retry<Object>> retries = time.building(page::withBudget);
        client.always = down;
        int calls = 400;
        for (int i = 0; i < calls; i++) {
            Retry<Object> retry = retries.get(i % 2);
            assertThatThrownBy(() -> retry.call(() -> client.stock(SKU))).isSameAs(down);
        }
        long seconds = Duration.ofNanos(time.nanoTime()).toSeconds() + 1;
        assertThat((long) client.calls.size() - calls).isBetween(100L, 100 + seconds + 1);
        assertThat(retries.get(0).counts().overBudget()).isPositive();

        // One a second is allowed in any case, and ten successes pay for one more.
        client.always = null;
        client.calls.clear();
        for (int i = 0; i < 10; i++) {
            retries.get(0).call(() -> client.stock(SKU));
        }
        time.advance(Duration.ofSeconds(1));
        client.always = down;
        assertThatThrownBy(() -> retries.get(0).call(() -> client.stock(SKU))).isSameAs(down);
        assertThat(client.calls).hasSizeBetween(10 + 3, 10 + 4);
    }

    @Test
    void withoutABudgetAnOutageMultipliesTheLoad() {
        client.always = down;
        Retry<Object> retry =
                time.building(() -> Retry.builder("inventory").withoutBudget().build());
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> retry.call(() -> client.stock(SKU))).isSameAs(down);
        }
        assertThat(client.calls).hasSize(300);
    }

    @Test
    void whatCannotSucceedIsNotRepeated() {
        Retry<Object> retry = time.building(() -> Retry.builder("inventory")
                .classify(so -> so.ignore(UnknownSkuException.class))
                .build());
        client.always = new UnknownSkuException();
        assertThatThrownBy(() -> retry.call(() -> client.stock(SKU))).isSameAs(client.always);
        assertThat(client.calls).hasSize(1);
        client.failures.add(down);
        client.always = null;
        retry.call(() -> client.stock(SKU));
        assertThat(client.calls).hasSize(3);
    }

    @Test
    void aDurationAloneLeavesItAtThreeAttempts() {
        client.always = down;
        Retry<Object> retry = time.building(() ->
                Retry.builder("inventory").maxDuration(Duration.ofHours(1)).build());
        assertThatThrownBy(() -> retry.call(() -> client.stock(SKU))).isSameAs(down);
        assertThat(client.calls).hasSize(3);
    }

    @Test
    void eventsTellOfRetriesAndOfGivingUp() {
        Retry<Object> retry = time.building(() -> Retry.builder("inventory")
                .classify(so -> so.ignore(UnknownSkuException.class))
                .build());
        List<String> told = new ArrayList<>();
        retry.on(
                Event.RetryScheduled.class,
                e -> told.add("again after " + e.call().attempt()));
        retry.on(
                Event.RetriesExhausted.class,
                e -> told.add("gave up after " + e.call().attempt()));
        client.failures.addAll(List.of(new IllegalStateException("1"), new IllegalStateException("2")));
        client.always = down;
        List<String> logged = Logged.by(() -> assertThatThrownBy(() -> retry.call(() -> client.stock(SKU)))
                .isSameAs(down)
                .satisfies(thrown -> assertThat(thrown.getSuppressed()).hasSize(2)));
        assertThat(told).containsExactly("again after 1", "again after 2", "gave up after 3");
        assertThat(logged).isEmpty();

        told.clear();
        client.always = new UnknownSkuException();
        assertThatThrownBy(() -> retry.call(() -> client.stock(SKU))).isSameAs(client.always);
        assertThat(told).isEmpty();
    }

    @Test
    void aResultThatIsStillRefusedIsGivenOrThrown() {
        client.answer = new Stock(1, false);
        Retry<Stock> gives = time.building(() -> Retry.builder("inventory", Stock.class)
                .retryOnResult(stock -> !stock.complete())
                .build());
        assertThat(gives.call(() -> client.stock(SKU))).isEqualTo(client.answer);
        assertThat(client.calls).hasSize(3);
        Retry<Stock> throwing = time.building(() -> Retry.builder("inventory", Stock.class)
                .retryOnResult(stock -> !stock.complete())
                .throwOnExhaustedResult()
                .build());
        assertThatThrownBy(() -> throwing.call(() -> client.stock(SKU))).isInstanceOf(RetriesExhaustedException.class);
    }

    @Test
    void anOpenBreakerIsNotWaitedFor() {
        Retry<Object> retry = time.building(() -> Retry.ofDefaults("inventory"));
        CircuitBreaker breaker = time.building(() -> CircuitBreaker.builder("inventory")
                .openFor(Duration.ofSeconds(30))
                .build());
        breaker.transitionTo(CircuitBreaker.State.OPEN);
        assertThatThrownBy(() -> Pipeline.of(retry, breaker).call(() -> client.stock(SKU)))
                .isInstanceOf(CircuitOpenException.class);
        assertThat(time.nanoTime()).isZero();
        assertThat(breaker.counts()).isEqualTo(new CallCounts(0, 0, 0, 1, 0));

        // Unless that is asked for; but 30 seconds are longer than the backoff's cap.
        Retry<Object> asking =
                time.building(() -> Retry.builder("inventory").retryRejections().build());
        assertThatThrownBy(() -> Pipeline.of(asking, breaker).call(() -> client.stock(SKU)))
                .isInstanceOf(CircuitOpenException.class);
        assertThat(time.nanoTime()).isZero();
        time.advance(breaker.report().untilNextTrial().minusSeconds(1));
        assertThat(Pipeline.of(asking, breaker).call(() -> client.stock(SKU))).isEqualTo(client.answer);
    }

    @Test
    void aWaitThatWouldNotEndBeforeTheDeadlineIsNotBegun() {
        Timeout whole = time.building(() -> Timeout.of("inventory", Duration.ofMillis(1)));
        Retry<Object> retry = time.building(() -> Retry.builder("inventory")
                .backoff(Backoff.fixed(Duration.ofMillis(1)))
                .build());
        client.always = down;
        assertThatThrownBy(() -> Pipeline.of(whole, retry).call(() -> client.stock(SKU)))
                .isSameAs(down);
        assertThat(client.calls).hasSize(1);
        assertThat(time.nanoTime()).isZero();
    }

    @Test
    void misplacedRetriesAreWarnedOf() {
        Retry<Object> retry = Retry.ofDefaults("retry order");
        Retry<Object> endless =
                Retry.builder("endless").maxAttempts(Integer.MAX_VALUE).build();
        Timeout timeout = Timeout.of("retry order", Duration.ofSeconds(1));
        assertThat(warnings(retry, endless)).singleElement().asString().contains("multiplies its attempts");
        assertThat(warnings(retry, Fallback.of("retry order", Object.class, "none")))
                .singleElement()
                .asString()
                .contains("does not see the failures");
        assertThat(warnings(endless, timeout)).singleElement().asString().contains("repeats for ever");
        assertThat(warnings(Timeout.of("all", Duration.ofSeconds(5)), retry, timeout))
                .isEmpty();
    }

    private static List<String> warnings(Policy<?>... outermostFirst) {
        return Logged.by(() -> Pipeline.ofAll(List.of(outermostFirst)));
    }

    @Test
    void aBudgetOfAFileBelongsToOnePolicy() {
        Guards guards = Guards.of(
                Map.of(
                        "defaults", Map.of("retry", Map.of("budget", "1 +0")),
                        "guards",
                                Map.of(
                                        "a", Map.of("retry", Map.of()),
                                        "b", Map.of("retry", Map.of()))),
                time);
        client.always = down;
        for (String guard : List.of("a", "b")) {
            client.calls.clear();
            assertThatThrownBy(() -> guards.get(guard).call(() -> client.stock(SKU)))
                    .isSameAs(down);
            assertThat(client.calls).hasSize(2);
        }
    }
}

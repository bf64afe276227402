// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.config.Guards;
import dev.holdfast.examples.patterns.Shop.Order;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.retry.Retry;
import dev.holdfast.settings.SettingsException;
import dev.holdfast.testkit.Script;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import dev.holdfast.timeout.TimeoutExceededException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What the page on the timeout shows does what the page says. */
class TimeoutPageTest {
    private static final Sku SKU = new Sku("4711");
    private static final Order ORDER = new Order("17");
    private static final Duration HOUR = Duration.ofHours(1);

    private final VirtualTime time = VirtualTime.create();
    private final FakeShop client = new FakeShop(time);
    private final TimeoutPage page = new TimeoutPage(client);

    private Timeout timeout() {
        return time.building(() -> Timeout.of("inventory", Duration.ofMillis(400)));
    }

    private Duration now() {
        return Duration.ofNanos(time.nanoTime());
    }

    @Test
    void workIsInterruptedWhenItsTimeIsOver() {
        assertThat(time.building(() -> page.smallest(SKU))).isEqualTo(client.answer);

        client.takes = HOUR;
        assertThatThrownBy(() -> time.building(() -> page.smallest(SKU)))
                .isInstanceOf(TimeoutExceededException.class)
                .satisfies(thrown -> {
                    assertThat(thrown.getStackTrace()).isEmpty();
                    assertThat(thrown.getSuppressed()).singleElement().isInstanceOf(IllegalStateException.class);
                });
        assertThat(now()).isEqualTo(Duration.ofMillis(400));
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void theStageOfAnAsynchronousCallIsCancelled() {
        CompletableFuture<Stock> stage = client.stockAsync(SKU);
        CompletableFuture<Stock> call = timeout().callAsync(() -> stage);
        time.advance(Duration.ofMillis(400));
        assertThat(stage).isCancelled();
        assertThat(call).isCompletedExceptionally();
    }

    @Test
    void theFileSaysTheSame() {
        Guards guards = Guards.of(PageSettings.of("timeout.md"), time);
        assertThat(PageSettings.inForce(guards)).isEqualTo(PageSettings.inForce(timeout(), "timeout"));
        client.takes = HOUR;
        assertThatThrownBy(() -> guards.get("inventory").call(() -> client.stock(SKU)))
                .isInstanceOf(TimeoutExceededException.class);
        assertThat(now()).isEqualTo(Duration.ofMillis(400));
    }

    @Test
    void inAFileTheTotalTimeoutStandsAroundTheRetryAndTheOtherOneInside() {
        Guards guards = Guards.of(
                Map.of("guards", Map.of("a", Map.of("timeout", "400ms", "total-timeout", "2s", "retry", "2"))), time);
        assertThat(guards.settings("a").keySet()).containsExactly("total-timeout", "retry", "timeout");
    }

    @Test
    void zeroStartsNoWork() {
        Timeout none = time.building(() -> Timeout.of("inventory", Duration.ZERO));
        assertThatThrownBy(() -> none.call(() -> client.stock(SKU))).isInstanceOf(TimeoutExceededException.class);
        assertThat(client.calls).isEmpty();
    }

    @Test
    void deafWorkEndsWhenItIsAborted() {
        assertThatThrownBy(() -> page.aborted(timeout(), SKU)).isInstanceOf(TimeoutExceededException.class);
        assertThat(now()).isEqualTo(Duration.ofMillis(400));
    }

    @Test
    void deafWorkHoldsItsCallerButTheTimeoutIsToldInTime() {
        Timeout timeout = timeout();
        List<Duration> told = new ArrayList<>();
        timeout.on(Event.TimedOut.class, e -> told.add(now()));
        assertThatThrownBy(() -> timeout.call(() -> client.request(SKU).send()))
                .isInstanceOf(TimeoutExceededException.class);
        assertThat(now()).isEqualTo(HOUR);
        assertThat(told).containsExactly(Duration.ofMillis(400));
        Thread.interrupted();
    }

    @Test
    void threadsLetTheCallerGo() {
        Timeout timeout = time.building(() -> Timeout.builder("inventory", Duration.ofMillis(400))
                .runOn(time.threads())
                .build());
        Script<Stock> script =
                Script.<Stock>of(time).gives(client.answer).after(HOUR).deaf();
        assertThatThrownBy(() -> timeout.call(script)).isInstanceOf(TimeoutExceededException.class);
        assertThat(now()).isEqualTo(Duration.ofMillis(400));
        time.advance(HOUR);
    }

    @Test
    void equalTimesLeaveNoneForASecondAttempt() {
        Retry<Object> retry = time.building(() -> Retry.ofDefaults("inventory"));
        client.takes = HOUR;
        Pipeline<Object> equal = time.building(() -> page.equal(retry));
        assertThatThrownBy(() -> equal.call(() -> client.stock(SKU))).isInstanceOf(TimeoutExceededException.class);
        assertThat(client.calls).hasSize(1);
        assertThat(now()).isEqualTo(Duration.ofSeconds(2));

        client.calls.clear();
        Pipeline<Object> fitting = time.building(() -> page.fitting(retry));
        assertThatThrownBy(() -> fitting.call(() -> client.stock(SKU))).isInstanceOf(TimeoutExceededException.class);
        assertThat(client.calls).hasSize(3);
        assertThat(now()).isBetween(Duration.ofMillis(3_500), Duration.ofMillis(3_800));
    }

    @Test
    void withoutAnInterruptTheWorkGoesOnToItsEndOrToThatOfItsHook() {
        Timeout timeout = time.building(() -> Timeout.builder("index", Duration.ofMillis(400))
                .interrupt(false)
                .build());
        client.meanwhile =
                () -> assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThatThrownBy(() -> page.aborted(timeout, SKU)).isInstanceOf(TimeoutExceededException.class);
        assertThat(now()).isEqualTo(Duration.ofMillis(400));
        assertThat(client.calls).hasSize(1);
    }

    @Test
    void aPaymentThatTimedOutMayHaveBeenMadeAndIsMadeOnceByItsKey() {
        Timeout timeout = timeout();
        // The money is taken, and then the answer is late.
        client.meanwhile = () -> time.advance(Duration.ofMillis(401));
        assertThatThrownBy(() -> timeout.run(() -> client.pay(ORDER, "key")))
                .isInstanceOf(TimeoutExceededException.class);
        assertThat(client.paid).containsEntry(ORDER, 1);
        client.meanwhile = () -> {};
        timeout.run(() -> client.pay(ORDER, "key"));
        assertThat(client.paid).containsEntry(ORDER, 1);
    }

    @Test
    void countsAndLog() {
        Timeout timeout = timeout();
        client.failures.add(new IllegalStateException("down"));
        List<String> logged = Logged.by(() -> {
            assertThatThrownBy(() -> timeout.call(() -> client.stock(SKU))).hasMessage("down");
            timeout.call(() -> client.stock(SKU));
            client.takes = HOUR;
            assertThatThrownBy(() -> timeout.call(() -> client.stock(SKU)))
                    .isInstanceOf(TimeoutExceededException.class);
        });
        assertThat(timeout.counts()).isEqualTo(new Timeout.Counts(2, 1));
        assertThat(logged).isEmpty();
    }

    @Test
    void theWorkLearnsTheSmallestRest() {
        Timeout whole = time.building(() -> Timeout.of("whole", Duration.ofMillis(300)));
        Duration left =
                Pipeline.of(whole, timeout()).callWith(call -> call.timeLeft().orElseThrow());
        assertThat(left).isEqualTo(Duration.ofMillis(300));
    }

    @Test
    void inTheBreakerItIsAFailureAndInTheRetryItIsRepeated() {
        Retry<Object> retry = time.building(() -> Retry.ofDefaults("inventory"));
        CircuitBreaker breaker = time.building(() -> CircuitBreaker.ofDefaults("inventory"));
        Pipeline<Object> pipeline = Pipeline.of(retry, breaker, timeout());
        client.takes = HOUR;
        assertThatThrownBy(() -> pipeline.call(() -> client.stock(SKU))).isInstanceOf(TimeoutExceededException.class);
        assertThat(breaker.counts().failures()).isEqualTo(3);
    }

    @Test
    void reconfigured() {
        Timeout timeout = timeout();
        timeout.reconfigure(
                settings -> settings.duration(Duration.ofMillis(100)).interrupt(false));
        client.takes = Duration.ofMillis(200);
        assertThatThrownBy(() -> timeout.call(() -> client.stock(SKU)))
                .isInstanceOf(TimeoutExceededException.class)
                .hasMessageContaining("PT0.1S");
        assertThat(now()).isEqualTo(Duration.ofMillis(200));
    }

    @Test
    void misplacedTimeoutsAreWarnedOf() {
        Timeout elsewhere = Timeout.builder("elsewhere", Duration.ofSeconds(1))
                .runOn(Runnable::run)
                .build();
        Timeout longer = Timeout.of("longer", Duration.ofSeconds(2));
        assertThat(warnings(Bulkhead.of("timeout order", 1), elsewhere))
                .singleElement()
                .asString()
                .contains("limits callers and not work");
        assertThat(warnings(Timeout.of("shorter", Duration.ofSeconds(1)), longer))
                .singleElement()
                .asString()
                .contains("ends no call");
        assertThatThrownBy(() -> Guards.of(
                        Map.of("guards", Map.of("inventory", Map.of("total-timeout", "1s", "timeout", "2s"))), time))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("ends no call");
    }

    private static List<String> warnings(Policy<?>... outermostFirst) {
        return Logged.by(() -> Pipeline.ofAll(List.of(outermostFirst)));
    }
}

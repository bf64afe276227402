// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff;
import dev.holdfast.CallCounts;
import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.Registry;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitOpenException;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.config.Guards;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.examples.readme.Inventory.UnknownSkuException;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.settings.SettingsException;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What the page on the circuit breaker shows does what the page says. */
class CircuitBreakerPageTest {
    private static final Sku SKU = new Sku("4711");

    private final VirtualTime time = VirtualTime.create();
    private final FakeShop client = new FakeShop(time);
    private final CircuitBreakerPage page = new CircuitBreakerPage(client);
    private final IllegalStateException down = new IllegalStateException("down");

    private void fail(CircuitBreaker breaker, int times) {
        for (int i = 0; i < times; i++) {
            client.failures.add(down);
            assertThatThrownBy(() -> breaker.call(() -> client.stock(SKU))).isSameAs(down);
        }
    }

    private CircuitBreaker open() {
        CircuitBreaker breaker = time.building(() -> CircuitBreaker.ofDefaults("inventory"));
        fail(breaker, 10);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        time.advance(breaker.report().untilNextTrial());
        return breaker;
    }

    @Test
    void theDefaultsOpenAtHalfOfTenCallsForATenthOfASecondMoreOrLess() {
        CircuitBreaker breaker = time.building(() -> page.smallest(SKU));
        fail(breaker, 8);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        fail(breaker, 1);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThat(breaker.report().untilNextTrial()).isBetween(Duration.ofMillis(70), Duration.ofMillis(130));
        assertThatThrownBy(() -> breaker.call(() -> client.stock(SKU)))
                .isInstanceOf(CircuitOpenException.class)
                .hasCause(down)
                .satisfies(refused -> assertThat(((CircuitOpenException) refused).retryAfter())
                        .contains(breaker.report().untilNextTrial()));
        assertThat(client.calls).hasSize(10);
    }

    @Test
    void halfOfTheLastTwentyCalls() {
        CircuitBreaker breaker = time.building(() -> page.smallest(SKU));
        for (int i = 0; i < 40; i++) {
            breaker.call(() -> client.stock(SKU));
        }
        fail(breaker, 9);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        fail(breaker, 1);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    void oneTrialThatSucceedsClosesIt() {
        CircuitBreaker breaker = open();
        assertThat(breaker.call(() -> client.stock(SKU))).isEqualTo(client.answer);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void oneTrialThatFailsOpensItAgainForTwiceAsLong() {
        CircuitBreaker breaker = open();
        fail(breaker, 1);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThat(breaker.report().untilNextTrial()).isBetween(Duration.ofMillis(140), Duration.ofMillis(260));
        for (int i = 0; i < 10; i++) {
            time.advance(breaker.report().untilNextTrial());
            fail(breaker, 1);
        }
        assertThat(breaker.report().untilNextTrial()).isBetween(Duration.ofMillis(700), Duration.ofMillis(1300));
    }

    @Test
    void trialsThatHaveNotEndedMakeRoomWhenNoneHasBegunForTheTrialTimeout() {
        CircuitBreaker breaker = open();
        breaker.callAsync(() -> client.stockAsync(SKU));
        time.advance(Duration.ofSeconds(30).minusNanos(1));
        assertThatThrownBy(() -> breaker.call(() -> client.stock(SKU))).isInstanceOf(CircuitOpenException.class);
        time.advance(Duration.ofNanos(1));
        assertThat(breaker.call(() -> client.stock(SKU))).isEqualTo(client.answer);
    }

    @Test
    void statesThatAreEnteredByHand() {
        CircuitBreaker breaker = time.building(() -> CircuitBreaker.ofDefaults("inventory"));
        breaker.transitionTo(State.DISABLED);
        fail(breaker, 20);
        assertThat(breaker.state()).isEqualTo(State.DISABLED);
        assertThat(breaker.report().calls()).isZero();
        breaker.transitionTo(State.METRICS_ONLY);
        fail(breaker, 20);
        assertThat(breaker.state()).isEqualTo(State.METRICS_ONLY);
        assertThat(breaker.report().failures()).isEqualTo(20);
        breaker.transitionTo(State.FORCED_OPEN);
        time.advance(Duration.ofHours(1));
        assertThatThrownBy(() -> breaker.call(() -> client.stock(SKU))).isInstanceOf(CircuitOpenException.class);
    }

    @Test
    void aWaitOfOnesOwnHasNoSpread() {
        CircuitBreaker breaker = time.building(() -> CircuitBreaker.builder("inventory")
                .openFor(Duration.ofSeconds(30))
                .build());
        breaker.transitionTo(State.OPEN);
        assertThat(breaker.report().untilNextTrial()).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void theFileSaysTheSame() {
        Guards guards = Guards.of(PageSettings.of("circuit-breaker.md"), time);
        assertThat(PageSettings.inForce(guards))
                .isEqualTo(PageSettings.inForce(time.building(() -> page.smallest(SKU)), "circuit-breaker"));
        Stock stock = guards.get("inventory").call(() -> client.stock(SKU));
        assertThat(stock).isEqualTo(client.answer);
    }

    @Test
    void withoutAFailureRateOnlyTheOtherRulesOpenIt() {
        CircuitBreaker breaker = time.building(() -> CircuitBreaker.builder("inventory")
                .noFailureRate()
                .consecutiveFailures(20)
                .build());
        fail(breaker, 19);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        fail(breaker, 1);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    void settingsChangeInUseAndStateAndResultsStay() {
        CircuitBreaker breaker = time.building(() -> page.smallest(SKU));
        for (int i = 0; i < 9; i++) {
            breaker.call(() -> client.stock(SKU));
        }
        fail(breaker, 3);
        breaker.reconfigure(settings -> settings.failureRate(0.3));
        assertThat(breaker.report().calls()).isEqualTo(13);
        fail(breaker, 2);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    void resultsThatSayFailedAreCounted() {
        CircuitBreaker breaker = time.building(page::resultsClassified);
        CircuitBreaker unaware = time.building(() -> CircuitBreaker.ofDefaults("inventory"));
        client.status = 503;
        for (int i = 0; i < 10; i++) {
            assertThat(breaker.call(() -> client.fetch(SKU)).status()).isEqualTo(503);
            assertThat(unaware.call(() -> client.fetch(SKU)).status()).isEqualTo(503);
        }
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThat(unaware.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void anAnswerThatSomethingIsUnknownIsASuccess() {
        CircuitBreaker breaker = time.building(page::resultsClassified);
        client.always = new UnknownSkuException();
        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> breaker.call(() -> client.stock(SKU))).isSameAs(client.always);
        }
        assertThat(breaker.counts().successes()).isEqualTo(10);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void aBreakerThatIsKeptOpensAndOneForEachCallDoesNot() {
        Registry<CircuitBreaker> breakers = page.oneForEachDependency();
        CircuitBreaker kept = time.building(() -> breakers.get("inventory"));
        client.always = down;
        for (int i = 0; i < 20; i++) {
            assertThatThrownBy(() -> page.fromRegistry(breakers, SKU)).isInstanceOf(RuntimeException.class);
        }
        assertThat(kept.state()).isEqualTo(State.OPEN);
        assertThat(client.calls).hasSize(10);

        for (int i = 0; i < 20; i++) {
            CircuitBreaker own = time.building(() -> CircuitBreaker.ofDefaults("inventory"));
            assertThatThrownBy(() -> own.call(() -> client.stock(SKU))).isSameAs(down);
        }
        assertThat(client.calls).hasSize(30);
    }

    @Test
    void insideOfTheRetryEachAttemptIsCounted() {
        Retry<Object> retry = time.building(() -> Retry.ofDefaults("inventory"));
        CircuitBreaker breaker = time.building(() -> CircuitBreaker.ofDefaults("inventory"));
        client.failures.addAll(List.of(down, down));
        Pipeline.of(retry, breaker).call(() -> client.stock(SKU));
        assertThat(breaker.counts()).isEqualTo(new CallCounts(1, 2, 0, 0, 0));

        CircuitBreaker outside = time.building(() -> CircuitBreaker.ofDefaults("outside"));
        client.failures.addAll(List.of(down, down));
        Pipeline.of(outside, retry).call(() -> client.stock(SKU));
        assertThat(outside.counts()).isEqualTo(new CallCounts(1, 0, 0, 0, 0));
    }

    @Test
    void callsThatHangAreSlowWhileTheyRunAndFailuresWhenTheyAreEnded() {
        Pipeline<Object> pipeline = time.building(page::hanging);
        CircuitBreaker breaker = (CircuitBreaker) pipeline.policies().get(0);
        for (int i = 0; i < 10; i++) {
            pipeline.callAsync(() -> client.stockAsync(SKU));
        }
        time.advance(Duration.ofMillis(300));
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        assertThatThrownBy(() -> pipeline.call(() -> client.stock(SKU))).isInstanceOf(CircuitOpenException.class);

        CircuitBreaker alone = time.building(() -> CircuitBreaker.ofDefaults("alone"));
        for (int i = 0; i < 10; i++) {
            alone.callAsync(() -> client.stockAsync(SKU));
        }
        time.advance(Duration.ofHours(1));
        assertThat(alone.call(() -> client.stock(SKU))).isEqualTo(client.answer);
    }

    @Test
    void whatATimeoutInsideEndsIsAFailure() {
        Pipeline<Object> pipeline = time.building(page::hanging);
        CircuitBreaker breaker = (CircuitBreaker) pipeline.policies().get(0);
        client.takes = Duration.ofSeconds(1);
        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> pipeline.call(() -> client.stock(SKU)));
        }
        assertThat(breaker.counts().failures()).isEqualTo(10);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    void changesAreToldAndLogged() {
        List<String> told = new ArrayList<>();
        CircuitBreaker breaker = time.building(() -> CircuitBreaker.builder("told")
                .openFor(Backoff.fixed(Duration.ofSeconds(5)))
                .build());
        breaker.on(
                CircuitBreaker.StateChanged.class,
                e -> told.add(e.from() + " " + e.to() + " " + e.before().failures() + " " + e.cause()));
        breaker.on(Event.CallEnded.class, e -> told.add(e.ending().name()));
        breaker.on(Event.CallRejected.class, e -> told.add(e.rejection().policy()));
        fail(breaker, 9);
        told.clear();

        List<String> logged = Logged.by(() -> {
            fail(breaker, 1);
            assertThatThrownBy(() -> breaker.call(() -> client.stock(SKU)));
            breaker.transitionTo(State.FORCED_OPEN);
        });

        assertThat(told)
                .containsExactly(
                        "CLOSED OPEN 10 java.lang.IllegalStateException: down",
                        "FAILURE",
                        "told",
                        "OPEN FORCED_OPEN 10 null");
        assertThat(logged)
                .satisfiesExactly(
                        line -> assertThat(line)
                                .startsWith("WARN event=holdfast.circuitbreaker.state_changed holdfast.policy=told")
                                .contains("holdfast.from=CLOSED holdfast.to=OPEN", "holdfast.failures=10")
                                .endsWith("Circuit breaker 'told' changed from CLOSED to OPEN for PT5S"),
                        line -> assertThat(line).endsWith("Circuit breaker 'told' changed from OPEN to FORCED_OPEN"));
    }

    @Test
    void aLateResultChangesNothingButACounter() {
        CircuitBreaker breaker = time.building(
                () -> CircuitBreaker.builder("inventory").trials(3).build());
        CompletableFuture<Stock> late = client.stockAsync(SKU);
        breaker.callAsync(() -> late);
        breaker.transitionTo(State.OPEN);
        time.advance(Duration.ofMinutes(1));
        breaker.call(() -> client.stock(SKU));
        late.completeExceptionally(down);
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
        assertThat(breaker.report().failures()).isZero();
        assertThat(breaker.report().late()).isEqualTo(1);
    }

    @Test
    void aWaitFurtherInMakesNoCallSlow() {
        CircuitBreaker breaker = time.building(() -> CircuitBreaker.builder("inventory")
                .slowCalls(Duration.ofMillis(250), 0.1)
                .build());
        RateLimiter limiter = time.building(() -> RateLimiter.builder("inventory")
                .limit(1, Duration.ofSeconds(1))
                .waitUpTo(Duration.ofSeconds(1))
                .build());
        Pipeline<Object> pipeline = Pipeline.of(breaker, limiter);
        for (int i = 0; i < 20; i++) {
            pipeline.call(() -> client.stock(SKU));
        }
        assertThat(time.nanoTime()).isEqualTo(Duration.ofSeconds(19).toNanos());
        assertThat(breaker.report().slowCalls()).isZero();
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    private static List<String> warnings(Policy<?>... outermostFirst) {
        return Logged.by(() -> Pipeline.ofAll(List.of(outermostFirst)));
    }

    @Test
    void misplacedBreakersAreWarnedOf() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("breaker order");
        CircuitBreaker tooShort = CircuitBreaker.builder("short")
                .over(Window.time(Duration.ofSeconds(1)))
                .build();
        Timeout timeout = Timeout.of("breaker order", Duration.ofMillis(600));
        assertThat(warnings(breaker, Retry.ofDefaults("breaker order")))
                .singleElement()
                .asString()
                .contains("sees one ending");
        assertThat(warnings(breaker, Fallback.of("breaker order", Object.class, "none")))
                .singleElement()
                .asString()
                .contains("does not see the failures");
        assertThat(warnings(timeout, breaker)).singleElement().asString().contains("does not count the calls");
        assertThat(warnings(breaker, breaker)).singleElement().asString().contains("two of its trials");
        assertThat(warnings(tooShort, timeout)).singleElement().asString().contains("at least twice as long");
        assertThat(warnings(
                        Timeout.of("all", Duration.ofSeconds(5)), Retry.ofDefaults("breaker order"), breaker, timeout))
                .isEmpty();
    }

    @Test
    void aWindowThatIsTooShortIsAnErrorInAFile() {
        assertThatThrownBy(() -> Guards.of(
                        Map.of(
                                "guards",
                                Map.of(
                                        "inventory",
                                        Map.of("circuit-breaker", Map.of("over", "1s"), "timeout", "600ms"))),
                        time))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("at least twice as long");
    }
}

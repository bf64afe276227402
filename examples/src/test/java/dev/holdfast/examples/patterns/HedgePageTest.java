// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.config.Guards;
import dev.holdfast.examples.patterns.Shop.Order;
import dev.holdfast.examples.readme.Inventory.Reply;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.hedge.Hedge;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.Script;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What the page on the hedge shows does what the page says. */
class HedgePageTest {
    private static final Sku SKU = new Sku("4711");
    private static final Order ORDER = new Order("17");

    private final VirtualTime time = VirtualTime.create();
    private final FakeShop client = new FakeShop(time);
    private final HedgePage page = new HedgePage(client);

    private Hedge<Object> hedge() {
        return Hedge.builder("inventory")
                .environment(time)
                .repeatable()
                .runOn(time.threads())
                .build();
    }

    private static Script<String> slowThenFast(VirtualTime time) {
        return Script.<String>of(time)
                .gives("slow")
                .after(Duration.ofSeconds(5))
                .gives("fast");
    }

    @Test
    void anAnswerInTimeIsTheOnlyOne() {
        assertThat(time.building(() -> page.smallest(SKU))).isEqualTo(client.answer);
        assertThat(client.calls).hasSize(1);
    }

    @Test
    void aLateOneIsOvertakenAfterAHundredMilliseconds() {
        Script<String> stocks = slowThenFast(time);
        assertThat(time.<String>join(hedge().callAsync(stocks::stage))).isEqualTo("fast");
        assertThat(time.nanoTime()).isEqualTo(Duration.ofMillis(100).toNanos());
    }

    @Test
    void aFailureIsMadeGoodAtOnce() {
        client.failures.add(new IllegalStateException("down"));
        Hedge<Object> hedge = hedge();
        assertThat(hedge.call(() -> client.stock(SKU))).isEqualTo(client.answer);
        assertThat(client.calls).hasSize(2);
        assertThat(time.nanoTime()).isZero();
        assertThat(hedge.counts().afterFailure()).isEqualTo(1);
    }

    @Test
    void theFileSaysTheSame() {
        Guards guards = Guards.of(PageSettings.of("hedge.md"), time);
        assertThat(PageSettings.inForce(guards))
                .isEqualTo(PageSettings.inForce(time.building(() -> Hedge.ofRepeatable("inventory")), "hedge"));
        Script<String> stocks = slowThenFast(time);
        assertThat(time.<String>join(guards.get("inventory").callAsync(stocks::stage)))
                .isEqualTo("fast");
    }

    @Test
    void aFileHasToSayThatCallsAreRepeatable() {
        for (Map<String, Object> hedge :
                List.<Map<String, Object>>of(Map.of(), Map.of("repeatable", false), Map.of("delay", "1s"))) {
            assertThatThrownBy(() -> Guards.of(Map.of("guards", Map.of("inventory", Map.of("hedge", hedge))), time))
                    .as("%s", hedge)
                    .hasMessageContaining("repeatable");
        }
    }

    @Test
    void inAFileItStandsBetweenRetryAndBreaker() {
        Guards guards = Guards.of(
                Map.of(
                        "guards",
                        Map.of(
                                "a",
                                Map.of(
                                        "hedge", Map.of("repeatable", true),
                                        "circuit-breaker", Map.of(),
                                        "retry", Map.of()))),
                time);
        assertThat(guards.settings("a").keySet()).containsExactly("retry", "hedge", "circuit-breaker");
    }

    @Test
    void tenExtraAttemptsAtOnceAndThenATwentiethOfWhatSucceeds() {
        Hedge<Object> hedge = hedge();
        client.always = new IllegalStateException("down");
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> hedge.call(() -> client.stock(SKU))).hasMessage("down");
        }
        assertThat(client.calls).hasSize(110);
        client.always = null;
        for (int i = 0; i < 20; i++) {
            hedge.call(() -> client.stock(SKU));
        }
        client.always = new IllegalStateException("down again");
        client.calls.clear();
        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> hedge.call(() -> client.stock(SKU))).hasMessage("down again");
        }
        assertThat(client.calls).hasSize(11);
    }

    @Test
    void theExtraAttemptGoesToAnotherReplica() {
        FakeShop berlin = new FakeShop(time);
        FakeShop paris = new FakeShop(time);
        berlin.always = new IllegalStateException("berlin is down");
        CircuitBreaker one = time.building(() -> CircuitBreaker.ofDefaults("berlin"));
        CircuitBreaker other = time.building(() -> CircuitBreaker.ofDefaults("paris"));
        Stock stock = time.building(() -> page.replicas(berlin, one, paris, other, SKU));
        assertThat(stock).isEqualTo(paris.answer);
        assertThat(berlin.calls).hasSize(1);
        assertThat(one.counts().failures()).isEqualTo(1);
        assertThat(other.counts().successes()).isEqualTo(1);
    }

    @Test
    void onlyReadsAreHedged() {
        Hedge<Object> hedge = time.building(page::onlyReads);
        client.failures.add(new IllegalStateException("down"));
        assertThat(hedge.<Sku, Stock>function(client::stock).apply(SKU)).isEqualTo(client.answer);
        client.failures.add(new IllegalStateException("down"));
        assertThatThrownBy(() -> hedge.<Order>consumer(client::pay).accept(ORDER))
                .hasMessage("down");
        assertThat(client.paid).isEmpty();
    }

    @Test
    void theLosersReplyIsClosed() {
        List<String> closed = new ArrayList<>();
        Pipeline<Reply> replies = page.closing(hedge());
        CompletableFuture<Reply> late = new CompletableFuture<>() {
            @Override
            public boolean cancel(boolean interrupt) {
                return false; // The answer is on its way.
            }
        };
        List<CompletableFuture<Reply>> stages =
                new ArrayList<>(List.of(late, CompletableFuture.completedFuture(reply("fast", closed))));
        CompletableFuture<Reply> call = replies.callAsync(() -> stages.remove(0));
        time.advance(Duration.ofMillis(100));
        assertThat(call.join()).hasToString("fast");
        late.complete(reply("slow", closed));
        assertThat(closed).containsExactly("slow");
    }

    private static Reply reply(String name, List<String> closed) {
        return new Reply() {
            @Override
            public int status() {
                return 200;
            }

            @Override
            public String header(String header) {
                return null;
            }

            @Override
            public void close() {
                closed.add(name);
            }

            @Override
            public String toString() {
                return name;
            }
        };
    }

    @Test
    void eventsAndLog() {
        Hedge<Object> hedge = hedge();
        List<String> told = new ArrayList<>();
        hedge.on(Event.AttemptStarted.class, event -> told.add("started " + event.attempt()));
        hedge.on(Event.RaceDecided.class, event -> told.add("won by " + event.attempt()));
        Script<String> stocks = slowThenFast(time);
        assertThat(Logged.by(() -> time.<String>join(hedge.callAsync(stocks::stage))))
                .isEmpty();
        assertThat(told).containsExactly("started 1", "won by 1");
    }

    @Test
    void misplacedHedgesAreWarnedOf() {
        Retry<Object> retry = Retry.ofDefaults("hedge order retry");
        Hedge<Object> other = Hedge.ofRepeatable("hedge order other");
        Fallback<Object> fallback = Fallback.builder("hedge order fallback", Object.class)
                .value("none")
                .build();
        assertThat(Logged.by(() -> Pipeline.of(Hedge.ofRepeatable("hedge order 1"), retry)))
                .singleElement()
                .asString()
                .contains("multiplies the attempts of");
        assertThat(Logged.by(() -> Pipeline.of(Hedge.ofRepeatable("hedge order 2"), other)))
                .singleElement()
                .asString()
                .contains("one of the two is enough");
        assertThat(Logged.by(() -> Pipeline.of(Hedge.ofRepeatable("hedge order 3"), fallback)))
                .singleElement()
                .asString()
                .contains("does not see the failures");
    }
}

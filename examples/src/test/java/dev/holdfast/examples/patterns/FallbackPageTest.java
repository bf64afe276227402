// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.CallCounts;
import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitOpenException;
import dev.holdfast.config.Guards;
import dev.holdfast.examples.patterns.Shop.Price;
import dev.holdfast.examples.patterns.Shop.Profile;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.examples.readme.Inventory.UnknownSkuException;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.retry.Retry;
import dev.holdfast.settings.SettingsException;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What the page on the fallback shows does what the page says. */
class FallbackPageTest {
    private static final Sku SKU = new Sku("4711");
    private static final Sku OTHER = new Sku("4712");
    private static final Stock NONE = new Stock(0, false);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final VirtualTime time = VirtualTime.create();
    private final FakeShop client = new FakeShop(time);
    private final FallbackPage page = new FallbackPage(client);
    private final IllegalStateException down = new IllegalStateException("down");

    @Test
    void whatTheCallLastGaveForTheSameProductIfItIsYoungEnough() {
        lastGoodIsGiven(time.building(page::smallest));
    }

    private void lastGoodIsGiven(Function<Sku, Stock> stock) {
        client.answer = new Stock(7, true);
        assertThat(stock.apply(SKU)).isEqualTo(new Stock(7, true));
        client.always = down;
        time.advance(MINUTE);
        assertThat(stock.apply(SKU)).isEqualTo(new Stock(7, true));
        assertThatThrownBy(() -> stock.apply(OTHER)).isSameAs(down);
        time.advance(Duration.ofNanos(1));
        assertThatThrownBy(() -> stock.apply(SKU)).isSameAs(down);
    }

    @Test
    void theFileSaysTheSame() {
        Guards guards = Guards.of(PageSettings.of("fallback.md"), time);
        assertThat(PageSettings.inForce(guards))
                .containsEntry("last-good", "1m of 1000")
                .containsEntry("ignore", "none")
                .containsEntry("fail-on", "none")
                .containsEntry("succeed-on", "none");
        lastGoodIsGiven(guards.get("inventory").function(client::stock));
    }

    @Test
    void inAFileItHasToSayWhatToGive() {
        assertThatThrownBy(() -> Guards.of(Map.of("guards", Map.of("inventory", Map.of("fallback", Map.of()))), time))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("steps: none");
    }

    @Test
    void anotherServiceIsAskedThroughAPipelineOfItsOwn() {
        FakeShop backup = new FakeShop(time);
        backup.answer = new Stock(3, true);
        CircuitBreaker breaker = time.building(() -> CircuitBreaker.ofDefaults("backup"));
        Fallback<Stock> fallback = time.building(() -> page.otherDependency(backup, Pipeline.of(breaker)));
        Function<Sku, Stock> stock = fallback.function(client::stock);
        client.always = down;
        assertThat(stock.apply(SKU)).isEqualTo(new Stock(3, true));
        backup.always = new IllegalStateException("down, too");
        assertThat(stock.apply(SKU)).isEqualTo(NONE);
        assertThat(breaker.counts()).isEqualTo(new CallCounts(1, 1, 0, 0, 0));
        breaker.transitionTo(CircuitBreaker.State.FORCED_OPEN);
        assertThat(stock.apply(SKU)).isEqualTo(NONE);
        assertThat(backup.calls).hasSize(2);
    }

    @Test
    void aLambdaHidesForWhomItWasMade() {
        Fallback<Profile> forEverybody = time.building(page::forEverybody);
        assertThat(page.forEverybody(forEverybody, "alice")).isEqualTo(new Profile("alice"));
        client.always = down;
        assertThat(page.forEverybody(forEverybody, "bob")).isEqualTo(new Profile("alice"));
    }

    @Test
    void anArgumentTellsUsersApart() {
        Function<String, Profile> profile = time.building(page::forEachUser);
        profile.apply("alice");
        client.always = down;
        assertThat(profile.apply("alice")).isEqualTo(new Profile("alice"));
        assertThatThrownBy(() -> profile.apply("bob")).isSameAs(down);
    }

    @Test
    void aKeyTellsApartWhatNoArgumentDoes() {
        ThreadLocal<String> tenant = new ThreadLocal<>();
        Fallback<Stock> fallback = time.building(() -> Fallback.builder("inventory", Stock.class)
                .lastGood(MINUTE, 1_000, call -> tenant.get() + call.argument())
                .build());
        Function<Sku, Stock> stock = fallback.function(client::stock);
        tenant.set("acme");
        stock.apply(SKU);
        client.always = down;
        assertThat(stock.apply(SKU)).isEqualTo(client.answer);
        tenant.set("emca");
        assertThatThrownBy(() -> stock.apply(SKU)).isSameAs(down);
    }

    @Test
    void twoOperationsOfOneFallbackDoNotGetEachOthersResults() {
        Guards guards = Guards.of(PageSettings.of("fallback.md"), time);
        Function<Sku, Stock> stock = guards.get("inventory").function(client::stock);
        Function<Sku, Price> price = guards.get("inventory").function(client::price);
        assertThat(stock.apply(SKU)).isEqualTo(client.answer);
        client.always = down;
        assertThat(stock.apply(SKU)).isEqualTo(client.answer);
        assertThatThrownBy(() -> price.apply(SKU)).isSameAs(down);
    }

    @Test
    void theClassOfTheCallsMakesAWrongValueImpossible() {
        Function<Sku, Price> price = time.building(() -> Fallback.of("prices", Price.class, new Price(0)))
                .function(client::price);
        client.always = down;
        assertThat(price.apply(SKU)).isEqualTo(new Price(0));

        Fallback<Object> tooWide = time.building(() -> Fallback.of("prices", Object.class, "unknown"));
        Function<Sku, Price> wrong = tooWide.function(client::price);
        assertThatThrownBy(() -> {
                    Price of = wrong.apply(SKU);
                    assertThat(of).isNull();
                })
                .isInstanceOf(ClassCastException.class);
    }

    @Test
    void whatIsAnAnswerPasses() {
        Function<Sku, Stock> stock = time.building(() -> Fallback.builder("inventory", Stock.class)
                        .classify(so -> so.ignore(UnknownSkuException.class))
                        .value(NONE)
                        .build())
                .function(client::stock);
        client.always = new UnknownSkuException();
        assertThatThrownBy(() -> stock.apply(SKU)).isSameAs(client.always);
        client.always = down;
        assertThat(stock.apply(SKU)).isEqualTo(NONE);

        Function<Sku, Stock> everything =
                time.building(() -> Fallback.of("inventory", Stock.class, NONE)).function(client::stock);
        client.always = new UnknownSkuException();
        assertThat(everything.apply(SKU)).isEqualTo(NONE);
    }

    @Test
    void onlyRefusals() {
        Fallback<Stock> fallback = time.building(() -> Fallback.builder("inventory", Stock.class)
                .onRejectionsOnly()
                .value(NONE)
                .build());
        CircuitBreaker breaker = time.building(() -> CircuitBreaker.ofDefaults("inventory"));
        Pipeline<Stock> pipeline = Pipeline.of(fallback, breaker);
        client.failures.add(down);
        assertThatThrownBy(() -> pipeline.call(() -> client.stock(SKU))).isSameAs(down);
        breaker.transitionTo(CircuitBreaker.State.FORCED_OPEN);
        Stock instead = pipeline.call(() -> client.stock(SKU));
        assertThat(instead).isEqualTo(NONE);
        assertThatThrownBy(() -> breaker.call(() -> client.stock(SKU))).isInstanceOf(CircuitOpenException.class);
    }

    @Test
    void eventsTellWhatWasReplacedAndWhatIsStale() {
        Fallback<Stock> fallback = time.building(() -> Fallback.builder("told", Stock.class)
                .lastGoodPerArgument(MINUTE, 1_000)
                .value(NONE)
                .build());
        List<String> told = new ArrayList<>();
        fallback.on(Event.Recovered.class, e -> told.add(e.outcome().toString()));
        fallback.on(Fallback.StaleServed.class, e -> told.add("stale " + e.age()));
        Function<Sku, Stock> stock = fallback.function(client::stock);
        stock.apply(SKU);
        client.always = down;
        time.advance(Duration.ofSeconds(5));
        List<String> logged = Logged.by(() -> {
            assertThat(stock.apply(SKU)).isEqualTo(client.answer);
            assertThat(stock.apply(OTHER)).isEqualTo(NONE);
        });
        String replaced = "threw java.lang.IllegalStateException: 'down'";
        assertThat(told).containsExactly("stale PT5S", replaced, replaced);
        assertThat(logged).isEmpty();
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(1, 2, 1, 0));
    }

    @Test
    void lastGoodStepsThatCannotWorkAreSaidOnce() {
        Fallback<Stock> fallback = time.building(() -> Fallback.builder("use", Stock.class)
                .lastGoodPerArgument(MINUTE, 1_000)
                .build());
        client.always = down;
        assertThat(Logged.by(() -> {
                    for (int i = 0; i < 2; i++) {
                        assertThatThrownBy(() -> fallback.call(() -> client.stock(SKU)))
                                .isSameAs(down);
                    }
                }))
                .singleElement()
                .asString()
                .contains("is called without an argument");
    }

    @Test
    void theLastFailureCarriesTheOthers() {
        IllegalStateException second = new IllegalStateException("down, too");
        Fallback<Stock> fallback = time.building(() -> Fallback.builder("inventory", Stock.class)
                .call(() -> {
                    throw second;
                })
                .build());
        client.always = down;
        assertThatThrownBy(() -> fallback.call(() -> client.stock(SKU)))
                .isSameAs(second)
                .hasSuppressedException(down);
    }

    @Test
    void lastGoodResultsAreNotClosed() {
        Fallback<Stock> fallback =
                Fallback.builder("inventory", Stock.class).lastGood(MINUTE).build();
        assertThatThrownBy(() -> Pipeline.<Stock>of(fallback).discarding(stock -> {}))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void misplacedFallbacksAreWarnedOf() {
        Fallback<Object> fallback = Fallback.of("fallback order", Object.class, "none");
        Fallback<Object> keeping =
                Fallback.builder("keeping", Object.class).lastGood(MINUTE).build();
        assertThat(warnings(Retry.ofDefaults("fallback order"), fallback)).hasSize(1);
        assertThat(warnings(CircuitBreaker.ofDefaults("fallback order"), fallback))
                .hasSize(1);
        assertThat(warnings(keeping, fallback)).singleElement().asString().contains("keeps as last good results");
        assertThat(warnings(fallback, keeping)).isEmpty();
    }

    private static List<String> warnings(Policy<?>... outermostFirst) {
        return Logged.by(() -> Pipeline.ofAll(List.of(outermostFirst)));
    }
}

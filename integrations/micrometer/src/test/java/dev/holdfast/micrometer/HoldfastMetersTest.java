// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Meter;
import dev.holdfast.Metered;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.Registry;
import dev.holdfast.Subscription;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.ratelimiter.KeyedRateLimiter;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class HoldfastMetersTest {
    private final MeterRegistry registry = new SimpleMeterRegistry();

    private static List<Metered> everyPattern(String name) {
        KeyedRateLimiter<String> keyed = RateLimiter.builder(name + "-keyed")
                .limit(5, Duration.ofSeconds(1))
                .keyed(100);
        return List.of(
                CircuitBreaker.ofDefaults(name),
                Retry.ofDefaults(name),
                Bulkhead.of(name, 3),
                Timeout.of(name, Duration.ofSeconds(1)),
                RateLimiter.builder(name).limit(5, Duration.ofSeconds(1)).build(),
                Fallback.<Object>of(name, Object.class, "instead"),
                keyed);
    }

    private double counter(String name, String... labels) {
        return registry.get(name).tags(labels).functionCounter().count();
    }

    private double gauge(String name, String... labels) {
        return registry.get(name).tags(labels).gauge().value();
    }

    @Test
    @DisplayName("OB-9 every meter of every pattern is there, with its name, labels and value")
    void everyMeter() {
        List<Metered> all = everyPattern("inventory");
        HoldfastMeters.of(all.toArray(Metered[]::new)).bindTo(registry);
        ((Policy<?>) all.get(0)).run(() -> {});
        for (Metered each : all) {
            assertThat(each.meters()).isNotEmpty();
            for (Meter meter : each.meters()) {
                String[] labels = meter.labels().entrySet().stream()
                        .flatMap(label -> java.util.stream.Stream.of(label.getKey(), label.getValue()))
                        .toArray(String[]::new);
                double value = meter.kind() == Meter.Kind.COUNTER
                        ? counter(meter.name(), labels)
                        : gauge(meter.name(), labels);
                assertThat(value).as(meter.name() + meter.labels()).isEqualTo(meter.value());
            }
        }
        assertThat(counter(
                        "holdfast.circuitbreaker.calls", "holdfast.policy", "inventory", "holdfast.outcome", "success"))
                .isOne();
    }

    @Test
    @DisplayName("OB-15 all states of a breaker are reported, and exactly one of them is 1")
    void states() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("inventory");
        HoldfastMeters.of(breaker).bindTo(registry);
        for (State state : List.of(State.FORCED_OPEN, State.DISABLED, State.CLOSED)) {
            breaker.transitionTo(state);
            Map<String, Double> shown = registry.get("holdfast.circuitbreaker.state").gauges().stream()
                    .collect(Collectors.toMap(each -> each.getId().getTag("holdfast.state"), each -> each.value()));
            assertThat(shown).hasSize(State.values().length);
            assertThat(shown.values().stream().mapToDouble(value -> value).sum())
                    .isOne();
            assertThat(shown).containsEntry(state.name().toLowerCase(java.util.Locale.ROOT), 1.0);
        }
    }

    @Test
    @DisplayName("OB-4 a scrape by Prometheus shows every series, and one name has one set of labels")
    void prometheus() {
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        List<Metered> all = new ArrayList<>(everyPattern("inventory"));
        all.addAll(everyPattern("prices"));
        HoldfastMeters.of(all.toArray(Metered[]::new)).bindTo(prometheus);
        String scraped = prometheus.scrape();
        assertThat(scraped)
                .contains(
                        "holdfast_circuitbreaker_calls_total{holdfast_outcome=\"success\",holdfast_policy=\"inventory\"} 0.0");
        long series =
                scraped.lines().filter(line -> line.startsWith("holdfast_")).count();
        assertThat(series)
                .isEqualTo(all.stream().mapToLong(each -> each.meters().size()).sum());
        Map<String, Set<Set<String>>> labels = all.stream()
                .flatMap(each -> each.meters().stream())
                .collect(Collectors.groupingBy(
                        Meter::name, Collectors.mapping(meter -> meter.labels().keySet(), Collectors.toSet())));
        assertThat(labels).allSatisfy((name, sets) -> assertThat(sets).as(name).hasSize(1));
        assertThat(scraped).doesNotContain("{call}").doesNotContain("_1_");
    }

    @Test
    @DisplayName("OB-3 what is bound survives a collection although nobody keeps it, and counts on")
    void survivesACollection() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("inventory");
        HoldfastMeters.of(Pipeline.of(breaker)).bindTo(registry);
        WeakReference<CircuitBreaker> kept = new WeakReference<>(breaker);
        breaker = null;
        collect();
        CircuitBreaker there = kept.get();
        assertThat(there).isNotNull();
        there.run(() -> {});
        assertThat(counter("holdfast.circuitbreaker.calls", "holdfast.outcome", "success"))
                .isOne();
        assertThat(gauge("holdfast.circuitbreaker.state", "holdfast.state", "closed"))
                .isOne();
    }

    @Test
    @DisplayName("OB-2 after close nothing is left in the registry, and nothing holds the policies")
    void closed() {
        List<WeakReference<Object>> policies = new ArrayList<>();
        Registry<CircuitBreaker> breakers = Registry.of(10, CircuitBreaker::ofDefaults);
        HoldfastMeters meters = closedMeters(policies, breakers);
        assertThat(registry.getMeters()).isEmpty();
        breakers.get("late");
        assertThat(registry.getMeters()).isEmpty();
        breakers.remove("late");
        breakers.remove("followed");
        collect();
        assertThat(policies).allSatisfy(policy -> assertThat(policy.get()).isNull());
        assertThat(meters).hasToString("HoldfastMeters[0 meters, closed]");
        meters.close();
        assertThatThrownBy(() -> meters.bindTo(registry)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> meters.add(CircuitBreaker.ofDefaults("x"))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> meters.follow(breakers)).isInstanceOf(IllegalStateException.class);
    }

    private HoldfastMeters closedMeters(List<WeakReference<Object>> policies, Registry<CircuitBreaker> breakers) {
        List<Metered> all = everyPattern("inventory");
        HoldfastMeters meters = HoldfastMeters.of(all.toArray(Metered[]::new)).follow(breakers);
        meters.bindTo(registry);
        policies.add(new WeakReference<>(breakers.get("followed")));
        all.forEach(each -> policies.add(new WeakReference<>(each)));
        assertThat(registry.getMeters()).isNotEmpty();
        meters.close();
        return meters;
    }

    private static void collect() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
    }

    @Test
    @DisplayName("OB-17 policies of a registry appear when they are made and disappear when they are removed")
    void follows() {
        Registry<CircuitBreaker> breakers = Registry.of(10, CircuitBreaker::ofDefaults);
        breakers.get("before");
        HoldfastMeters meters = HoldfastMeters.of().follow(breakers);
        meters.bindTo(registry);
        breakers.get("after").run(() -> {});
        assertThat(policies()).containsExactlyInAnyOrder("before", "after");
        assertThat(counter("holdfast.circuitbreaker.calls", "holdfast.policy", "after", "holdfast.outcome", "success"))
                .isOne();
        breakers.remove("before");
        assertThat(policies()).containsExactly("after");
        MeterRegistry second = new SimpleMeterRegistry();
        meters.bindTo(second);
        breakers.get("before");
        assertThat(policies()).containsExactlyInAnyOrder("before", "after");
        assertThat(second.getMeters()).hasSameSizeAs(registry.getMeters());
    }

    private Set<String> policies() {
        return registry.getMeters().stream()
                .map(meter -> meter.getId().getTag("holdfast.policy"))
                .collect(Collectors.toSet());
    }

    @Test
    @DisplayName("thousands of policies that come and go leave nothing behind")
    void comeAndGo() {
        Registry<Bulkhead> bulkheads = Registry.of(10, name -> Bulkhead.of(name, 1));
        HoldfastMeters meters = HoldfastMeters.of().follow(bulkheads);
        meters.bindTo(registry);
        int many = Boolean.getBoolean("holdfast.long") ? 10_000 : 2_000;
        for (int i = 0; i < many; i++) {
            bulkheads.get("b" + i);
            bulkheads.remove("b" + i);
        }
        assertThat(registry.getMeters()).isEmpty();
        assertThat(meters).hasToString("HoldfastMeters[0 meters]");
    }

    @Test
    @DisplayName("a policy in two pipelines is there once, and as long as one of them is")
    void sharedPolicy() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("inventory");
        Pipeline<Object> one = Pipeline.of(Retry.ofDefaults("one"), breaker);
        Pipeline<Object> two = Pipeline.of(Retry.ofDefaults("two"), breaker);
        HoldfastMeters meters = HoldfastMeters.of(one, two, breaker, breaker);
        meters.bindTo(registry);
        meters.bindTo(registry);
        breaker.run(() -> {});
        assertThat(counter("holdfast.circuitbreaker.calls", "holdfast.outcome", "success"))
                .isOne();
        meters.remove(one);
        meters.remove(breaker);
        meters.remove(two);
        assertThat(policies()).containsExactly("inventory");
        meters.remove(breaker);
        meters.remove(breaker);
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    @DisplayName("OB-5 a second policy of the same kind and name is refused by name, and changes nothing")
    void sameName() {
        CircuitBreaker first = CircuitBreaker.ofDefaults("inventory");
        CircuitBreaker second = CircuitBreaker.ofDefaults("inventory");
        HoldfastMeters meters = HoldfastMeters.of(first);
        meters.bindTo(registry);
        int before = registry.getMeters().size();
        assertThatThrownBy(() -> meters.add(Pipeline.of(Retry.ofDefaults("other"), second)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("holdfast.circuitbreaker.")
                .hasMessageContaining("inventory")
                .hasMessageContaining("expected");
        assertThat(registry.getMeters()).hasSize(before);
        first.run(() -> {});
        assertThat(counter("holdfast.circuitbreaker.calls", "holdfast.outcome", "success"))
                .isOne();
        meters.remove(first);
        meters.add(second);
        assertThat(counter("holdfast.circuitbreaker.calls", "holdfast.outcome", "success"))
                .isZero();

        HoldfastMeters others = HoldfastMeters.of(first);
        assertThatThrownBy(() -> others.bindTo(registry))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("already");
        assertThat(registry.getMeters()).hasSize(before);
        others.close();
        assertThat(registry.getMeters()).hasSize(before);
    }

    @Test
    @DisplayName("another view of a policy has the policy's meters")
    void views() {
        RateLimiter limiter =
                RateLimiter.builder("inventory").limit(5, Duration.ofSeconds(1)).build();
        HoldfastMeters.of(limiter, limiter.permits(2)).bindTo(registry);
        limiter.permits(2).run(() -> {});
        assertThat(counter("holdfast.ratelimiter.calls", "holdfast.outcome", "success"))
                .isOne();
        assertThat(gauge("holdfast.ratelimiter.available")).isBetween(3.0, 5.0);
    }

    /** Numbers of one's own, which throw, and change. */
    private static final class Own implements Metered {
        private List<Meter> meters;
        private Runnable changed = () -> {};
        private boolean isFollowed;

        Own(Meter... meters) {
            this.meters = List.of(meters);
        }

        @Override
        public List<Meter> meters() {
            return meters;
        }

        @Override
        public Subscription onMetersChanged(Runnable listener) {
            changed = listener;
            isFollowed = true;
            return () -> {
                changed = () -> {};
                isFollowed = false;
            };
        }

        boolean isFollowed() {
            return isFollowed;
        }

        void become(Meter... others) {
            meters = List.of(others);
            changed.run();
        }
    }

    @Test
    @DisplayName("OB-14 a meter that throws hurts nobody: a counter stays where it was, a gauge has no value")
    void throwing() {
        boolean[] throwsNow = {false};
        Own own = new Own(
                Meter.counter("own.counted", "{call}", "Counted.", () -> {
                    if (throwsNow[0]) {
                        throw new IllegalStateException("counter");
                    }
                    return 7;
                }),
                Meter.gauge("own.now", "1", "Now.", () -> {
                    throw new IllegalStateException("gauge");
                }),
                Meter.sum("own.time", "s", "Time.", () -> 1.5));
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        HoldfastMeters.of(own).bindTo(prometheus);
        assertThat(prometheus.scrape()).contains("own_counted_total 7.0");
        throwsNow[0] = true;
        assertThat(prometheus.scrape())
                .contains("own_counted_total 7.0")
                .contains("own_now NaN")
                .contains("own_time_seconds_total 1.5");
    }

    @Test
    @DisplayName("OB-17 what gets other meters shows them at once")
    void changes() {
        Meter stays = Meter.counter("own.stays", "{call}", "Stays.", () -> 1);
        Own own = new Own(stays, Meter.counter("own.goes", "{call}", "Goes.", () -> 2));
        HoldfastMeters meters = HoldfastMeters.of(own);
        meters.bindTo(registry);
        own.become(stays, Meter.counter("own.comes", "{call}", "Comes.", () -> 3));
        assertThat(registry.getMeters().stream().map(meter -> meter.getId().getName()))
                .containsExactlyInAnyOrder("own.stays", "own.comes");
        own.become(stays, Meter.counter("own.comes", "{call}", "Comes again.", () -> 4));
        assertThat(counter("own.comes")).isEqualTo(4);
        meters.close();
        own.become(Meter.counter("own.late", "{call}", "Late.", () -> 5));
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    @DisplayName("OB-5 two policies of one kind and name in one pipeline are refused by name, and nothing stays")
    void sameNameInOnePipeline() {
        Pipeline<Object> pipeline = Pipeline.of(
                Timeout.of("orders", Duration.ofSeconds(5)),
                Retry.ofDefaults("orders"),
                Timeout.of("orders", Duration.ofMillis(20)));
        HoldfastMeters meters = HoldfastMeters.of();
        meters.bindTo(registry);
        assertThatThrownBy(() -> meters.add(pipeline))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("holdfast.timeout.")
                .hasMessageContaining("orders");
        assertThat(registry.getMeters()).isEmpty();
        Own own = new Own(Meter.counter("own.counted", "{call}", "Counted.", () -> 7));
        assertThatThrownBy(() -> HoldfastMeters.of(own, pipeline)).isInstanceOf(IllegalArgumentException.class);
        assertThat(own.isFollowed()).isFalse();
    }

    private static final class FailingFilter implements MeterFilter {
        private final int after;
        private int asked;
        boolean isOn = true;

        FailingFilter(int after) {
            this.after = after;
        }

        @Override
        public io.micrometer.core.instrument.Meter.Id map(io.micrometer.core.instrument.Meter.Id id) {
            if (isOn && asked++ == after) {
                throw new IllegalStateException("filter");
            }
            return id;
        }
    }

    @Test
    @DisplayName("OB-19 a registry that throws half-way has nothing of what was to be added, or bound")
    void registryThrows() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("inventory");
        FailingFilter filter = new FailingFilter(2);
        registry.config().meterFilter(filter);
        MeterRegistry other = new SimpleMeterRegistry();
        HoldfastMeters meters = HoldfastMeters.of();
        meters.bindTo(other);
        meters.bindTo(registry);
        assertThatThrownBy(() -> meters.add(breaker)).hasMessage("filter");
        assertThat(registry.getMeters()).isEmpty();
        assertThat(other.getMeters()).isEmpty();
        assertThat(meters).hasToString("HoldfastMeters[0 meters]");
        meters.remove(breaker);
        CircuitBreaker second = CircuitBreaker.ofDefaults("inventory");
        meters.add(second);
        meters.remove(second);
        meters.add(breaker);
        assertThat(registry.getMeters()).hasSameSizeAs(breaker.meters());

        MeterRegistry third = new SimpleMeterRegistry();
        third.config().meterFilter(new FailingFilter(12));
        assertThatThrownBy(() -> meters.bindTo(third)).hasMessage("filter");
        assertThat(third.getMeters()).isEmpty();
        meters.bindTo(third);
        assertThat(third.getMeters()).hasSameSizeAs(breaker.meters());
    }

    @Test
    @DisplayName("OB-19 what cannot be removed from a registry is removed from the others")
    void removedListenerThrows() {
        MeterRegistry other = new SimpleMeterRegistry();
        HoldfastMeters meters = HoldfastMeters.of(CircuitBreaker.ofDefaults("inventory"));
        meters.bindTo(registry);
        meters.bindTo(other);
        registry.config().onMeterRemoved(gone -> {
            throw new IllegalStateException("listener");
        });
        meters.close();
        assertThat(other.getMeters()).isEmpty();
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    @DisplayName(
            "OB-5 policies that a registry's filter would make one are refused, and neither takes the other's meters")
    void mergingFilter() {
        CircuitBreaker a = CircuitBreaker.ofDefaults("a");
        CircuitBreaker b = CircuitBreaker.ofDefaults("b");
        registry.config().meterFilter(MeterFilter.ignoreTags("holdfast.policy"));
        assertThatThrownBy(() -> HoldfastMeters.of(a, b).bindTo(registry))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("holdfast.circuitbreaker.")
                .hasMessageContaining("holdfast.policy=")
                .hasMessageContaining("filters");
        assertThat(registry.getMeters()).isEmpty();

        HoldfastMeters meters = HoldfastMeters.of(a);
        meters.bindTo(registry);
        assertThatThrownBy(() -> meters.add(b)).isInstanceOf(IllegalStateException.class);
        Registry<CircuitBreaker> breakers = Registry.of(10, CircuitBreaker::ofDefaults);
        meters.follow(breakers);
        breakers.get("c");
        breakers.remove("c");
        meters.remove(b);
        assertThat(registry.getMeters()).hasSameSizeAs(a.meters());
        a.run(() -> {});
        assertThat(counter("holdfast.circuitbreaker.calls", "holdfast.outcome", "success"))
                .isOne();
    }

    @Test
    @DisplayName("OB-5 what a registry renames is refused a second time, and its own name with more tags is not")
    void otherNames() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("inventory");
        registry.config().meterFilter(new MeterFilter() {
            @Override
            public io.micrometer.core.instrument.Meter.Id map(io.micrometer.core.instrument.Meter.Id id) {
                return id.withName("x." + id.getName());
            }
        });
        HoldfastMeters.of(breaker).bindTo(registry);
        HoldfastMeters again = HoldfastMeters.of(breaker);
        assertThatThrownBy(() -> again.bindTo(registry)).isInstanceOf(IllegalStateException.class);
        again.close();
        assertThat(registry.getMeters()).hasSameSizeAs(breaker.meters());

        MeterRegistry other = new SimpleMeterRegistry();
        FunctionCounter.builder("holdfast.circuitbreaker.calls", breaker, any -> 1)
                .tags("holdfast.policy", "inventory", "holdfast.outcome", "success", "region", "eu")
                .register(other);
        HoldfastMeters more = HoldfastMeters.of(breaker);
        more.bindTo(other);
        assertThat(other.getMeters()).hasSize(breaker.meters().size() + 1);
        more.close();
        assertThat(other.getMeters()).hasSize(1);
    }

    @Test
    @DisplayName("what a registry denies is not shown, and others of it are")
    void denied() {
        registry.config().meterFilter(MeterFilter.denyNameStartsWith("holdfast.circuitbreaker.state"));
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("inventory");
        HoldfastMeters meters = HoldfastMeters.of(breaker);
        meters.bindTo(registry);
        assertThat(registry.getMeters()).hasSizeBetween(1, breaker.meters().size() - 1);
        meters.close();
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    @DisplayName("OB-20 after a change what somebody else has in the registry is left out alone")
    void takenInTheRegistry() {
        Own own = new Own(Meter.counter("own.stays", "{call}", "Stays.", () -> 1));
        HoldfastMeters meters = HoldfastMeters.of(own);
        meters.bindTo(registry);
        FunctionCounter.builder("taken", own, any -> 5).register(registry);
        own.become(
                Meter.counter("taken", "{call}", "Taken.", () -> 2),
                Meter.counter("own.comes", "{call}", "Comes.", () -> 3));
        assertThat(registry.getMeters().stream().map(meter -> meter.getId().getName()))
                .containsExactlyInAnyOrder("taken", "own.comes");
        meters.close();
        assertThat(counter("taken")).isEqualTo(5);
    }

    @Test
    @DisplayName("OB-17 to show one more, nobody looks through all meters of a registry")
    void noSearch() {
        AtomicInteger searches = new AtomicInteger();
        MeterRegistry searched = new SimpleMeterRegistry() {
            @Override
            public List<io.micrometer.core.instrument.Meter> getMeters() {
                searches.incrementAndGet();
                return super.getMeters();
            }

            @Override
            public void forEachMeter(Consumer<? super io.micrometer.core.instrument.Meter> consumer) {
                searches.incrementAndGet();
                super.forEachMeter(consumer);
            }
        };
        Registry<CircuitBreaker> breakers = Registry.of(10, CircuitBreaker::ofDefaults);
        HoldfastMeters.of().follow(breakers).bindTo(searched);
        breakers.get("inventory");
        breakers.remove("inventory");
        assertThat(searches).hasValue(0);
        breakers.get("inventory");
        assertThat(searched.find("holdfast.circuitbreaker.calls").meters()).isNotEmpty();
        assertThat(searches).hasPositiveValue();
    }

    @Test
    @DisplayName("OB-9 a composite registry and its members have every meter")
    void composite() {
        CompositeMeterRegistry composite = new CompositeMeterRegistry();
        composite.add(registry);
        MeterRegistry other = new SimpleMeterRegistry();
        composite.add(other);
        HoldfastMeters meters = HoldfastMeters.of(CircuitBreaker.ofDefaults("inventory"));
        HoldfastMeters third = HoldfastMeters.of(CircuitBreaker.ofDefaults("prices"));
        third.bindTo(other);
        int before = other.getMeters().size();
        meters.bindTo(composite);
        assertThat(registry.getMeters()).hasSize(before);
        assertThat(other.getMeters()).hasSize(2 * before);
        meters.close();
        assertThat(registry.getMeters()).isEmpty();
        assertThat(other.getMeters()).hasSize(before);
    }

    @Test
    @DisplayName("threads that add, remove, bind and close leave what is right")
    void threads() throws InterruptedException {
        HoldfastMeters meters = HoldfastMeters.of();
        List<Bulkhead> bulkheads =
                IntStream.range(0, 20).mapToObj(i -> Bulkhead.of("b" + i, 1)).toList();
        List<Thread> threads = IntStream.range(0, 4)
                .mapToObj(number -> new Thread(() -> {
                    for (int i = 0; i < 200; i++) {
                        Bulkhead bulkhead = bulkheads.get((i * 7 + number) % 20);
                        meters.add(bulkhead);
                        meters.bindTo(registry);
                        meters.remove(bulkhead);
                    }
                }))
                .toList();
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(registry.getMeters()).isEmpty();
        meters.add(bulkheads.get(0));
        assertThat(policies()).containsExactly("b0");
    }
}

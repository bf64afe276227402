// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.operate;

import dev.holdfast.Backoff;
import dev.holdfast.Budget;
import dev.holdfast.Checked;
import dev.holdfast.Metered;
import dev.holdfast.Pipeline;
import dev.holdfast.availability.Availability;
import dev.holdfast.availability.Evidence;
import dev.holdfast.availability.Indicator;
import dev.holdfast.availability.Objective;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.chaos.Chaos;
import dev.holdfast.chaos.ChaosReply;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.failover.Failover;
import dev.holdfast.failover.Replicas;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.guard.Guard;
import dev.holdfast.health.Healing;
import dev.holdfast.health.Heartbeats;
import dev.holdfast.health.Probes;
import dev.holdfast.health.Progress;
import dev.holdfast.hedge.Hedge;
import dev.holdfast.micrometer.Observations;
import dev.holdfast.quorum.Quorum;
import dev.holdfast.quorum.RecoveryBlock;
import dev.holdfast.quorum.Vote;
import dev.holdfast.ratelimiter.KeyedRateLimiter;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A shop that calls two services through every pattern that there is, and shows all numbers of it. The services are part of it, and can be
 * made ill.
 *
 * <p>Safe to use from any thread.
 */
public final class WatchedShop implements AutoCloseable {
    /** What a service does. */
    public enum Health {
        /** Answers at once. */
        WELL,
        /** Fails at once. */
        DOWN,
        /** Answers when nobody waits any more. */
        STUCK
    }

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final MetricsPage page;
    private final Availability dependency;
    private final Availability callers;
    private final Objective objective;
    private final List<Metered> sources;
    private final KeyedRateLimiter<String> perUser;
    private final Checked.Function<String, Integer, IOException> stock;
    private final Guard prices;
    private final Heartbeats<String> beats;
    private final Probes<String> probes;
    private final Healing<String> healing;
    private final dev.holdfast.health.Health self;
    private volatile Health health = Health.WELL;

    /**
     * Calls nobody yet.
     *
     * @param page shows the numbers
     */
    public WatchedShop(MetricsPage page) {
        this.page = page;
        CircuitBreaker breaker = CircuitBreaker.builder("stock")
                .over(Window.calls(20))
                .openFor(Backoff.fixed(Duration.ofMillis(500)))
                .build();
        Fallback<Integer> fallback = Fallback.builder("stock", Integer.class)
                .lastGoodPerArgument(Duration.ofMinutes(1), 100)
                .build();
        ObservationRegistry observations = observations();
        Indicator indicator =
                Indicator.builder("stock").latency(Duration.ofMillis(250)).build();
        Pipeline<Integer> pipeline = Pipeline.of(
                Observations.calls("stock", observations),
                indicator,
                fallback,
                Timeout.of("stock, all attempts", SECOND),
                Retry.builder("stock")
                        .backoff(Backoff.fixed(Duration.ofMillis(5)))
                        .budget(Budget.of(10, 0.1, 1))
                        .build(),
                Hedge.builder("stock").repeatable().afterFailure(false).build(),
                breaker,
                RateLimiter.builder("stock").limit(500, SECOND).build(),
                Timeout.of("stock", Duration.ofMillis(100)),
                Bulkhead.builder("stock").limit(4).queue(2).build(),
                Observations.attempts("stock", observations),
                ChaosReply.<Integer>builder("stock").build(),
                Chaos.builder("stock").build());
        perUser = RateLimiter.builder("per user").limit(50, SECOND).keyed(100);
        prices = Guard.builder("prices")
                .deadline(SECOND)
                .attemptTimeout(Duration.ofMillis(100))
                .build();
        dependency = Availability.of(breaker);
        callers = Availability.builder("stock")
                .degraded(() -> fallback.counts().recovered())
                .callers(indicator);
        objective = Objective.builder("stock", 0.9999).counting(() -> fresh(fallback));
        stock = pipeline.checkedFunction(sku -> answer());
        List<Metered> all = new ArrayList<>(List.of(pipeline, perUser, prices, dependency, callers, objective));
        all.addAll(replicas());
        beats = Heartbeats.<String>builder("stock").build();
        beats.beat("berlin");
        probes = Probes.<String>builder("stock").check(node -> answer()).start(List.of("berlin", "paris"));
        healing = Healing.<String>builder("stock").heal(node -> {}).follow(probes);
        Progress worker = Progress.within(Duration.ofMinutes(1));
        worker.mark();
        self = dev.holdfast.health.Health.builder("shop")
                .live("worker", worker)
                .ready("stock", breaker)
                .build();
        self.liveness();
        self.readiness();
        all.addAll(List.of(beats, probes, healing, self));
        sources = List.copyOf(all);
        sources.forEach(page.meters()::add);
    }

    /** What several nodes answer together, or one after the other. */
    private static List<Metered> replicas() {
        Quorum<String, String> copies = Quorum.reads("copies", String.class)
                .over("berlin", "paris", "dublin")
                .newest(Comparator.naturalOrder())
                .build();
        Vote<String, String> vote = Vote.builder("rate", String.class)
                .over("first", "second", "third")
                .build();
        RecoveryBlock<String, String> route = RecoveryBlock.<String, String>builder("route")
                .alternative("fast", "fast")
                .alternative("exact", "exact")
                .build();
        Replicas<String> nodes = Replicas.of("nodes", List.of("first", "second"));
        var failover = Failover.builder("nodes").over(nodes).repeatable().build();
        nodes.through(failover).<String, RuntimeException>call(node -> node);
        copies.call(node -> "version 1");
        vote.call(feed -> "1.10");
        route.call(way -> way);
        return List.of(copies, vote, route, nodes, failover);
    }

    /** Timers of calls and attempts, with buckets, so that the dashboard has percentiles. */
    private ObservationRegistry observations() {
        page.registry().config().meterFilter(new MeterFilter() {
            @Override
            public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
                return id.getType() == Meter.Type.TIMER && id.getName().startsWith("holdfast.")
                        ? DistributionStatisticConfig.builder()
                                .serviceLevelObjectives(5e6, 25e6, 100e6, 250e6, 1e9)
                                .build()
                                .merge(config)
                        : config;
            }
        });
        ObservationRegistry observations = ObservationRegistry.create();
        observations.observationConfig().observationHandler(new DefaultMeterObservationHandler(page.registry()));
        return observations;
    }

    /** An old answer is none. */
    private static Evidence fresh(Fallback<?> fallback) {
        Fallback.Counts counts = fallback.counts();
        long old = counts.recovered() + counts.failed();
        return new Evidence(counts.passed(), 0, old, counts.passed() + old);
    }

    /** Whose numbers it shows. */
    public List<Metered> sources() {
        return sources;
    }

    /** From now on. */
    public void become(Health next) {
        health = next;
    }

    /** One customer's request. What fails is not the customer's fault, and is only counted. */
    public void serve(String user, String sku) {
        try {
            perUser.get(user).callChecked(() -> stock.apply(sku));
        } catch (IOException | RuntimeException failed) {
            // In the numbers.
        }
        try {
            prices.callChecked(this::answer);
        } catch (IOException | RuntimeException failed) {
            // In the numbers.
        }
    }

    private int answer() throws IOException {
        switch (health) {
            case WELL -> {}
            case DOWN -> throw new IOException("down");
            case STUCK -> hang();
        }
        return 1;
    }

    private static void hang() throws IOException {
        try {
            Thread.sleep(300);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** Shows nothing any more. */
    @Override
    public void close() {
        objective.close();
        callers.close();
        dependency.close();
        prices.close();
        healing.close();
        probes.close();
        beats.close();
        self.close();
    }
}
